"""COCO captions: the official files and Karpathy's splits."""

import logging
from collections.abc import Iterator, Sequence

from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS
from mmengine.logging import print_log
from transformers import PreTrainedTokenizerFast

from ..text.sources import load_tokenizer
from ..text.tokens import name_token_budget
from .caption_file import CaptionedImage, Report, read_captions

LONG_CAPTIONS = ('error', 'truncate')


@DATASETS.register_module()
class CocoKarpathyDataset(BaseDetDataset):
    """COCO captions, in Karpathy's splits (CVPR 2015) or in COCO's own files.

    A file with ``sentences`` in its images is Karpathy's (``dataset_coco.json``,
    ``dataset_flickr8k.json``, ``dataset_flickr30k.json``); else it is COCO's
    (``captions_SPLIT.json``, or ``image_info_SPLIT.json``, which has none). A sample is
    an image with ``test_mode``, else a caption. ``LoadImage`` names missing images.

    Args:
        *args: As for mmdet's ``BaseDetDataset``.
        split: Splits of Karpathy's file: one or several of train, restval, val, test.
        prompt: Beginning of every caption in training; the whole ``text`` in testing.
        tokenizer: As in :func:`load_tokenizer`, to check the length of captions; None:
            it is not checked.
        max_tokens: Most tokens of prompt and caption, special tokens included.
        long_captions: ``'error'``: longer captions stop the loading; ``'truncate'``:
            they are cut after the last word that fits, counted in
            ``num_truncated_captions`` and logged.
        **kwargs: As for mmdet's ``BaseDetDataset``.

    Raises:
        ValueError: If an option or the file is wrong: unknown splits, a caption
            without words or of an unknown image, an image without captions, duplicate
            ids, or a caption that is too long.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        *args,
        split: str | Sequence[str] | None = None,
        prompt: str = '',
        tokenizer: str | dict | PreTrainedTokenizerFast | None = None,
        max_tokens: int = 256,
        long_captions: str = 'error',
        **kwargs,
    ) -> None:
        if long_captions not in LONG_CAPTIONS:
            raise ValueError(
                f'long_captions must be one of {LONG_CAPTIONS}, not {long_captions!r}'
            )
        self.splits = (split,) if isinstance(split, str) else split
        self.prompt = prompt
        self.tokenizer = None if tokenizer is None else load_tokenizer(tokenizer)
        self.max_tokens = max_tokens
        self.long_captions = long_captions
        self.num_truncated_captions = 0
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Read all images or captions.

        Returns:
            Entries with ``img_id``, ``img_path``, ``task`` ('caption'), ``text`` (the
            caption, or the prompt with ``test_mode``), no ``instances`` and, with
            ``test_mode`` and if there are any, ``gt_captions`` (list of str).
        """
        images = list(self.images(_stop))
        if self.test_mode:
            return [
                dict(
                    self._entry(image),
                    text=self.prompt,
                    **({'gt_captions': image.captions} if image.captions else {}),
                )
                for image in images
            ]
        return [
            dict(self._entry(image), text=self._fit(self.prompt + caption, image.path))
            for image in images
            for caption in image.captions or ()
        ]

    def images(self, report: Report) -> Iterator[CaptionedImage]:
        """Read the file.

        Args:
            report: As for :func:`read_captions`.

        Yields:
            The images with their captions.
        """
        folder = self.data_prefix.get('img', '')
        for image in read_captions(self.ann_file, folder, self.splits, report):
            if image.captions is None and not self.test_mode:
                raise ValueError(
                    f'{self.ann_file}: image {image.image_id} has no captions; the '
                    'file has none, so it can only be tested on'
                )
            yield image

    def _entry(self, image: CaptionedImage) -> dict:
        return dict(
            img_id=image.image_id, img_path=image.path, task='caption', instances=[]
        )

    def _fit(self, text: str, path: str) -> str:
        if self.tokenizer is None:
            return text
        budget = name_token_budget(self.tokenizer, self.max_tokens)
        if len(text) <= budget:  # a token has at least one character
            return text
        encoded = self.tokenizer(
            text, add_special_tokens=False, truncation=False, verbose=False
        )
        count = len(encoded['input_ids'])
        if count <= budget:
            return text
        message = (
            f'{self.ann_file}: a caption of {path} has {count} tokens, but max_tokens '
            f'{self.max_tokens} leaves room for {budget}: {text!r}'
        )
        word = encoded.token_to_word(budget)
        cut = text[: encoded.word_to_chars(word).start].rstrip()
        if self.long_captions == 'error' or len(cut) <= len(self.prompt):
            raise ValueError(
                f"{message}. Raise max_tokens or set long_captions='truncate'"
            )
        self.num_truncated_captions += 1
        print_log(f'truncated: {message}', logger='current', level=logging.WARNING)
        return cut


def _stop(error: ValueError) -> None:
    raise error
