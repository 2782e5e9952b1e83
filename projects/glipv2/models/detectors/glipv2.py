"""GLIPv2: the detector."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar

import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmdet.structures import SampleList
from mmdet.utils import ConfigType, OptConfigType
from torch import Tensor, nn

from ...text.sample_text import prompt_of
from ...text.tasks import sort_samples
from ..branches.absent_tasks import absent_tasks, zero_of_parameters
from ..branches.answering import AnsweringBranch
from ..branches.captioning import CaptioningBranch, check_caption_parts
from ..branches.grounding import PARTS, GroundingBranch
from ..branches.train_only import TrainOnly
from ..device.window_masks import use_masks_in_model_type
from ..layers.padding import group_by_size, take_images
from ..vl_heads.sentence_search import SearchSettings
from .call_settings import with_settings
from .tasks import check_heads, check_tasks, samples_to_ground

Settings = Mapping[str, object] | None
# Of the images whose O0 was computed last. A variable of the thread, as `extract_feat`
# returns the pyramid alone, here and where a subclass extends it.
DETAIL: ContextVar[Tensor | None] = ContextVar('detail', default=None)


@MODELS.register_module()
class GLIPv2(SingleStageDetector):
    """GLIPv2 (arXiv 2206.05836): one model for localisation and understanding.

    ``O0 = neck(backbone(image))``, ``P0 = text_encoder(text)``,
    ``(O, P) = fusion_neck(O0, P0)``, and heads on (O, P).

    Data samples have their text as in mmdet's GLIP: ``text`` (names or a sentence),
    ``custom_entities``, ``tokens_positive``, ``caption_prompt``; the label of a box is
    the index of its phrase. ``task`` is detection by default, or grounding,
    segmentation, vqa (``text`` is the question), caption (``text`` is the caption in
    training, its prefix in a test), grounded_vqa or grounded_caption.

    Args:
        backbone: Any mmdet backbone.
        neck: Any pyramid neck with the channels of the fusion neck.
        text_encoder: Config of the ``TextEncoder``.
        bbox_head: Config of the ``GroundingHead``.
        fusion_neck: Config of the ``VLFusionNeck``; None: the head gets O0 and P0
            (late fusion).
        contrastive_loss: Config of the ``InterImageContrastiveLoss``, on O0 and P0;
            training only.
        mlm_head: Config of the ``MLMHead``; training only, on masked words.
        presence_head: Config of the ``PresenceHead``.
        mask_head: Config of the ``LanguageMaskHead``.
        vqa_head: Config of the ``VQAHead``.
        caption_head: Config of the ``CaptionHead``.
        train_only: Names as in :class:`TrainOnly`; all else is frozen in evaluation
            mode, and only losses that train these parts are computed.
        transfer_mode: ``'full'``, ``'prompt'`` or ``'linear'`` instead of a
            ``train_only`` (GLIP section 5); ``'prompt'`` needs
            ``text_encoder.tuned_prompts``.
        train_cfg: Training settings of the head (``assigner``, ...), and
            ``mask_proposals``: test settings of the boxes that ``mask_head`` trains on.
        test_cfg: ``score_thr``, ``nms_pre``, ``nms``, ``max_per_img`` of the head;
            ``max_per_prompt`` (maximum number of boxes of each prompt, instead of
            ``max_per_img``; for LVIS fixed AP), ``chunked_size`` (maximum number of
            names in a prompt, -1: as many as fit), ``prompt_frame`` (text before the
            first name of a prompt and after the last), ``words_alone`` (names of at
            least so many words have a prompt of their own), ``max_chunk_batch``
            (maximum number of prompts fused at once), ``num_answers`` (answers to a
            question, 5) and ``caption`` (fields of ``SearchSettings``).
        data_preprocessor: As in every mmdet detector.
        channels_last: Whether backbone and neck use the channels-last memory format;
            equal up to rounding, and faster on CPUs.
        init_cfg: As in every mmdet detector.

    Raises:
        ValueError: If the text channels of encoder, fusion neck and heads differ, a
            part that a head needs is missing, ``train_only`` names no part, or there
            is no such ``transfer_mode``.
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
        presence_head: OptConfigType = None,
        mask_head: OptConfigType = None,
        vqa_head: OptConfigType = None,
        caption_head: OptConfigType = None,
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
        self.fusion_neck = _build(fusion_neck)
        self.contrastive_loss = _build(contrastive_loss)
        self.mlm_head, self.mask_head = _build(mlm_head), _build(mask_head)
        self.presence_head = _build(presence_head)
        self.vqa_head, self.caption_head = _build(vqa_head), _build(caption_head)
        self._share_weights()
        self.channels_last = channels_last
        use_masks_in_model_type(self.backbone)
        for name in ('fusion_neck', *PARTS, 'vqa_head', 'caption_head'):
            expected = getattr(getattr(self, name), 'text_dim', None)
            given = getattr(self.text_encoder, 'out_channels', expected)
            if expected not in (None, given):
                raise ValueError(
                    f'the text encoder gives words of {given} channels, but '
                    f'{name}.text_dim is {expected}; set {name}.text_dim={given}'
                )

        self.train_only = TrainOnly(train_only, transfer_mode)
        self.train_only.freeze(self)

    def train(self, mode: bool = True) -> 'GLIPv2':
        """Set the training mode; parts that are not trained stay in evaluation mode.

        Args:
            mode: Whether to train.

        Returns:
            This model.
        """
        super().train(mode)
        self.train_only.set_training(self, mode)
        return self

    def init_weights(self) -> None:
        """Initialise all parts; heads may copy the word embeddings."""
        super().init_weights()
        for head in self._vocabulary_heads:
            head.copy_embeddings(self.text_encoder.model.get_input_embeddings())

    def extract_feat(self, batch_inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute O0.

        Args:
            batch_inputs: (B, 3, H, W) normalised images.

        Returns:
            The pyramid, levels (B, C, H_i, W_i).
        """
        dtype = next(self.backbone.parameters()).dtype  # images are float32
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        levels = self.backbone(batch_inputs.to(dtype).contiguous(memory_format=layout))
        if getattr(self.mask_head, 'detail_channels', None) is not None:
            DETAIL.set(levels[0])
        return self.neck(levels) if self.with_neck else levels

    def _extract(self, inputs: Tensor) -> tuple[tuple[Tensor, ...], Tensor | None]:
        """Compute O0, and the backbone's finest output if the mask head reads it."""
        pyramid, detail = self.extract_feat(inputs), DETAIL.get()
        DETAIL.set(None)
        return pyramid, detail

    def loss(
        self, batch_inputs: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Compute the training losses.

        Args:
            batch_inputs: (B, 3, H, W) normalised images.
            batch_data_samples: B samples with text and, by their ``task``,
                ``gt_instances`` or ``gt_answers``; tasks may be mixed.

        Returns:
            ``loss_cls`` (region-word alignment), ``loss_bbox``,
            ``loss_centerness``; with these heads ``loss_inter``, ``loss_mlm`` with
            ``mlm_accuracy``, ``loss_mask``, ``loss_vqa`` with ``vqa_accuracy``, and
            ``loss_caption`` with ``caption_accuracy``. The keys are the same for any
            mixture; the losses of an absent task are zero.

        Raises:
            ValueError: If a text or a ground truth is unusable (names the image).
        """
        rows, size = sort_samples(batch_data_samples), tuple(batch_inputs.shape[-2:])
        check_tasks(self, batch_data_samples)
        with self.train_only.trunk_gradients():
            pyramid, detail = self._extract(batch_inputs)
        absent = absent_tasks(rows, self, batch_inputs.device)
        losses: dict[str, Tensor] = {}
        for branch, own, elsewhere in (
            (
                self._grounding(None, _take(detail, rows.boxes)),
                rows.boxes,
                absent.boxes,
            ),
            (self.answering, rows.answers, absent.answers),
            (self.captioning, rows.captions, absent.captions),
        ):
            if branch is not None and branch.learns:
                images = take_images(pyramid, own)
                samples = [batch_data_samples[row] for row in own]
                losses.update(branch.loss(images, samples, size, elsewhere))
        if absent.here and (self.answering or self.captioning):
            # Every process needs the same graph, whatever tasks its batch has.
            name = next(iter(losses))
            losses[name] = losses[name] + zero_of_parameters(self)
        return losses

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: SampleList,
        rescale: bool = True,
        settings: Settings = None,
    ) -> SampleList:
        """Predict by each sample's ``task``.

        Names that do not fit into one prompt are cut into several, with one joint
        non-maximum suppression. Images are batched by their own size, so that a
        result does not depend on the rest of the batch.

        Args:
            batch_inputs: (B, 3, H, W) normalised images.
            batch_data_samples: B samples with text.
            rescale: Whether boxes are in pixels of the original image.
            settings: Values of ``test_cfg`` for this call, which other threads do
                not see; a dict is merged into the one that is there.

        Returns:
            The samples with ``pred_instances``: bboxes (n, 4) xyxy, scores (n,),
            labels (n,) (index of the user's name or phrase), label_names and, with
            ``mask_head``, masks (n, H, W); with ``presence_head`` ``pred_presence``,
            the probability of each name. By task, instead or in addition:
            ``pred_answer`` with ``pred_answers`` and ``pred_answer_scores``;
            ``pred_caption`` with ``pred_caption_score``; for grounded tasks
            ``pred_phrases``, which the labels index, and their sentence, which is
            ``pred_caption`` or ``pred_sentence`` (question and answer).

        Raises:
            ValueError: If a text is unusable (names the image).
        """
        input_size = tuple(batch_inputs.shape[-2:])
        for size, images in group_by_size(batch_data_samples, input_size).items():
            samples = [batch_data_samples[image] for image in images]
            self._predict_group(
                batch_inputs[images, :, : size[0], : size[1]], samples, rescale,
                settings,
            )  # fmt: skip
        return batch_data_samples

    def forward(
        self,
        inputs: Tensor,
        data_samples: SampleList | None = None,
        mode: str = 'tensor',
        settings: Settings = None,
    ) -> dict[str, Tensor] | SampleList | tuple[Tensor, ...]:
        """Do what mmdet's detectors do, with settings of a call.

        Args:
            inputs: (B, 3, H, W) normalised images.
            data_samples: B samples.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            settings: As of :meth:`predict`, which alone uses them.

        Returns:
            What :meth:`loss` or :meth:`predict` returns, or the head's raw output.
        """
        if mode == 'predict' and settings:
            return self.predict(inputs, data_samples, settings=settings)
        return super().forward(inputs, data_samples, mode)

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: SampleList
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute the head's raw output (``mode='tensor'``).

        Args:
            batch_inputs: (B, 3, H, W) normalised images.
            batch_data_samples: B samples with text.

        Returns:
            Logits (B, N, T), box deltas (B, N, 4), centerness logits (B, N).

        Raises:
            ValueError: If a text is unusable or does not fit into one prompt.
        """
        prompts = [prompt_of(sample) for sample in batch_data_samples]
        words, _ = self.text_encoder.encode(prompts)
        pyramid = self.extract_feat(batch_inputs)
        size = tuple(batch_inputs.shape[-2:])
        fused = self.grounding.fuse(pyramid, words, batch_data_samples, size)
        out = self.bbox_head(*fused)
        return out.logits, out.boxes, out.centerness

    @property
    def grounding(self) -> GroundingBranch:
        """Detection, grounding and segmentation."""
        return self._grounding()

    @property
    def answering(self) -> AnsweringBranch | None:
        """Visual question answering; None without its head."""
        return self._answering()

    @property
    def captioning(self) -> CaptioningBranch | None:
        """Image captioning; None without its head."""
        return self._captioning()

    def _grounding(
        self, settings: Settings = None, detail: Tensor | None = None
    ) -> GroundingBranch:
        return GroundingBranch(
            self.text_encoder, self.fusion_neck, self.bbox_head, self.mask_head,
            self.mlm_head, self.contrastive_loss, self.presence_head,
            self.train_only, self.train_cfg,
            with_settings(self.test_cfg, settings),
            with_settings(self.bbox_head.test_cfg, settings), detail,
        )  # fmt: skip

    def _answering(self, settings: Settings = None) -> AnsweringBranch | None:
        if self.vqa_head is None:
            return None
        test_cfg = with_settings(self.test_cfg, settings)
        return AnsweringBranch(
            self.text_encoder, self.fusion_neck, self.bbox_head, self.vqa_head,
            self.train_only, test_cfg.get('num_answers', 5),
        )  # fmt: skip

    def _captioning(self, settings: Settings = None) -> CaptioningBranch | None:
        if self.caption_head is None:
            return None
        test_cfg = with_settings(self.test_cfg, settings)
        return CaptioningBranch(
            self.text_encoder, self.fusion_neck, self.caption_head, self.train_only,
            SearchSettings(**test_cfg.get('caption', {})),
        )  # fmt: skip

    @property
    def _vocabulary_heads(self) -> list:
        return [head for head in (self.mlm_head, self.caption_head) if head is not None]

    def _share_weights(self) -> None:
        """Share weights between heads and text encoder; refuse missing parts."""
        check_heads(self)
        if self.caption_head is not None:
            check_caption_parts(self.text_encoder, self.test_cfg)
            if self.mlm_head is not None:
                self.caption_head.share_with(self.mlm_head)
        for head in self._vocabulary_heads:
            head.tie_embeddings(self.text_encoder.model.get_input_embeddings())

    def _predict_group(
        self, inputs: Tensor, samples: SampleList, rescale: bool, settings: Settings
    ) -> None:
        """Predict images of one size; their O0 serves all tasks."""
        rows, size = sort_samples(samples), tuple(inputs.shape[-2:])
        check_tasks(self, samples)
        pyramid, detail = self._extract(inputs)
        for branch, own in (
            (self._answering(settings), rows.answers),
            (self._captioning(settings), rows.captions),
        ):
            if own:
                images = take_images(pyramid, own)
                branch.predict(images, [samples[row] for row in own], size)
        grounded = samples_to_ground(samples)
        if grounded:
            images = take_images(pyramid, list(grounded))
            branch = self._grounding(settings, _take(detail, list(grounded)))
            branch.predict(images, list(grounded.values()), size, rescale)
            for row, sample in grounded.items():
                samples[row].pred_instances = sample.pred_instances


def _build(cfg: OptConfigType) -> nn.Module | None:
    return None if cfg is None else MODELS.build(cfg)


def _take(detail: Tensor | None, images: Sequence[int]) -> Tensor | None:
    return None if detail is None else take_images([detail], images)[0]
