"""Kinds of problems of a data set, and those found."""

from collections import Counter, defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of problem.

    Args:
        title: A few words.
        advice: What to do about it.
        is_error: Whether training would stop, or learn something wrong.
    """

    title: str
    advice: str
    is_error: bool = True


FILE = Kind('annotation file', 'correct the file, or its path in the config')
CLASSES = Kind('classes and categories', 'make metainfo.classes and the file agree')
ITEM = Kind('broken entry', 'correct the entry in the file, or take it out')
REPAIRED = Kind(
    'repaired when read', 'nothing has to be done here; other readers may stop', False
)
DUPLICATE = Kind('duplicate id', 'give every entry an id of its own')
NO_IMAGE = Kind('image missing', 'copy it there, or correct data_prefix.img')
BROKEN_IMAGE = Kind(
    'image broken', "copy it again, or set LoadImage(on_bad='skip') for training"
)
SKIPPED_IMAGE = Kind(
    'image missing, broken or of another size than stated, skipped',
    'copy it there, or correct its width and height, to use it',
    False,
)
SKIPPED_LINE = Kind('broken line, skipped', 'correct it to use it', False)
IMAGE_SIZE = Kind(
    'image of another size than stated',
    'boxes count in the stated size: annotate again, or correct width and height',
)
TURNED_SIZE = Kind(
    'height and width change places by EXIF',
    'harmless: boxes count as displayed',
    False,
)
BAD_BOX = Kind(
    'box without area or not finite',
    "correct it, or set on_bad='skip' in a CocoTextDataset",
)
SKIPPED_BOX = Kind(
    'box without area or outside the image, left out', 'correct it to use it', False
)
OUTSIDE_BOX = Kind(
    'box outside the image',
    "correct it; is it [x, y, w, h] or [x1, y1, x2, y2]? on_bad='skip' leaves it out",
)
OVER_BOX = Kind('box over the edge', 'harmless: it is clipped', False)
THIN_BOX = Kind('box thinner than a pixel, left out', 'correct it to use it', False)
BAD_MASK = Kind(
    'mask does not match',
    "correct it, or set LoadTextMasks(on_bad='skip') to keep only its box",
)
IDLE_MASK = Kind('mask does not match, not used', 'correct it to train masks', False)
SPAN = Kind(
    'phrase outside its caption',
    'tokens_positive are [start, end) character places in the caption',
)
NO_TOKENS = Kind('phrase or name without tokens', 'write it in words of the tokenizer')
SAME_WORDS = Kind(
    'names that differ in brackets only',
    'the model reads them without brackets, so it cannot tell them apart',
    False,
)
SAME_CHOSEN = Kind(
    'names that read the same',
    'metainfo.classes lists them; the model cannot tell them apart',
    False,
)
UNKNOWN_WORDS = Kind(
    'only unknown words',
    "the tokenizer's vocabulary has none of it; another name would work better",
    False,
)
TOO_LONG = Kind('text longer than max_tokens', 'shorten it, or raise max_tokens')
CUT_TEXT = Kind('text cut to max_tokens', 'shorten it, or raise max_tokens', False)
NO_BOXES = Kind('class without boxes', 'take the name out, or annotate it', False)
QUESTIONS = Kind('question or answers', 'correct the entry, or take it out')
CAPTIONS = Kind('caption', 'correct the caption, or take the image out')
LOADING = Kind('data set does not load', 'see the message')
PIPELINE = Kind('sample fails in the pipeline', 'see the message')


class Problems:
    """Collects problems.

    Args:
        shown: Number of examples kept of each kind.
    """

    def __init__(self, shown: int = 5) -> None:
        self.shown = shown
        self.counts: Counter[Kind] = Counter()
        self.examples: dict[Kind, list[str]] = defaultdict(list)

    def add(self, kind: Kind, where: str, what: object) -> None:
        """Count a problem at ``where`` (file and item), described by ``what``."""
        self.counts[kind] += 1
        if len(self.examples[kind]) < self.shown:
            text = ' '.join(str(what).split())
            self.examples[kind].append(
                text if text.startswith(where) else f'{where}: {text}'
            )

    @property
    def num_errors(self) -> int:
        """Number of problems that are errors."""
        return sum(count for kind, count in self.counts.items() if kind.is_error)

    @property
    def num_warnings(self) -> int:
        """Number of the others."""
        return self.counts.total() - self.num_errors
