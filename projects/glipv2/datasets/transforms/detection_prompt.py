"""Training prompts of detection data: positive and sampled negative names."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS
from mmengine.logging import print_log
from transformers import PreTrainedTokenizerFast

from ...text.name_layout import clean_name, find_wording
from ...text.sources import load_tokenizer
from ...text.tokens import check_single_names, count_name_tokens, name_token_budget
from .exchange_words import WordExchange
from .grounding_prompt import fit_grounding_sample
from .hard_negatives import HardNegatives
from .instances import keep_instances

ALL_NAMES = -1


@TRANSFORMS.register_module()
class SampleDetectionPrompt(BaseTransform):
    """Samples a class list for every image (GLIP appendix, detection data).

    All classes with boxes (positives) are taken. With ``full_sampling_prob`` random
    other names fill the list up to ``num_categories``; else a uniform number of them,
    at least one, is added. Names beyond the token limit are left out, negatives
    first; boxes of a positive that is left out are dropped and counted in
    ``num_dropped_boxes`` of sample and transform. A name whose clean form is a
    positive's is never a negative.

    Samples with ``phrases`` (captions of mmdet's ``ODVGDataset``) keep their
    caption and get checked ``tokens_positive``.

    Args:
        tokenizer: As in :func:`load_tokenizer`.
        max_tokens: Most tokens of a prompt, special tokens included.
        num_categories: Names in a full list; -1 or None: all names are in every list.
        full_sampling_prob: Probability of a full list.
        shuffle: Whether names are shuffled; else they are in the order of labels.
        choose_synonym: Whether a random part of a name such as ``'sneakers/shoes'``
            (Objects365) is used, anew for every sample.
        hard_negatives: Arguments of :class:`HardNegatives`; None: all negatives are
            random, as in GLIP.
        no_positive_prob: Probability that a list has none of the image's classes and
            the sample none of their boxes; 0 in GLIP.
        exchange_words: Arguments of :class:`WordExchange`, for captions; None: they
            stay true, as in GLIP.

    Raises:
        ValueError: If an option is out of its range.
    """

    def __init__(
        self,
        tokenizer: str | Mapping | PreTrainedTokenizerFast,
        max_tokens: int = 256,
        num_categories: int | None = 85,
        full_sampling_prob: float = 0.5,
        shuffle: bool = True,
        choose_synonym: bool = True,
        hard_negatives: Mapping | None = None,
        no_positive_prob: float = 0.0,
        exchange_words: Mapping | None = None,
    ) -> None:
        if num_categories is not None and num_categories < 1:
            if num_categories != ALL_NAMES:
                raise ValueError(
                    'num_categories must be positive, or -1 or None for all names, '
                    f'but it is {num_categories}'
                )
            num_categories = None
        for key, value in (
            ('full_sampling_prob', full_sampling_prob),
            ('no_positive_prob', no_positive_prob),
        ):
            if not 0 <= value <= 1:
                raise ValueError(f'{key} must be in [0, 1], but it is {value}')
        self.tokenizer = load_tokenizer(tokenizer)
        self.max_tokens = max_tokens
        self.num_categories = num_categories
        self.full_sampling_prob = full_sampling_prob
        self.shuffle = shuffle
        self.choose_synonym = choose_synonym
        self.hard_negatives = HardNegatives(**(hard_negatives or {}))
        self.no_positive_prob = no_positive_prob
        self.exchange_words = WordExchange(**(exchange_words or dict(prob=0.0)))
        self.num_dropped_boxes = 0
        self._samples_with_drops = 0
        self._token_counts: dict[tuple, int] = {}
        self._separator_tokens = 0

    def transform(self, results: dict) -> dict:
        """Make the prompt of a sample.

        Args:
            results: The sample with ``gt_bboxes_labels`` (N,) and ``text``: names
                (list or tuple, index = label, or a dict by label), or a caption with
                ``phrases``.

        Returns:
            The sample. Detection: ``text`` is the tuple of sampled names as the user
            wrote them, ``custom_entities`` is True and ``gt_bboxes_labels`` are
            indices into ``text``. Captions: see :func:`fit_grounding_sample`. Both
            have ``num_dropped_boxes``.

        Raises:
            KeyError: If the sample has no ``text`` or no labels.
            ValueError: If a label has no name, one name exceeds the token limit, all
                names do although ``num_categories`` asks for them, or a caption's
                span is wrong.
        """
        for key in ('text', 'gt_bboxes_labels'):
            if results.get(key) is None:
                raise KeyError(
                    f'the sample of {results.get("img_path")} has no {key!r}; '
                    'SampleDetectionPrompt comes after LoadAnnotations and needs a '
                    'dataset with return_classes=True'
                )
        if 'phrases' in results:
            self.exchange_words.apply(results)
            dropped = fit_grounding_sample(results, self.tokenizer, self.max_tokens)
        else:
            dropped = self._sample_names(results)
        results['num_dropped_boxes'] = dropped
        if dropped:
            self._count_drop(dropped, results)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(max_tokens={self.max_tokens}, '
            f'num_categories={self.num_categories}, '
            f'full_sampling_prob={self.full_sampling_prob}, shuffle={self.shuffle}, '
            f'choose_synonym={self.choose_synonym})'
        )

    def _sample_names(self, results: dict) -> int:
        names = _names_by_label(results)
        labels = np.asarray(results['gt_bboxes_labels'], dtype=np.int64)
        present = np.unique(labels)
        for label in present.tolist():
            if label not in names:
                raise ValueError(
                    f'{results.get("img_path")}: a box has the label {label}, but '
                    f'the class list has no such label ({len(names)} names)'
                )
        wording = results.get('caption_prompt')
        positives = np.random.permutation(present).tolist()
        negatives = self._draw_negatives(names, positives)
        # No random number is drawn unless it is asked for: runs stay as they were.
        without = self.no_positive_prob and np.random.rand() < self.no_positive_prob
        if negatives and without:
            keep = np.zeros(len(labels), dtype=bool)
            keep_instances(results, keep)
            labels, positives = labels[keep], []
        spelled = {
            label: self._spell(names[label], wording)
            for label in (*positives, *negatives)
        }
        kept = self._fit(positives, negatives, spelled, wording)
        kept = np.random.permutation(kept).tolist() if self.shuffle else sorted(kept)

        new_label = {label: index for index, label in enumerate(kept)}
        remapped = np.array(
            [new_label.get(label, -1) for label in labels.tolist()], dtype=np.int64
        )
        dropped = keep_instances(results, remapped >= 0)
        results['gt_bboxes_labels'] = remapped[remapped >= 0]
        results['text'] = tuple(spelled[label] for label in kept)
        results['custom_entities'] = True
        results.pop('tokens_positive', None)
        return dropped

    def _draw_negatives(
        self, names: Mapping[int, str], positives: Sequence[int]
    ) -> list[int]:
        taken = set(positives)
        others = [label for label in names if label not in taken]
        if self.num_categories is None:
            return np.random.permutation(others).astype(int).tolist()
        most = min(self.num_categories, len(names)) - len(positives)
        if most <= 0:
            return []
        fill_up = np.random.rand() < self.full_sampling_prob
        wanted = most if fill_up else np.random.randint(1, most + 1)
        positive_words = {clean_name(names[label]) for label in positives}
        absent = [
            label
            for label in np.random.permutation(others).tolist()
            if clean_name(names[label]) not in positive_words
        ]
        return self.hard_negatives.draw(names, positives, absent, wanted)

    def _spell(self, name: str, wording: Mapping | None) -> str:
        if not self.choose_synonym or '/' not in name:
            return name
        if find_wording(name, wording) is not None:
            return name
        synonyms = [part.strip() for part in name.split('/') if part.strip()]
        return synonyms[np.random.randint(len(synonyms))] if synonyms else name

    def _fit(
        self,
        positives: Sequence[int],
        negatives: Sequence[int],
        spelled: Mapping[int, str],
        wording: Mapping | None,
    ) -> list[int]:
        candidates = [*positives, *negatives]
        costs = self._count_tokens([spelled[label] for label in candidates], wording)
        costs += self._separator_tokens
        # The last name has no separator.
        budget = name_token_budget(self.tokenizer, self.max_tokens)
        room = budget + self._separator_tokens
        if self.num_categories is None and costs.sum() > room:
            raise ValueError(
                f'all {len(candidates)} names together need '
                f'{costs.sum() - self._separator_tokens} tokens, but a prompt has '
                f'{budget} for names: set num_categories to sample names, or raise '
                'max_tokens'
            )
        kept = []
        for label, cost in zip(candidates, costs.tolist(), strict=True):
            if cost <= room:
                kept.append(label)
                room -= cost
        return kept

    def _count_tokens(
        self, names: Sequence[str], wording: Mapping | None
    ) -> np.ndarray:
        keys = [_cache_key(name, wording) for name in names]
        unseen = {
            key: name
            for key, name in zip(keys, names, strict=True)
            if key not in self._token_counts
        }
        if unseen:
            new_names = list(unseen.values())
            counts, self._separator_tokens = count_name_tokens(
                new_names, self.tokenizer, wording
            )
            check_single_names(
                new_names, counts, name_token_budget(self.tokenizer, self.max_tokens)
            )
            self._token_counts.update(zip(unseen, counts.tolist(), strict=True))
        return np.array([self._token_counts[key] for key in keys], dtype=np.int64)

    def _count_drop(self, dropped: int, results: dict) -> None:
        self.num_dropped_boxes += dropped
        self._samples_with_drops += 1
        # Log the 1st, 10th, 100th ... time.
        if str(self._samples_with_drops).strip('0') == '1':
            print_log(
                f'{dropped} boxes of {results.get("img_path")} are left out, because '
                f'their names do not fit into {self.max_tokens} tokens '
                f'({self.num_dropped_boxes} boxes of {self._samples_with_drops} '
                'samples so far)',
                logger='current',
                level=logging.WARNING,
            )


def _names_by_label(results: Mapping) -> dict[int, str]:
    text = results['text']
    if isinstance(text, Mapping):
        names = {int(label): name for label, name in text.items()}
    elif isinstance(text, (list, tuple)):
        names = dict(enumerate(text))
    else:
        raise ValueError(
            f'{results.get("img_path")}: text must be a list of names or a dict of '
            f'names by label (or a caption with phrases), but it is {text!r}'
        )
    if not names:
        raise ValueError(f'{results.get("img_path")}: the list of names is empty')
    return names


def _cache_key(name: str, wording: Mapping | None) -> tuple:
    own = find_wording(name, wording)
    return (name, None if own is None else tuple(sorted(own.items())))
