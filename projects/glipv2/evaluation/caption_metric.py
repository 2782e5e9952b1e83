"""Scores of captions, and COCO's result file."""

import shutil
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from mmdet.registry import METRICS

from .caption_scores import bleu, cider_d, rouge_l
from .caption_tokens import caption_tokens
from .result_file import ResultFileMetric

TOKENIZERS = ('python', 'ptb')
# Scores that pycocoevalcap computes with Java: module and class.
JAVA_SCORES = dict(
    METEOR=('pycocoevalcap.meteor.meteor', 'Meteor'),
    SPICE=('pycocoevalcap.spice.spice', 'Spice'),
)


@METRICS.register_module()
class CaptionMetric(ResultFileMetric):
    """BLEU-1 to 4, ROUGE-L and CIDEr-D without Java, and the server's result file.

    Samples need ``img_id``, ``pred_caption`` and ``gt_captions``. Results are
    ``BLEU_1`` to ``BLEU_4`` and ``ROUGE_L`` in [0, 1], and ``CIDEr`` in [0, 10] (papers
    print 100 times these). For equal tokens they equal ``pycocoevalcap``'s.

    Args:
        outfile_prefix: Prefix of ``PREFIX.caption.json``:
            ``[{"image_id": ..., "caption": ...}]``; None: no file.
        format_only: Whether only that file is written, for splits without captions.
        tokenizer: ``'python'``: our approximation of the Penn Treebank tokenizer;
            ``'ptb'``: Stanford's, as in published figures, by ``pycocoevalcap`` and
            Java.
        java_scores: ``'METEOR'`` or ``'SPICE'`` or both, by ``pycocoevalcap`` and
            Java. Its SPICE downloads models when first used.
        **kwargs: As for mmengine's ``BaseMetric``.

    Raises:
        ValueError: If an option is unknown, or ``format_only`` lacks an
            ``outfile_prefix``.
        RuntimeError: If Java or ``pycocoevalcap`` is needed, but missing.
    """

    default_prefix = 'caption'
    SUFFIX = '.caption.json'
    NUMBER_KEY = 'image_id'
    TEXT_KEY = 'caption'

    def __init__(
        self,
        outfile_prefix: str | None = None,
        format_only: bool = False,
        tokenizer: str = 'python',
        java_scores: Sequence[str] = (),
        **kwargs,
    ) -> None:
        unknown = [name for name in java_scores if name not in JAVA_SCORES]
        if unknown or tokenizer not in TOKENIZERS:
            raise ValueError(
                f'tokenizer must be one of {TOKENIZERS} and java_scores of '
                f'{tuple(JAVA_SCORES)}, but they are {tokenizer!r} and '
                f'{list(java_scores)}'
            )
        if tokenizer == 'ptb' or java_scores:
            _need_java()
        super().__init__(outfile_prefix, format_only, **kwargs)
        self.tokenizer = tokenizer
        self.java_scores = tuple(java_scores)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Collect a batch.

        Args:
            data_batch: Not used.
            data_samples: Samples with captions.

        Raises:
            ValueError: If a sample lacks a key (names the image).
        """
        for sample in data_samples:
            name = f'image {sample.get("img_id")} ({sample.get("img_path")})'
            if sample.get('pred_caption') is None:
                raise ValueError(
                    f'{name} was not described; the detector needs a caption_head and '
                    "the sample task='caption'"
                )
            if not self.format_only and not sample.get('gt_captions'):
                raise ValueError(
                    f'{name} has no gt_captions; for a split without captions set '
                    'format_only=True'
                )
            self.results.append(
                dict(
                    image_id=sample.get('img_id'),
                    caption=sample['pred_caption'],
                    true=list(sample.get('gt_captions') or ()),
                )
            )

    def figures(self, results: list) -> dict[str, float]:
        """Score the captions of all images together."""
        found = [[result['caption']] for result in results]
        true = [result['true'] for result in results]
        if self.tokenizer == 'ptb':
            found, true = ptb_tokens(found), ptb_tokens(true)
        else:
            found, true = (
                [[caption_tokens(caption) for caption in several] for several in part]
                for part in (found, true)
            )
        candidates = [tokens for [tokens] in found]
        figures = {
            f'BLEU_{n}': score for n, score in enumerate(bleu(candidates, true), 1)
        }
        figures['ROUGE_L'] = rouge_l(candidates, true)
        figures['CIDEr'] = cider_d(candidates, true)
        for name in self.java_scores:
            figures[name] = _java_score(name, found, true)
        return figures


def ptb_tokens(captions: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """Split captions into words with Stanford's PTBTokenizer (Java).

    Args:
        captions: Captions of each image.

    Returns:
        Lower-case words of each caption of each image, without punctuation.
    """
    tokenizer = import_module('pycocoevalcap.tokenizer.ptbtokenizer').PTBTokenizer()
    split = tokenizer.tokenize(
        {
            image: [dict(caption=caption) for caption in several]
            for image, several in enumerate(captions)
        }
    )
    return [
        [caption.split() for caption in split[image]] for image in range(len(captions))
    ]


def _java_score(
    name: str, found: Sequence[Sequence[list[str]]], true: Sequence[Sequence[list[str]]]
) -> float:
    module, scorer = JAVA_SCORES[name]
    references, candidates = (
        {
            image: [' '.join(tokens) for tokens in several]
            for image, several in enumerate(part)
        }
        for part in (true, found)
    )
    score, _ = getattr(import_module(module), scorer)().compute_score(
        references, candidates
    )
    return float(score)


def _need_java() -> None:
    if find_spec('pycocoevalcap') is None:
        raise RuntimeError(
            "tokenizer='ptb' and java_scores need pycocoevalcap; "
            '`pip install --no-deps pycocoevalcap`, or leave them out'
        )
    if shutil.which('java') is None:
        raise RuntimeError(
            "tokenizer='ptb' and java_scores need Java, but there is no `java` "
            'command; install a Java runtime, or leave them out'
        )
