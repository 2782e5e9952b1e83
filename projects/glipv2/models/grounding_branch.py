"""The part of the detector that finds boxes: what texts name, and its losses."""

from collections.abc import Sequence

import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.structures import SampleList
from mmengine.structures import InstanceData
from torch import Tensor

from .freezing import needs_loss, trains, trains_trunk
from .mask_branch import FusedChunk, add_masks, find_proposals
from .picture_area import inside_masks, take_pictures
from .region_words import regions_of, word_categories_of, words_by_kind
from .sample_prompts import PromptPart, positive_map_of, prompt_of, split_into_parts
from .tasks import without_boxes
from .training_view import TrainingView
from .word_features import WordFeatures

# Pairs of picture and prompt that go through the fusion at once (our choice: bounds
# the memory, and larger batches are no faster).
DEFAULT_MAX_CHUNK_BATCH = 16
# Heads whose losses need boxes or their words.
HEADS = ('bbox_head', 'mask_head', 'mlm_head')
# What the sample looks for that stands in for samples with boxes.
STAND_IN = ('thing',)


class GroundingBranch(SingleStageDetector):
    """Boxes, masks and hidden words of ``GLIPv2``, from its pyramid on.

    The parts are those of ``GLIPv2``, which says what they are.
    """

    def box_losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        rows: Sequence[int],
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        """Compute the losses of samples with boxes.

        Args:
            pyramid: O0 of the batch, levels (B, C, H_i, W_i).
            samples: B samples, some with text and ``gt_instances``.
            rows: Which. Without one, a sample of no box stands in, because other
                processes wait for this one's share of their normalisers.
            input_size: (H, W) of the batch in pixels.

        Returns:
            As ``GLIPv2.loss``; zeros without a sample.

        Raises:
            ValueError: If a text or a ground truth is unusable (names the picture).
        """
        if not rows:
            alone = take_pictures(pyramid, [0])
            stand_in = without_boxes(samples[0], STAND_IN, pyramid[0].device)
            losses = self._losses(alone, [stand_in], input_size)
            return {key: 0 * value for key, value in losses.items()}
        chosen = [samples[row] for row in rows]
        return self._losses(take_pictures(pyramid, rows), chosen, input_size)

    def _losses(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> dict[str, Tensor]:
        with torch.set_grad_enabled(
            torch.is_grad_enabled() and trains_trunk(self.train_only)
        ):
            seen = self._look(pyramid, samples, input_size)
        out = self.bbox_head(seen.fused, seen.read)
        losses: dict[str, Tensor] = {}
        if needs_loss('bbox_head', self.train_only):
            sizes = [tuple(level.shape[-2:]) for level in seen.pyramid]
            assignment = self.bbox_head.assign(sizes, samples)
            losses = self.bbox_head.loss_by_feat(
                out, seen.read.mask, assignment, seen.positive_maps
            )
            if self.contrastive_loss is not None:
                regions = regions_of(
                    seen.pyramid, assignment, samples, seen.prompts, seen.positive_maps
                )
                categories = word_categories_of(samples, seen.prompts, seen.spans)
                losses.update(self.contrastive_loss(regions, seen.words, categories))
        if seen.hidden is not None:
            losses.update(self.mlm_head.loss(seen.read, seen.hidden.labels))
        if self.mask_head is not None and needs_loss('mask_head', self.train_only):
            proposals = find_proposals(
                self.bbox_head, out, seen.spans,
                [sample.metainfo for sample in samples],
                self.train_cfg.get('mask_proposals'),
            )  # fmt: skip
            truth = [sample.gt_instances for sample in samples]
            losses.update(
                self.mask_head.loss(seen.fused, seen.read, seen.spans, proposals, truth)
            )
        return losses

    def _look(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> TrainingView:
        """Compute what the losses see of a batch; hides words for ``mlm_head``."""
        prompts = [prompt_of(sample) for sample in samples]
        hides = self.mlm_head is not None and trains('mlm_head', self.train_only)
        if hides:
            ids, mask, spans = self.text_encoder.tokenize(prompts)
        else:
            words, spans = self.text_encoder.encode(prompts)
        positive_maps = [
            positive_map_of(sample, prompt, matrix)
            for sample, prompt, matrix in zip(samples, prompts, spans)
        ]
        hidden = None
        if hides:
            kinds = words_by_kind(samples, prompts, positive_maps, mask)
            hidden = self.mlm_head.hide(ids, *kinds, self.text_encoder.tokenizer)
            words = self.text_encoder(hidden.ids, mask)
        fused, read = self._fuse(pyramid, words, samples, input_size)
        return TrainingView(
            prompts, spans, positive_maps, words, hidden, pyramid, fused, read
        )

    def _find(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
        rescale: bool,
    ) -> None:
        """Find what the texts of pictures of one size name.

        Args:
            pyramid: O0, levels (B, C, H_i, W_i).
            samples: B samples; get ``pred_instances``.
            input_size: (H, W) of the pictures in pixels.
            rescale: Whether boxes return to the pixels of the original picture.
        """
        parts = [
            (image, part)
            for image, sample in enumerate(samples)
            for part in split_into_parts(
                sample,
                self.text_encoder.tokenizer,
                self.text_encoder.max_tokens,
                self.test_cfg.get('chunked_size', -1),
            )
        ]
        if not self._words_matter:
            pyramid, _ = self._fuse(pyramid, None, samples, input_size)
        found: list[list[InstanceData]] = [[] for _ in samples]
        fused: list[FusedChunk] = []
        names: list[dict[int, str]] = [{} for _ in samples]
        step = self.test_cfg.get('max_chunk_batch', DEFAULT_MAX_CHUNK_BATCH)
        for start in range(0, len(parts), step):
            images, chunk = zip(*parts[start : start + step])
            of_chunk, candidates = self._candidates(
                pyramid, samples, input_size, images, chunk, start
            )
            if self.mask_head is not None:
                fused.append(of_chunk)
            for image, part, result in zip(images, chunk, candidates):
                found[image].append(result)
                names[image].update(zip(part.labels, part.prompt.phrases))
        metas = [sample.metainfo for sample in samples]
        kept = [
            self.bbox_head.suppress(InstanceData.cat(results), meta, rescale)
            for results, meta in zip(found, metas)
        ]
        if self.mask_head is not None:
            add_masks(self.mask_head, fused, kept, metas, rescale)
        for sample, instances, name_of in zip(samples, kept, names):
            instances.label_names = [
                name_of[label] for label in instances.labels.tolist()
            ]
            sample.pred_instances = instances

    def _candidates(
        self,
        pyramid: Sequence[Tensor],
        samples: SampleList,
        input_size: tuple[int, int],
        images: Sequence[int],
        parts: Sequence[PromptPart],
        first: int,
    ) -> tuple[FusedChunk, list[InstanceData]]:
        """Score pairs of pictures and prompts; labels count all of a user's names.

        With a mask head, each box knows the number of its pair (the first one's is
        ``first``) and of its phrase in the prompt.
        """
        words, spans = self.text_encoder.encode([part.prompt for part in parts])
        pairs = [samples[image] for image in images]
        pyramid = take_pictures(pyramid, images)
        if self._words_matter:
            pyramid, words = self._fuse(pyramid, words, pairs, input_size)
        results = self.bbox_head.candidates(
            self.bbox_head(pyramid, words),
            spans,
            [sample.metainfo for sample in pairs],
        )
        for number, (part, result) in enumerate(zip(parts, results), first):
            device = pyramid[0].device
            labels = torch.tensor(part.labels, dtype=torch.long, device=device)
            if self.mask_head is not None:
                result.phrase = result.labels
                result.pair = torch.full_like(result.labels, number)
            result.labels = labels[result.labels]
        return FusedChunk(first, pyramid, words, spans), results

    @property
    def _words_matter(self) -> bool:
        """Whether the pyramid that the head sees depends on the text."""
        return self.fusion_neck is not None and getattr(
            self.fusion_neck, 'early_fusion', True
        )

    def _fuse(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures | None,
        samples: SampleList,
        input_size: tuple[int, int],
    ) -> tuple[Sequence[Tensor], WordFeatures | None]:
        if self.fusion_neck is None:
            return pyramid, words
        inside = inside_masks(samples, pyramid, input_size)
        return self.fusion_neck(pyramid, words, inside)
