"""GLIPv2Processor: images and names to inputs, outputs to boxes and names.

Its calls, arguments and results are those of transformers' ``GroundingDinoProcessor``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import LongTensor, Tensor
from transformers import BatchFeature, PreTrainedTokenizerFast

from ...checkpoint.config import config_of
from ...checkpoint.loading import load_checkpoint_safely
from ...engine.test_pipeline import build_pipeline
from ...text.sources import load_tokenizer
from ..pretrained import find_weights
from .names import merge_names

Texts = str | Sequence[str] | Sequence[Sequence[str]]


class GLIPv2Processor:
    """Prepare images and names for ``GLIPv2ForObjectDetection``, and read its outputs.

    Args:
        config: Of the model.
    """

    def __init__(self, config: Config) -> None:
        self.tokenizer: PreTrainedTokenizerFast = load_tokenizer(
            config.model.text_encoder.source
        )
        init_default_scope('mmdet')  # where the steps are registered
        self._pipeline = build_pipeline(config, with_loader=False)

    @classmethod
    def from_pretrained(
        cls, source: str | Path, download: bool = False
    ) -> 'GLIPv2Processor':
        """Make the processor of a trained model.

        Args:
            source: As for ``glipv2.apis.from_pretrained``.
            download: Whether a model of the hub may be downloaded.

        Raises:
            FileNotFoundError: As ``glipv2.apis.from_pretrained``.
            ValueError: Likewise.
        """
        file = find_weights(source, download)
        return cls(config_of(load_checkpoint_safely(file), file))

    def __call__(
        self,
        images: Any = None,
        text: Texts | None = None,
        audio: None = None,
        videos: None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Prepare images and names.

        Args:
            images: A Pillow image, an RGB array (H, W, 3) uint8, or a list of them.
            text: ``'a cat. a dog.'``, ``['a cat', 'a dog']``, or one of these per
                image; one text stands for all images.
            audio: Not used.
            videos: Not used.
            **kwargs: Not used (``return_tensors``: results are PyTorch's).

        Returns:
            ``pixel_values`` (B, 3, H, W) and ``pixel_mask`` (B, H, W) of images,
            ``input_ids`` and ``attention_mask`` (B, T) int64 of texts.

        Raises:
            ValueError: If there is neither, or images and texts differ in number.
        """
        if images is None and text is None:
            raise ValueError('give images, text or both')
        found: dict[str, Tensor] = {}
        if images is not None:
            listed = images if isinstance(images, (list, tuple)) else [images]
            found.update(self._pixels([_array_of(image) for image in listed]))
        if text is not None:
            texts = _texts_of(text)
            count = len(found['pixel_values']) if found else len(texts)
            texts = texts * count if len(texts) == 1 else texts
            if len(texts) != count:
                raise ValueError(f'there are {count} images, but {len(texts)} texts')
            tokens = self.tokenizer(texts, padding=True, return_tensors='pt')
            found['input_ids'] = tokens['input_ids']
            found['attention_mask'] = tokens['attention_mask']
        return BatchFeature(found)

    def batch_decode(self, *args: Any, **kwargs: Any) -> list[str]:
        """Do what the tokenizer's method does."""
        return self.tokenizer.batch_decode(*args, **kwargs)

    def decode(self, *args: Any, **kwargs: Any) -> str:
        """Do what the tokenizer's method does."""
        return self.tokenizer.decode(*args, **kwargs)

    def post_process_grounded_object_detection(
        self,
        outputs: Any,
        input_ids: LongTensor | None = None,
        threshold: float = 0.25,
        text_threshold: float = 0.25,
        target_sizes: Tensor | list[tuple] | None = None,
        text_labels: list[list[str]] | None = None,
    ) -> list[dict]:
        """Read boxes and names from a model's outputs.

        Args:
            outputs: Of the model: ``logits`` (B, Q, T), ``pred_boxes`` (B, Q, 4).
            input_ids: (B, T) int64; None: ``outputs.input_ids``.
            threshold: Boxes with lower scores are left out.
            text_threshold: A box's name is the tokens with higher scores.
            target_sizes: (height, width) of each image in pixels; None: boxes are
                relative to the image.
            text_labels: Not used, as in transformers.

        Returns:
            Per image ``scores`` (n,), ``boxes`` (n, 4) as x0, y0, x1, y1,
            ``text_labels`` and ``labels``: the names.

        Raises:
            ValueError: If there are not as many sizes as images.
        """
        ids = outputs.input_ids if input_ids is None else input_ids
        scores = outputs.logits.sigmoid()  # (B, Q, T)
        centres, sizes = outputs.pred_boxes.split(2, -1)
        boxes = torch.cat((centres - sizes / 2, centres + sizes / 2), -1)
        if target_sizes is not None:
            if len(target_sizes) != len(boxes):
                raise ValueError(
                    f'there are {len(boxes)} images, but {len(target_sizes)} sizes'
                )
            sides = torch.as_tensor(target_sizes, device=boxes.device).flip(1)
            boxes = boxes * sides.repeat(1, 2)[:, None]  # width, height, ...
        results = []
        for of_image, of_boxes, tokens in zip(scores, boxes, ids):
            best = of_image.amax(-1)
            kept = best > threshold
            named = of_image[kept] > text_threshold
            named[:, [0, -1]] = False  # special tokens
            labels = self.batch_decode([tokens[row[: len(tokens)]] for row in named])
            results.append(
                dict(
                    scores=best[kept],
                    boxes=of_boxes[kept],
                    text_labels=labels,
                    labels=labels,
                )
            )
        return results

    def _pixels(self, images: Sequence[np.ndarray]) -> dict[str, Tensor]:
        read = []
        for image in images:
            height, width = image.shape[:2]
            entry = dict(
                img=image, img_id=0, img_shape=(height, width),
                ori_shape=(height, width), height=height, width=width,
                text=(), custom_entities=True,  # texts do not go this way
            )  # fmt: skip
            read.append(self._pipeline(entry)['inputs'])  # (3, h, w)
        sides = [max(x.shape[side] for x in read) for side in (1, 2)]
        pixels = read[0].new_zeros(len(read), 3, *sides)
        mask = torch.zeros(len(read), *sides, dtype=torch.long)
        for row, each in enumerate(read):
            pixels[row, :, : each.shape[1], : each.shape[2]] = each
            mask[row, : each.shape[1], : each.shape[2]] = 1
        return dict(pixel_values=pixels, pixel_mask=mask)


def _array_of(image: Any) -> np.ndarray:
    """Bring an image to what the pipeline reads: (H, W, 3) uint8, blue first."""
    if hasattr(image, 'convert'):
        image = image.convert('RGB')
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(
            'an image must be a Pillow image or an array (H, W, 3) of uint8, not '
            f'{array.shape} of {array.dtype}'
        )
    return np.ascontiguousarray(array[..., ::-1])


def _texts_of(text: Texts) -> list[str]:
    if isinstance(text, str):
        return [text]
    if all(isinstance(each, str) and '.' not in each for each in text):
        return [merge_names(text)]
    return [each if isinstance(each, str) else merge_names(each) for each in text]
