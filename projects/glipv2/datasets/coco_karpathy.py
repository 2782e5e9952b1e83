"""COCO captions: the official files and Karpathy's splits."""

import logging
from collections.abc import Iterator, Sequence
from os.path import join

from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS
from mmengine.logging import print_log
from transformers import PreTrainedTokenizerFast

from ..text.sample_text import has_words
from ..text.sources import load_tokenizer
from ..text.tokens import name_token_budget
from .json_file import read_json

LONG_CAPTIONS = ('error', 'truncate')


@DATASETS.register_module()
class CocoKarpathyDataset(BaseDetDataset):
    """COCO captions, in Karpathy's splits (CVPR 2015) or in COCO's own files.

    A file with ``sentences`` in its images (``dataset_coco.json``) is Karpathy's; else
    it is COCO's (``captions_SPLIT.json``, or ``image_info_SPLIT.json``, which has
    none). A sample is an image with ``test_mode``, else a caption. ``LoadImage`` names
    missing images.

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
        images = self._read()
        if self.test_mode:
            return [
                dict(entry, text=self.prompt, **({'gt_captions': own} if own else {}))
                for entry, own in images
            ]
        return [
            dict(entry, text=self._fit(self.prompt + caption, entry['img_path']))
            for entry, own in images
            for caption in own
        ]

    def _read(self) -> list[tuple[dict, list[str]]]:
        content = read_json(self.ann_file)
        images = content.get('images') if isinstance(content, dict) else None
        if not isinstance(images, list):
            raise ValueError(f"{self.ann_file} has no list 'images' of images")
        karpathy = bool(images) and 'sentences' in images[0]
        if self.splits is not None and not karpathy:
            raise ValueError(
                f"{self.ann_file} is not Karpathy's file, so it has no splits; "
                'leave split out'
            )
        read = self._read_karpathy if karpathy else self._read_coco
        entries = list(read(content))
        seen: set[int] = set()
        for entry, own in entries:
            image_id = entry['img_id']
            if image_id in seen:
                raise ValueError(f'{self.ann_file}: image id {image_id} is a duplicate')
            seen.add(image_id)
            for caption in own:
                if not has_words(caption):
                    raise ValueError(
                        f'{self.ann_file}: a caption of image {image_id} has no '
                        f'words ({caption!r})'
                    )
        return entries

    def _read_karpathy(self, content: dict) -> Iterator[tuple[dict, list[str]]]:
        images = content['images']
        known = {image['split'] for image in images}
        unknown = [split for split in self.splits or () if split not in known]
        if self.splits is None or unknown:
            raise ValueError(
                f'{self.ann_file} has the splits {sorted(known)}; set split to one or '
                f'several of them, not to {unknown or self.splits}'
            )
        for image in images:
            if image['split'] in self.splits:
                captions = [sentence['raw'].strip() for sentence in image['sentences']]
                self._need_captions(image['cocoid'], captions)
                file = join(image.get('filepath', ''), image['filename'])
                yield self._entry(image['cocoid'], file), captions

    def _read_coco(self, content: dict) -> Iterator[tuple[dict, list[str]]]:
        images, annotations = content['images'], content.get('annotations')
        captions: dict[int, list[str]] = {image['id']: [] for image in images}
        seen: set[int] = set()
        for annotation in annotations or ():
            number, image_id = annotation['id'], annotation['image_id']
            if image_id not in captions:
                raise ValueError(
                    f'{self.ann_file}: caption {number} belongs to image {image_id}, '
                    "which is not among the file's images"
                )
            if number in seen:
                raise ValueError(f'{self.ann_file}: caption {number} is a duplicate')
            seen.add(number)
            captions[image_id].append(annotation['caption'].strip())
        for image in images:
            own = captions[image['id']]
            if annotations is not None or not self.test_mode:
                self._need_captions(image['id'], own)
            yield self._entry(image['id'], image['file_name']), own

    def _need_captions(self, image_id: int, captions: Sequence[str]) -> None:
        if not captions:
            raise ValueError(
                f'{self.ann_file}: image {image_id} has no captions; take it out'
            )

    def _entry(self, image_id: int, file: str) -> dict:
        path = join(self.data_prefix.get('img', ''), file)
        return dict(img_id=image_id, img_path=path, task='caption', instances=[])

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
