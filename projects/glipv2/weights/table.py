"""The model index, and the weights that others have published for its models."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from urllib.parse import urlparse

from mmengine.fileio import load

from ..shipped import shipped

INDEX = 'model-index.yml'


@dataclass(frozen=True)
class Release:
    """Weights that others have published.

    Attributes:
        name: Of the model here.
        config: Its config, relative to the repository; None: weights that a
            training starts from.
        what: What they are, and what they were trained on.
        url: Where the published file is.
        size: Its bytes, or about how large it is, in words.
        sha256: Its SHA-256, hexadecimal; only the first digits where no more are
            known; ``''``: none is known.
        license: Of the weights.
        converter: A name of ``convert.fetch.CONVERTERS``.
        tokenizer: The hub's name of a tokenizer that is needed beside the file; ``''``:
            the one that comes with glipv2.
        scores: What was measured with them; ``''``: nothing is known.
        measured_by: Who did.
    """

    name: str
    config: str | None
    what: str
    url: str
    size: int | str
    sha256: str
    license: str
    converter: str
    tokenizer: str
    scores: str
    measured_by: str

    @property
    def file(self) -> str:
        """The name of the published file."""
        return PurePosixPath(urlparse(self.url).path).name

    @property
    def shown_size(self) -> str:
        """The size for readers."""
        if isinstance(self.size, str):
            return self.size
        return f'{self.size / 1e9:.2f} GB' if self.size >= 1e8 else f'{self.size} bytes'


def index_models() -> dict[str, dict]:
    """Read the model index.

    Returns:
        The entries of the metafiles, by name in small letters.
    """
    return {
        model['Name'].lower(): model
        for metafile in _metafiles()
        for model in metafile['Models']
    }


def releases() -> dict[str, Release]:
    """Read which weights others have published.

    Returns:
        The rows, by name in small letters.
    """
    rows = [model for model in index_models().values() if 'Release' in model]
    for metafile in _metafiles():
        rows += metafile.get('Start weights', [])
    return {row['Name'].lower(): _release_of(row) for row in rows}


def release_of(name: str) -> Release:
    """Find published weights by the name of their model.

    Args:
        name: Such as ``'glip_t'``.

    Raises:
        ValueError: If none are published under that name (names similar ones).
    """
    rows = releases()
    if name.lower() not in rows:
        close = get_close_matches(name.lower(), rows, n=3)
        hint = f'similar names: {", ".join(close)}' if close else 'see: glipv2 weights'
        raise ValueError(f'there are no published weights {name}; {hint}')
    return rows[name.lower()]


def how_to_get(name: str) -> str:
    """Say how the weights of a name that are not here can be had.

    Args:
        name: Any.

    Returns:
        Half a sentence; ``''`` if the name is none of the index.
    """
    row = releases().get(name.lower())
    if row is not None:
        return (
            f'`glipv2 weights get {row.name}` fetches {row.file} ({row.shown_size}, '
            f'licence {row.license}) from {row.url}'
        )
    model = index_models().get(name.lower())
    if model is not None and 'Weights' in model:
        return 'they are missing from this installation of glipv2: install it again'
    if model is not None:
        return f'none are published: train {model["Config"]}, or give your own weights'
    return ''


def _metafiles() -> list[dict]:
    root = shipped(INDEX).parent
    return [load(root / metafile) for metafile in load(root / INDEX)['Import']]


def _release_of(row: Mapping) -> Release:
    release = row['Release']
    return Release(
        name=row['Name'],
        config=row.get('Config'),
        what=release['What'],
        url=release['URL'],
        size=release['Size'],
        sha256=str(release.get('SHA-256', '')),
        license=release['License'],
        converter=release['Converter'],
        tokenizer=release.get('Tokenizer', ''),
        scores=release.get('Scores', ''),
        measured_by=release.get('Measured by', ''),
    )
