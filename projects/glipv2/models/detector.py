"""GLIPv2: the detector that finds what a text names."""

from collections.abc import Sequence

import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmdet.structures import SampleList
from mmdet.utils import ConfigType, OptConfigType
from mmengine.structures import InstanceData
from torch import Tensor

from .freezing import (
    freeze_others,
    needs_loss,
    parts_of_mode,
    set_training,
    trains,
    trains_trunk,
)
from .mask_branch import FusedChunk, add_masks, find_proposals
from .picture_area import group_by_size, inside_masks
from .region_words import regions_of, word_categories_of, words_by_kind
from .sample_prompts import PromptPart, positive_map_of, prompt_of, split_into_parts
from .training_view import TrainingView
from .word_features import WordFeatures

# Pairs of picture and prompt that go through the fusion at once (our choice: bounds
# the memory, and larger batches are no faster).
DEFAULT_MAX_CHUNK_BATCH = 16


@MODELS.register_module()
class GLIPv2(SingleStageDetector):
    """GLIPv2 (arXiv 2206.05836): one model for localisation and understanding.

    ``O0 = neck(backbone(image))``, ``P0 = text_encoder(text)``,
    ``(O, P) = fusion_neck(O0, P0)``, and heads on (O, P).

    Data samples carry the text as in mmdet's GLIP: ``text`` (names or a sentence),
    ``custom_entities``, ``tokens_positive``, ``caption_prompt``; a ground truth's
    label is the index of its phrase.

    Args:
        backbone: Any mmdet backbone.
        neck: Any pyramid neck, its channels those of the fusion neck.
        text_encoder: Config of the ``TextEncoder``.
        bbox_head: Config of the ``GroundingHead``.
        fusion_neck: Config of the ``VLFusionNeck``; None: O0 and P0 go to the head
            as they are (late fusion).
        contrastive_loss: Config of the ``InterImageContrastiveLoss``, on O0 and P0;
            training only.
        mlm_head: Config of the ``MLMHead``; training then hides words.
        mask_head: Config of the ``LanguageMaskHead``.
        train_only: Parts (``('mask_head',)``), or what is in them
            (``('bbox_head.bbox_pred',)``), that are trained while all else stays as
            it is, in evaluation mode; only losses that teach them are computed then.
            Empty: everything is trained.
        transfer_mode: ``'full'``, ``'prompt'`` or ``'linear'`` instead of a
            ``train_only`` (GLIP section 5); ``'prompt'`` needs
            ``text_encoder.tuned_prompts``.
        train_cfg: Training settings of the head (``assigner``, ...), and
            ``mask_proposals``: test settings of the boxes that ``mask_head`` trains on.
        test_cfg: ``score_thr``, ``nms_pre``, ``nms``, ``max_per_img`` of the head;
            ``chunked_size`` (most names of a prompt, -1: as many as fit) and
            ``max_chunk_batch`` (most prompts that go through the fusion at once).
        data_preprocessor: As of every mmdet detector.
        channels_last: Whether backbone and neck keep their tensors channels last;
            the same numbers up to rounding, and faster on CPUs.
        init_cfg: As of every mmdet detector.

    Raises:
        ValueError: If text channels of encoder, fusion neck and head differ, or
            ``train_only`` names no part, or there is no such ``transfer_mode``.
    """

    def __init__(
        self,
        backbone: ConfigType,
        neck: ConfigType,
        text_encoder: ConfigType,
        bbox_head: ConfigType,
        fusion_neck: OptConfigType = None,
        contrastive_loss: OptConfigType = None,
        mlm_head: OptConfigType = None,
        mask_head: OptConfigType = None,
        train_only: Sequence[str] = (),
        transfer_mode: str | None = None,
        train_cfg: OptConfigType = None,
        test_cfg: OptConfigType = None,
        data_preprocessor: OptConfigType = None,
        channels_last: bool = False,
        init_cfg: OptConfigType = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            bbox_head=bbox_head,
            train_cfg=train_cfg,
            test_cfg=test_cfg,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        self.text_encoder = MODELS.build(text_encoder)
        self.fusion_neck = None if fusion_neck is None else MODELS.build(fusion_neck)
        self.contrastive_loss, self.mlm_head, self.mask_head = (
            None if part is None else MODELS.build(part)
            for part in (contrastive_loss, mlm_head, mask_head)
        )
        if self.mlm_head is not None:
            self.mlm_head.share(self.text_encoder.model.get_input_embeddings())
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format
        )
        for name in ('fusion_neck', 'bbox_head', 'mlm_head', 'mask_head'):
            expected = getattr(getattr(self, name), 'text_dim', None)
            given = getattr(self.text_encoder, 'out_channels', expected)
            if expected not in (None, given):
                raise ValueError(
                    f'the text encoder gives words of {given} channels, but '
                    f'{name}.text_dim is {expected}; set {name}.text_dim={given}'
                )

        self.train_only = (
            tuple(train_only) if transfer_mode is None else parts_of_mode(transfer_mode)
        )
        freeze_others(self, self.train_only)

    def train(self, mode: bool = True) -> 'GLIPv2':
        """Set the training mode; parts that are not trained stay in evaluation mode.

        Args:
            mode: Whether to train.

        Returns:
            This model.
        """
        super().train(mode)
        if self.train_only:
            set_training(self, mode, self.train_only)
        return self

    def init_weights(self) -> None:
        """Initialise all parts; ``mlm_head`` may start from the words' embeddings."""
        super().init_weights()
        if self.mlm_head is not None:
            self.mlm_head.start_from(self.text_encoder.model.get_input_embeddings())

    def extract_feat(self, batch_inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute O0.

        Args:
            batch_inputs: (B, 3, H, W) normalised pictures.

        Returns:
            The pyramid, levels (B, C, H_i, W_i).
        """
        return super().extract_feat(
            batch_inputs.contiguous(memory_format=self.memory_format)
        )

    def loss(
        self, batch_inputs: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Compute the training losses.

        Args:
            batch_inputs: (B, 3, H, W) normalised pictures.
            batch_data_samples: B samples with text and ``gt_instances``.

        Returns:
            ``loss_cls`` (region-word alignment), ``loss_bbox``,
            ``loss_centerness``; with these heads ``loss_inter``, ``loss_mlm`` with
            ``mlm_accuracy``, and ``loss_mask``.

        Raises:
            ValueError: If a text or a ground truth is unusable (names the picture).
        """
        with torch.set_grad_enabled(
            torch.is_grad_enabled() and trains_trunk(self.train_only)
        ):
            seen = self._look(batch_inputs, batch_data_samples)
        out = self.bbox_head(seen.fused, seen.read)
        losses: dict[str, Tensor] = {}
        samples = batch_data_samples
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

    def _look(self, batch_inputs: Tensor, samples: SampleList) -> TrainingView:
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
        pyramid = self.extract_feat(batch_inputs)
        fused, read = self._fuse(pyramid, words, batch_inputs, samples)
        return TrainingView(
            prompts, spans, positive_maps, words, hidden, pyramid, fused, read
        )

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: SampleList,
        rescale: bool = True,
    ) -> SampleList:
        """Find what each picture's text names.

        Names that do not fit into one prompt are cut into several; their boxes go
        through one joint suppression. A picture is computed in a batch of its own
        size, so its result does not depend on its batch mates.

        Args:
            batch_inputs: (B, 3, H, W) normalised pictures.
            batch_data_samples: B samples with text.
            rescale: Whether boxes return to the pixels of the original picture.

        Returns:
            The samples with ``pred_instances``: bboxes (n, 4) xyxy, scores (n,),
            labels (n,) (index of the user's name or phrase), label_names and, with
            ``mask_head``, masks (n, H, W).

        Raises:
            ValueError: If a text is unusable (names the picture).
        """
        input_size = tuple(batch_inputs.shape[-2:])
        for size, images in group_by_size(batch_data_samples, input_size).items():
            samples = [batch_data_samples[image] for image in images]
            self._predict_group(
                batch_inputs[images, :, : size[0], : size[1]], samples, rescale
            )
        return batch_data_samples

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: SampleList
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the head's raw output (``mode='tensor'``).

        Args:
            batch_inputs: (B, 3, H, W) normalised pictures.
            batch_data_samples: B samples with text.

        Returns:
            Logits (B, N, T), box deltas (B, N, 4), centerness logits (B, N).

        Raises:
            ValueError: If a text is unusable or does not fit into one prompt.
        """
        prompts = [prompt_of(sample) for sample in batch_data_samples]
        words, _ = self.text_encoder.encode(prompts)
        pyramid = self.extract_feat(batch_inputs)
        out = self.bbox_head(
            *self._fuse(pyramid, words, batch_inputs, batch_data_samples)
        )
        return out.logits, out.boxes, out.centerness

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
        batch_inputs: Tensor,
        samples: SampleList,
    ) -> tuple[Sequence[Tensor], WordFeatures | None]:
        if self.fusion_neck is None:
            return pyramid, words
        inside = inside_masks(samples, pyramid, tuple(batch_inputs.shape[-2:]))
        return self.fusion_neck(pyramid, words, inside)

    def _predict_group(
        self, inputs: Tensor, samples: SampleList, rescale: bool
    ) -> None:
        """Predict pictures of one size and store the result in their samples."""
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
        pyramid = self.extract_feat(inputs)
        if not self._words_matter:
            pyramid, _ = self._fuse(pyramid, None, inputs, samples)
        found: list[list[InstanceData]] = [[] for _ in samples]
        fused: list[FusedChunk] = []
        names: list[dict[int, str]] = [{} for _ in samples]
        step = self.test_cfg.get('max_chunk_batch', DEFAULT_MAX_CHUNK_BATCH)
        for start in range(0, len(parts), step):
            images, chunk = zip(*parts[start : start + step])
            of_chunk, candidates = self._candidates(
                inputs, pyramid, samples, images, chunk, start
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
        inputs: Tensor,
        pyramid: Sequence[Tensor],
        samples: SampleList,
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
        pyramid = [_take(level, images) for level in pyramid]
        if self._words_matter:
            pyramid, words = self._fuse(pyramid, words, inputs, pairs)
        results = self.bbox_head.candidates(
            self.bbox_head(pyramid, words),
            spans,
            [sample.metainfo for sample in pairs],
        )
        for number, (part, result) in enumerate(zip(parts, results), first):
            labels = torch.tensor(part.labels, device=inputs.device)
            if self.mask_head is not None:
                result.phrase = result.labels
                result.pair = torch.full_like(result.labels, number)
            result.labels = labels[result.labels]
        return FusedChunk(first, pyramid, words, spans), results


def _take(level: Tensor, images: Sequence[int]) -> Tensor:
    """Repeat pictures of a level (B, C, H, W); one picture alone is not copied."""
    if len(set(images)) == 1:
        return level[images[0]].expand(len(images), -1, -1, -1)
    return level[list(images)]
