"""CaptioningBranch: sentences about images.

The text encoder and the text layers of the fusion use causal masks, and images do not
attend to words (GLIPv2, captioning): no word depends on a later one, and the views of
an image are computed once, whatever is written about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from mmdet.structures import DetDataSample, SampleList
from torch import BoolTensor, LongTensor, Tensor

from ...structures.fused import ImageView
from ...structures.word_features import WordFeatures
from ...text.sample_text import image_name, naming_long_texts, wordy_prompt
from ..language_models.causal_reading import check_layers
from ..language_models.text_encoder import TextEncoder
from ..layers.kv_cache import causal_mask
from ..layers.padding import inside_masks
from ..necks.fusion_block import TO_WORDS
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.caption_head import CaptionHead
from ..vl_heads.sentence_search import SearchSettings, search
from .absent_tasks import least_pyramid, least_text
from .branch import Branch
from .caption_writer import CaptionWriter, boundary_ids
from .train_only import TrainOnly


@dataclass(frozen=True)
class CaptioningBranch(Branch):
    """Image captioning (GLIPv2 section 3.3).

    Args:
        text_encoder: The text encoder.
        fusion_neck: The fusion neck.
        caption_head: The caption head.
        train_only: Which parts are trained.
        settings: Of the search for a sentence.
    """

    text_encoder: TextEncoder
    fusion_neck: VLFusionNeck
    caption_head: CaptionHead
    train_only: TrainOnly
    settings: SearchSettings

    @property
    def learns(self) -> bool:
        """Whether its losses train anything."""
        return self.train_only.needs_loss('caption_head')

    def _losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        with self.train_only.trunk_gradients():
            words = self._fuse(
                pyramid,
                encode_captions(self.text_encoder, samples),
                inside_masks(samples, pyramid, input_size),
            )
        return self.caption_head.loss(words.features, words.ids, words.mask)

    def _no_losses(
        self, pyramid: Sequence[Tensor], elsewhere: bool
    ) -> dict[str, Tensor]:
        zero = pyramid[0].new_zeros((), dtype=torch.float32)
        if elsewhere:
            with self.train_only.trunk_gradients():
                ids, mask = least_text(zero.device)
                words = WordFeatures(self.text_encoder.read_causally(ids), mask, ids)
                words = self._fuse(least_pyramid(pyramid), words, None)
                zero = zero + 0 * words.features.sum()
        losses = self.caption_head.no_loss(pyramid[0])
        losses['loss_caption'] = losses['loss_caption'] + zero
        return losses

    @torch.no_grad()
    def predict(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> None:
        """Describe images.

        Args:
            pyramid: O0 of the images, levels (B, C, H_i, W_i).
            samples: B samples with the prefix of the caption in ``text``, or ``''``;
                ``pred_caption`` and ``pred_caption_score`` are set.
            input_size: (H, W) of the images in pixels.

        Raises:
            ValueError: If the text is no string or leaves no room (names the image).
        """
        encoder, settings = self.text_encoder, self.settings
        views = self.fusion_neck.image_views(
            pyramid, inside_masks(samples, pyramid, input_size)
        )
        first, last = boundary_ids(encoder.tokenizer)
        by_length: dict[int, list[int]] = {}
        prefixes = []
        for row, sample in enumerate(samples):
            prefixes.append([first, *_prefix_of(encoder, sample, settings.max_length)])
            by_length.setdefault(len(prefixes[-1]), []).append(row)
        device = views[0].locations.device
        # One batch per prefix length, so that nothing is padded.
        for rows in by_length.values():
            prefix = torch.tensor([prefixes[row] for row in rows], device=device)
            chosen = torch.tensor(rows, device=device)
            writer = CaptionWriter(
                encoder, self.fusion_neck, self.caption_head,
                [_select(view, chosen) for view in views],
            )  # fmt: skip
            beams = settings.num_beams if settings.mode == 'beam' else 1
            logits = writer.begin(prefix, beams)
            written = search(logits, writer.step, prefix, last, settings)
            for row, ids, score in zip(rows, written.ids, written.scores.tolist()):
                samples[row].pred_caption = encoder.tokenizer.decode(
                    [*prefixes[row][1:], *ids],
                    skip_special_tokens=True,
                    clean_up_tokenization_spaces=True,
                )
                samples[row].pred_caption_score = score

    def _fuse(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        inside: Sequence[BoolTensor] | None,
    ) -> WordFeatures:
        causal = causal_mask(words.ids.shape[1], 0, words.ids.device)
        return self.fusion_neck.fuse_words(pyramid, words, inside, TO_WORDS, causal)


def check_caption_parts(encoder: TextEncoder, test_cfg: Mapping) -> None:
    """Refuse a text encoder or settings that cannot write captions.

    Args:
        encoder: The text encoder.
        test_cfg: The detector's; ``caption`` has the fields of ``SearchSettings``.

    Raises:
        ValueError: If the encoder's layers are not supported, its tokenizer has no
            [CLS] or [SEP], or a setting is out of range.
        TypeError: If there is no such setting.
    """
    check_layers(encoder.model, 'captions')
    if None in boundary_ids(encoder.tokenizer):
        raise ValueError(
            f'the tokenizer of {encoder.source} has no tokens that begin and end a '
            'text, which captions need'
        )
    settings = SearchSettings(**test_cfg.get('caption', {}))
    if settings.max_length >= encoder.max_tokens:
        raise ValueError(
            f'test_cfg.caption.max_length is {settings.max_length}, but a caption has '
            f'at most {encoder.max_tokens} tokens (max_tokens) with [CLS]; lower it'
        )


def encode_captions(
    encoder: TextEncoder, samples: Sequence[DetDataSample]
) -> WordFeatures:
    """Compute P0 of the captions that are trained on.

    Args:
        encoder: The text encoder.
        samples: With the caption in ``text``.

    Returns:
        P0 of the B captions, computed with a causal mask.

    Raises:
        ValueError: If a caption is missing, empty or too long (names the image).
    """
    names = [image_name(sample) for sample in samples]
    prompts = [
        wordy_prompt(sample, 'caption', name) for sample, name in zip(samples, names)
    ]
    with naming_long_texts('caption', names, encoder.max_tokens):
        ids, mask, _ = encoder.tokenize(prompts)
    return WordFeatures(encoder.read_causally(ids), mask, ids)


def _prefix_of(
    encoder: TextEncoder, sample: DetDataSample, max_length: int
) -> list[int]:
    text = sample.get('text')
    if not isinstance(text, str):
        raise ValueError(
            f'{image_name(sample)}: the text of a caption is its beginning, or '
            f"'' for none, but it is {text!r}"
        )
    ids = encoder.tokenizer(text, add_special_tokens=False)['input_ids']
    if 1 + len(ids) + max_length > encoder.max_tokens:
        raise ValueError(
            f'{image_name(sample)}: the beginning of the caption has {len(ids)} '
            f'tokens; with max_length {max_length} that is more than the '
            f'{encoder.max_tokens} of the text encoder. Shorten it or lower '
            'test_cfg.caption.max_length'
        )
    return ids


def _select(view: ImageView, rows: LongTensor) -> ImageView:
    if len(rows) == len(view.locations):
        return view
    return ImageView(
        view.locations[rows], None if view.mask is None else view.mask[rows]
    )
