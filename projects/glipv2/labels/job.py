"""What is labelled, with what, and where the labels go."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from ..apis.defaults import MODEL, SCORE
from ..whole_file import PART, write_whole
from .filters import Filters

RECORD = 'job.json'
LEAST_TILE = 64  # px; smaller ones show no object whole
LEAST_SCORE = 0.1  # of boxes that are kept for other filters; our choice


@dataclass(frozen=True)
class LabelJob:
    """What the model is asked; with the same answers go any filters and formats.

    Args:
        folder: Of the images, with all folders in it.
        out: Folder of the labels.
        names: What is searched for, such as ``('red apple', 'dog face')``.
        captions: In place of names: JSON lines with ``filename`` and ``caption``, whose
            phrases are searched for.
        model: Name, config or file of weights.
        checkpoint: Weights of a config.
        floor: Least score of a box that is kept; filters may ask for more.
        mirrored: Whether a mirrored view is looked at, too, and compared.
        limit: Most images; None: all.
        tiles: Side of the tiles, px, that larger images are looked at in, beside the
            whole; 0: none.

    Raises:
        ValueError: If there are neither names nor captions, or both, or tiles of an
            impossible size or for captions.
    """

    folder: Path
    out: Path
    names: tuple[str, ...] = ()
    captions: Path | None = None
    model: str = MODEL
    checkpoint: str | None = None
    floor: float = LEAST_SCORE
    mirrored: bool = False
    limit: int | None = None
    tiles: int = 0

    def __post_init__(self) -> None:
        if bool(self.names) == bool(self.captions):
            raise ValueError('give names or a file of captions, one of them')
        if self.tiles and self.captions:
            raise ValueError('tiles need names: a caption is about the whole image')
        if self.tiles and self.tiles < LEAST_TILE:
            raise ValueError(f'tiles must be >= {LEAST_TILE} px, not {self.tiles}')

    @property
    def list_file(self) -> Path:
        """The list of images, one file name below ``folder`` a line."""
        return self.out / 'images.txt'

    @property
    def answers(self) -> Path:
        """What the model says, a JSON object a line; skipped images are left out."""
        return self.out / 'answers.jsonl'

    @property
    def skipped(self) -> Path:
        """Why images were skipped, a JSON object a line."""
        return self.out / 'skipped.jsonl'

    @classmethod
    def of(cls, out: Path) -> 'LabelJob':
        """Read the job whose labels a folder holds.

        Args:
            out: The folder.

        Returns:
            The job.

        Raises:
            FileNotFoundError: If it holds none.
        """
        asked = json.loads((out / RECORD).read_text(encoding='utf-8'))
        asked.update(folder=Path(asked['folder']), names=tuple(asked['names']), out=out)
        asked['captions'] = asked['captions'] and Path(asked['captions'])
        return cls(**asked)

    def begin(self) -> None:
        """Write down what is asked, or check that it is what was asked before.

        Raises:
            ValueError: If the folder holds other labels, or other files.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        record, asked = self.out / RECORD, self._asked()
        if not record.is_file():
            # A kill may have left a file of this one that was not whole.
            if any(not path.name.endswith(PART) for path in self.out.iterdir()):
                raise ValueError(
                    f'{self.out} is not empty and holds no labels; name another folder'
                )
            write_whole(record, (json.dumps(asked, indent=1) + '\n').encode())
            return
        # What an older version did not ask for has its default.
        before = {each.name: each.default for each in fields(self)}
        before |= json.loads(record.read_text(encoding='utf-8'))
        changed = [key for key in asked if before[key] != asked[key]]
        if changed:
            key = changed[0]
            raise ValueError(
                f'{self.out} holds labels of another question: {key} was '
                f'{before[key]!r} and is {asked[key]!r}; name another folder'
            )

    def _asked(self) -> dict:
        asked = asdict(self)
        asked.pop('out')
        asked['folder'] = str(self.folder.resolve())
        asked['captions'] = self.captions and str(self.captions.resolve())
        asked['names'] = list(self.names)
        return asked


@dataclass(frozen=True)
class Wanted:
    """Which of the answers become labels, and in which forms.

    Args:
        formats: Of ``formats.WRITERS``.
        filters: Of boxes and images.
        val_share: Share of the images that goes to the split ``val``.
        uncertain: How many images are listed for a person to look at first.
        review: Whether a page to look through is written.
    """

    formats: tuple[str, ...] = ('coco',)
    filters: Filters = field(default_factory=lambda: Filters(score=SCORE))
    val_share: float = 0.0
    uncertain: int = 0
    review: bool = False
