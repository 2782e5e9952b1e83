"""GroundingBranch: boxes and masks of what texts name; the losses of pre-training."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmdet.structures import SampleList
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import BoolTensor, Tensor

from ...structures.fused import FusedChunk
from ...structures.training_view import TrainingView
from ...structures.word_features import WordFeatures, no_words
from ...text.box_phrases import box_phrases_of, check_boxes
from ...text.cutting import Cutting
from ...text.prompt import Prompt
from ...text.sample_text import PromptPart, prompt_of
from ..dense_heads.grounding_head import GroundingHead
from ..exemplars.sample_examples import examples_of
from ..language_models.text_encoder import TextEncoder
from ..layers.padding import inside_masks, take_images
from ..losses.contrastive_targets import (
    regions_of,
    text_kinds_of,
    word_categories_of,
    words_by_kind,
)
from ..losses.inter_image_contrastive import InterImageContrastiveLoss
from ..mask_heads.language_mask_head import LanguageMaskHead
from ..mask_heads.mask_branch import add_masks, find_proposals
from ..necks.vl_fusion_neck import VLFusionNeck
from ..vl_heads.mlm_head import MLMHead
from ..vl_heads.presence_head import PresenceHead, set_presence
from .absent_tasks import least_pyramid, least_words, zero_of_parameters
from .branch import Branch
from .train_only import TrainOnly

# Pairs of an image and a prompt that are fused in one batch (our choice: bounds the
# memory, and larger batches are no faster).
DEFAULT_MAX_CHUNK_BATCH = 16
# Parts that have a loss on samples with boxes.
PARTS = ('bbox_head', 'mask_head', 'mlm_head', 'contrastive_loss', 'presence_head')


@dataclass(frozen=True)
class GroundingBranch(Branch):
    """Detection, grounding and segmentation (GLIPv2 sections 3.1 to 3.3).

    Args:
        text_encoder: The text encoder.
        fusion_neck: The fusion neck; None: late fusion.
        bbox_head: The grounding head.
        mask_head: The mask head, or None.
        mlm_head: The head of masked language modelling, or None; training only.
        contrastive_loss: The inter-image loss, or None; training only.
        presence_head: The head of presence, or None.
        train_only: Which parts are trained.
        train_cfg: The detector's ``train_cfg``.
        test_cfg: The detector's ``test_cfg``.
        box_cfg: The grounding head's.
        detail: (B, D, H, W), the finest output of the backbone for the images of the
            call, if the mask head reads it.
    """

    text_encoder: TextEncoder
    fusion_neck: VLFusionNeck | None
    bbox_head: GroundingHead
    mask_head: LanguageMaskHead | None
    mlm_head: MLMHead | None
    contrastive_loss: InterImageContrastiveLoss | None
    presence_head: PresenceHead | None
    train_only: TrainOnly
    train_cfg: ConfigDict
    test_cfg: ConfigDict
    box_cfg: ConfigDict | None
    detail: Tensor | None = None

    @property
    def learns(self) -> bool:
        """Whether its losses train anything."""
        return any(self._learns(part) for part in PARTS)

    @torch.no_grad()
    def predict(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
        rescale: bool,
    ) -> None:
        """Find what the texts of images of one size name.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            samples: B samples; ``pred_instances`` is set and, with a presence head,
                ``pred_presence``, the probability that each name is there.
            input_size: (H, W) of the images in pixels.
            rescale: Whether boxes are in pixels of the original image.

        Raises:
            ValueError: If a text is unusable (names the image).
        """
        parts = [
            (image, part)
            for image, sample in enumerate(samples)
            for part in self.text_encoder.reader.split(
                sample, Cutting.of(self.test_cfg)
            )
        ]
        unfused = pyramid
        if not self._early_fusion:
            pyramid, _ = self.fuse(pyramid, None, samples, input_size)
        found: list[list[InstanceData]] = [[] for _ in samples]
        fused: list[FusedChunk] = []
        names: list[dict[int, str]] = [{} for _ in samples]
        presence: list[Tensor] = []
        step = self.test_cfg.get('max_chunk_batch', DEFAULT_MAX_CHUNK_BATCH)
        for start in range(0, len(parts), step):
            images, chunk = zip(*parts[start : start + step])
            of_chunk, candidates, there = self._candidates(
                pyramid, unfused, samples, input_size, images, chunk, start
            )
            if self.mask_head is not None:
                fused.append(of_chunk)
            presence += there
            for image, part, result in zip(images, chunk, candidates):
                found[image].append(result)
                names[image].update(zip(part.labels, part.prompt.phrases))
        metas = [sample.metainfo for sample in samples]
        kept = [
            self._suppress(results, meta, rescale)
            for results, meta in zip(found, metas)
        ]
        if self.mask_head is not None:
            add_masks(self.mask_head, fused, kept, metas, rescale, self.detail)
        for sample, instances, name_of in zip(samples, kept, names):
            instances.label_names = [
                name_of[label] for label in instances.labels.tolist()
            ]
            sample.pred_instances = instances
        if self.presence_head is not None:
            set_presence(samples, parts, presence)

    def fuse(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures | None,
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> tuple[Sequence[Tensor], WordFeatures | None]:
        """Compute (O, P); without a fusion neck they are (O0, P0).

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            words: P0 of B texts; may be None with late fusion.
            samples: B samples with ``img_shape``.
            input_size: (H, W) of the images in pixels.

        Returns:
            O and P.
        """
        if self.fusion_neck is None:
            return pyramid, words
        inside = inside_masks(samples, pyramid, input_size)
        return self.fusion_neck(pyramid, words, inside)

    def _suppress(
        self, candidates: Sequence[InstanceData], meta: dict, rescale: bool
    ) -> InstanceData:
        """Keep the best boxes of an image: of all its prompts, or of each."""
        most = self.test_cfg.get('max_per_prompt')
        if most is None:
            return self.bbox_head.suppress(
                InstanceData.cat(candidates), meta, rescale, self.box_cfg
            )
        cfg = ConfigDict(self.test_cfg, max_per_img=most)
        kept = InstanceData.cat(
            [self.bbox_head.suppress(x, meta, rescale, cfg) for x in candidates]
        )
        return kept[kept.scores.argsort(descending=True, stable=True)]

    def _no_losses(
        self, pyramid: Sequence[Tensor], elsewhere: bool
    ) -> dict[str, Tensor]:
        like = pyramid[0].new_zeros(0)
        zero = like.new_zeros((), dtype=torch.float32)
        with self.train_only.trunk_gradients():
            words = least_words(self.text_encoder, like.device, elsewhere)
            if elsewhere:
                fused, words = self.fuse(least_pyramid(pyramid), words, (), ())
                zero = zero + 0 * sum(x.sum() for x in (*fused, words.features))
        losses: dict[str, Tensor] = {}
        if self._learns('bbox_head'):
            losses.update(self.bbox_head.no_loss(like))
        if self._learns('contrastive_loss'):
            none = no_words(like, self.text_encoder.out_channels)
            losses.update(self.contrastive_loss([], none, none.ids))
        if self._masks_words:
            losses.update(self.mlm_head.no_loss(like))
        if self._learns('mask_head'):
            losses['loss_mask'] = torch.zeros_like(zero)
        if self._learns('presence_head'):
            none = no_words(like, self.text_encoder.out_channels)
            losses.update(self.presence_head.loss(none, [], []))
        name = next(iter(losses))
        losses[name] = losses[name] + zero
        return losses

    def _learns(self, part: str) -> bool:
        return getattr(self, part) is not None and self.train_only.needs_loss(part)

    @property
    def _masks_words(self) -> bool:
        return self.mlm_head is not None and self.train_only.trains('mlm_head')

    @property
    def _early_fusion(self) -> bool:
        """Whether O depends on the text."""
        return self.fusion_neck is not None and getattr(
            self.fusion_neck, 'early_fusion', True
        )

    def _losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        with self.train_only.trunk_gradients():
            view = self._training_view(pyramid, samples, input_size)
        out = self.bbox_head(view.fused, view.read)
        losses: dict[str, Tensor] = {}
        if self._learns('bbox_head') or self._learns('contrastive_loss'):
            sizes = [tuple(level.shape[-2:]) for level in view.pyramid]
            assignment = self.bbox_head.assign(sizes, samples)
        if self._learns('bbox_head'):
            losses = self.bbox_head.loss_by_feat(
                out, view.read.mask, assignment, view.boxes.words
            )
        if self._learns('contrastive_loss'):
            levels, words = view.pyramid, view.words
            if self.contrastive_loss.fused:
                levels, words = view.fused, view.read
            regions = regions_of(levels, assignment, view.boxes, view.kinds)
            categories = word_categories_of(view.kinds, view.spans)
            losses.update(self.contrastive_loss(regions, words, categories))
        if view.hidden is not None:
            losses.update(self.mlm_head.loss(view.read, view.hidden.labels))
        if self._learns('mask_head'):
            proposals = find_proposals(
                self.bbox_head, out, view.spans,
                [sample.metainfo for sample in samples],
                self.train_cfg.get('mask_proposals'),
            )  # fmt: skip
            truth = [sample.gt_instances for sample in samples]
            losses.update(
                self.mask_head.loss(
                    view.fused, view.read, view.spans, proposals, truth, self.detail
                )
            )
        if self._learns('presence_head'):
            labels = [sample.gt_instances.labels for sample in samples]
            losses.update(self.presence_head.loss(view.read, view.spans, labels))
        reader = getattr(self.text_encoder, 'example_reader', None)
        if reader is not None and any(x.requires_grad for x in reader.parameters()):
            # A batch without examples trains none of it.
            name = next(iter(losses))
            losses[name] = losses[name] + zero_of_parameters(reader)
        return losses

    def _training_view(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> TrainingView:
        """Compute what the losses need; masks words for ``mlm_head``."""
        prompts = [prompt_of(sample) for sample in samples]
        for sample, prompt in zip(samples, prompts):
            check_boxes(sample, prompt)
        if self._masks_words:
            ids, mask, spans = self.text_encoder.tokenize(prompts)
        else:
            words, spans = self._encode(prompts, samples, pyramid)
        boxes = box_phrases_of(samples, spans)
        kinds = text_kinds_of(prompts, boxes.labels.device)
        masked = None
        if self._masks_words:
            allowed = words_by_kind(boxes, kinds, mask)
            masked = self.mlm_head.mask_tokens(
                ids, *allowed, self.text_encoder.tokenizer
            )
            words = self.text_encoder(masked.ids, mask)
        after = self.fuse(pyramid, words, samples, input_size)
        return TrainingView(spans, boxes, kinds, words, masked, pyramid, *after)

    def _encode(
        self,
        prompts: Sequence[Prompt],
        samples: SampleList,
        pyramid: Sequence[Tensor],
    ) -> tuple[WordFeatures, list[BoolTensor]]:
        """Encode a prompt for each image, with the examples that the image brings."""
        examples = [
            examples_of(sample, prompt.phrases)
            for sample, prompt in zip(samples, prompts)
        ]
        if not any(examples):
            return self.text_encoder.encode(prompts)
        return self.text_encoder.encode(prompts, examples, pyramid)

    def _candidates(
        self,
        pyramid: Sequence[Tensor],
        unfused: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
        images: Sequence[int],
        parts: Sequence[PromptPart],
        first: int,
    ) -> tuple[FusedChunk, list[InstanceData], list[Tensor]]:
        """Score pairs of images and prompts; labels are indices of the user's names.

        With a presence head there is also the probability (K,) of each pair's phrases.
        With a mask head, boxes have the index of their ``pair``, counted from
        ``first``, and of their ``phrase`` in the prompt.
        """
        pairs = [samples[image] for image in images]
        words, spans = self._encode(
            [part.prompt for part in parts], pairs, take_images(unfused, images)
        )
        pyramid = take_images(pyramid, images)
        if self._early_fusion:
            pyramid, words = self.fuse(pyramid, words, pairs, input_size)
        results = self.bbox_head.candidates(
            self.bbox_head(pyramid, words),
            spans,
            [sample.metainfo for sample in pairs],
            self.box_cfg,
        )
        there: list[Tensor] = []
        if self.presence_head is not None:
            there = [x.sigmoid() for x in self.presence_head(words, spans)]
            for result, probabilities in zip(results, there):
                result.scores = result.scores * probabilities[result.labels]
        for pair, (part, result) in enumerate(zip(parts, results), first):
            device = pyramid[0].device
            labels = torch.tensor(part.labels, dtype=torch.long, device=device)
            if self.mask_head is not None:
                result.phrase = result.labels
                result.pair = torch.full_like(result.labels, pair)
            result.labels = labels[result.labels]
        return FusedChunk(first, pyramid, words, spans), results, there
