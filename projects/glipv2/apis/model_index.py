"""Models of the model index."""

from difflib import get_close_matches

from mmengine.config import Config

from ..checkpoint.config import config_of
from ..checkpoint.release_file import read_meta
from ..shipped import shipped, weights_file
from ..weights.table import INDEX, index_models


def find_model(name: str) -> tuple[Config, str | None]:
    """Find a model by its name.

    Args:
        name: As in ``model-index.yml``, such as ``'emoji'``.

    Returns:
        Its config, and where its weights are if they are here. Weights in the package
        and fetched ones carry the config, with the answers that a trained one reads
        from its data.

    Raises:
        FileNotFoundError: If there is no such model (names similar ones).
    """
    model = index_models().get(name.lower())
    if model is None:
        raise no_such_model(name)
    file = weights_file(model['Name'])
    if file.is_file():
        return config_of(dict(meta=read_meta(file)), file), str(file)
    return Config.fromfile(shipped('configs').parent / model['Config']), None


def no_such_model(name: str) -> FileNotFoundError:
    """Make the error of a name that is nothing (names similar ones)."""
    close = get_close_matches(name.lower(), index_models(), n=3)
    hint = f'similar names: {", ".join(close)}' if close else f'see {INDEX}'
    return FileNotFoundError(f'there is no config or model {name}; {hint}')
