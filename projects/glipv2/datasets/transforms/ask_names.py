"""AskNames: ask an image for what it shows, and for names that it does not show."""

import zlib
from collections.abc import Mapping, Sequence
from os.path import isfile

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS

from ...data_page import missing_data
from ...text.name_layout import clean_name
from ..files.json_file import read_json
from .name_neighbours import mistakable, source_key

PRESENT = 'present'
KINDS = ('shared', 'near', 'random')  # in the order in which they choose
TRUTH_KEYS = ('gt_bboxes', 'gt_bboxes_labels', 'gt_ignore_flags', 'gt_masks')


@TRANSFORMS.register_module()
class AskNames(BaseTransform):
    """Makes a test prompt of present and absent names, for ``AbsentNameMetric``.

    Absent names are drawn in three kinds, each name once: ``shared`` have a word in
    common with a present name ("red apple", "green apple"), ``near`` are nearest to
    one in the text encoder's space, ``random`` are any. An image without objects gets
    random ones alone. In LVIS only names that people verified to be absent are drawn
    (``neg_category_ids``). A name that reads the same as a present one is not absent.

    Args:
        num_absent: How many of each kind, at most, such as
            ``dict(random=5, near=5, shared=5)``.
        source: The text encoder that says what is near, as in ``resolve_text_source``.
        vocabulary: More names to draw from than the data set's own: a list, or a JSON
            file with one. A file of COCO's categories can be used as it is.
        seed: The same names are drawn for an image in every run.

    Raises:
        ValueError: If a kind is unknown, or near names are wanted without a source.
        FileNotFoundError: If the vocabulary's file is missing.
    """

    def __init__(
        self,
        num_absent: Mapping[str, int],
        source: str | None = None,
        vocabulary: str | Sequence[str] = (),
        seed: int = 0,
    ) -> None:
        unknown = set(num_absent) - set(KINDS)
        if unknown:
            raise ValueError(f'num_absent has unknown kinds {sorted(unknown)}: {KINDS}')
        if num_absent.get('near') and source is None:
            raise ValueError('near names need the source of a text encoder')
        self.num_absent = dict(num_absent)
        self.source = None if source is None else source_key(source)
        self.vocabulary = tuple(_read_names(vocabulary))
        self.seed = seed

    def transform(self, results: dict) -> dict:
        """Choose the names of an image.

        Args:
            results: The sample with ``text`` (names by label) and ``instances``.

        Returns:
            The sample with the chosen ``text`` and ``asked``: per name its ``kind``,
            ``boxes`` (xyxy, pixels of the original image) and ``ignored`` boxes. Boxes
            that a model is trained on are gone.

        Raises:
            ValueError: If the sample has no class list.
        """
        own = results.get('text')
        if not isinstance(own, (list, tuple)):
            raise ValueError(
                f'{results.get("img_path")}: AskNames needs a class list as text, not '
                f'{own!r}'
            )
        asked: dict[int, dict] = {}
        for instance in results.get('instances', ()):
            entry = asked.setdefault(
                instance['bbox_label'], dict(kind=PRESENT, boxes=[], ignored=[])
            )
            ignored = bool(instance.get('ignore_flag'))
            entry['ignored' if ignored else 'boxes'].append(list(instance['bbox']))
        # A name of crowds alone is neither there nor absent.
        present = sorted(label for label in asked if asked[label]['boxes'])
        names = (*own, *self.vocabulary)
        chosen = {label: asked[label] for label in present}
        chosen.update(self._draw(results, names, sorted(asked), present))
        results['text'] = tuple(names[index] for index in chosen)
        results['custom_entities'] = True
        results['asked'] = tuple(chosen.values())
        for key in TRUTH_KEYS:
            results.pop(key, None)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(num_absent={self.num_absent}, source='
            f'{self.source!r}, vocabulary of {len(self.vocabulary)}, seed={self.seed})'
        )

    def _draw(
        self,
        results: dict,
        names: tuple[str, ...],
        annotated: Sequence[int],
        present: Sequence[int],
    ) -> dict[int, dict]:
        random = np.random.default_rng(
            [self.seed, zlib.crc32(str(results.get('img_id')).encode())]
        )
        absent = random.permutation(self._absent(results, names, annotated)).tolist()
        drawn: dict[int, dict] = {}
        for kind in KINDS:
            left = [index for index in absent if index not in drawn]
            if kind != 'random' and self.num_absent.get(kind):
                by_label = dict(enumerate(names))
                left = mistakable(kind, by_label, present, left, self.source)
            for index in left[: self.num_absent.get(kind, 0)]:
                drawn[index] = dict(kind=kind, boxes=[], ignored=[])
        return drawn

    def _absent(
        self, results: dict, names: tuple[str, ...], annotated: Sequence[int]
    ) -> list[int]:
        taken = {clean_name(names[label]) for label in annotated}
        verified = results.get('neg_labels')
        candidates = range(len(names)) if verified is None else verified
        absent = []
        for index in candidates:
            words = clean_name(names[index])
            if words not in taken:  # each wording once
                taken.add(words)
                absent.append(int(index))
        return absent


def _read_names(vocabulary: str | Sequence[str]) -> list[str]:
    if not isinstance(vocabulary, str):
        return list(vocabulary)
    if not isfile(vocabulary):
        raise missing_data(vocabulary, 'vocabulary')
    content = read_json(vocabulary)
    if isinstance(content, Mapping):
        content = [category['name'] for category in content.get('categories', ())]
    if not isinstance(content, list) or not all(isinstance(x, str) for x in content):
        raise ValueError(f'{vocabulary} must hold a list of names')
    return content
