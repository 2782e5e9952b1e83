"""GLIPv2: the detector that finds what a text names."""

from collections.abc import Sequence

import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmdet.structures import SampleList
from mmdet.utils import ConfigType, OptConfigType
from torch import Tensor

from ...text.sample_text import prompt_of
from ...text.tasks import sort_samples
from ..branches.absent_tasks import absent_tasks, zero_of_parameters
from ..branches.answering import AnsweringBranch
from ..branches.captioning import CaptioningBranch, check_caption_parts
from ..branches.grounding import PARTS, GroundingBranch
from ..branches.train_only import TrainOnly
from ..layers.padding import group_by_size, take_images
from ..vl_heads.sentence_search import SearchSettings
from .tasks import check_heads, check_tasks, samples_to_ground


@MODELS.register_module()
class GLIPv2(SingleStageDetector):
    """GLIPv2 (arXiv 2206.05836): one model for localisation and understanding.

    ``O0 = neck(backbone(image))``, ``P0 = text_encoder(text)``,
    ``(O, P) = fusion_neck(O0, P0)``, and heads on (O, P).

    Data samples carry the text as in mmdet's GLIP: ``text`` (names or a sentence),
    ``custom_entities``, ``tokens_positive``, ``caption_prompt``; a ground truth's
    label is the index of its phrase. ``task`` says what the text is for: detection if
    it is missing, else grounding, segmentation, vqa (``text`` is the question),
    caption (``text`` is the caption in training, and its beginning in a test),
    grounded_vqa or grounded_caption.

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
        vqa_head: Config of the ``VQAHead``.
        caption_head: Config of the ``CaptionHead``.
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
            ``chunked_size`` (most names of a prompt, -1: as many as fit),
            ``max_chunk_batch`` (most prompts that go through the fusion at once),
            ``num_answers`` (most answers of a question, 5) and ``caption`` (fields of
            ``SearchSettings``).
        data_preprocessor: As of every mmdet detector.
        channels_last: Whether backbone and neck keep their tensors channels last;
            the same numbers up to rounding, and faster on CPUs.
        init_cfg: As of every mmdet detector.

    Raises:
        ValueError: If text channels of encoder, fusion neck and head differ, parts
            that a head needs are missing, ``train_only`` names no part, or there is
            no such ``transfer_mode``.
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
        self.fusion_neck = None if fusion_neck is None else MODELS.build(fusion_neck)
        self.contrastive_loss, self.mlm_head, self.mask_head = (
            None if part is None else MODELS.build(part)
            for part in (contrastive_loss, mlm_head, mask_head)
        )
        self.vqa_head, self.caption_head = (
            None if part is None else MODELS.build(part)
            for part in (vqa_head, caption_head)
        )
        self._join_heads()
        self.channels_last = channels_last
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
        """Initialise all parts; word heads may start from the words' embeddings."""
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
        own = next(self.backbone.parameters()).dtype  # the preprocessor's is float32
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return super().extract_feat(
            batch_inputs.to(own).contiguous(memory_format=layout)
        )

    def loss(
        self, batch_inputs: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Compute the training losses.

        Args:
            batch_inputs: (B, 3, H, W) normalised images.
            batch_data_samples: B samples with text and ``gt_instances``, or, by
                their ``task``, with ``gt_answers`` or a caption; in any mixture.

        Returns:
            ``loss_cls`` (region-word alignment), ``loss_bbox``,
            ``loss_centerness``; with these heads ``loss_inter``, ``loss_mlm`` with
            ``mlm_accuracy``, ``loss_mask``, ``loss_vqa`` with ``vqa_accuracy``, and
            ``loss_caption`` with ``caption_accuracy``. The same keys for any mixture
            of tasks; the losses of an absent one are zero.

        Raises:
            ValueError: If a text or a ground truth is unusable (names the image).
        """
        rows, size = sort_samples(batch_data_samples), tuple(batch_inputs.shape[-2:])
        check_tasks(self, batch_data_samples)
        with self.train_only.trunk_gradients():
            pyramid = self.extract_feat(batch_inputs)
        absent = absent_tasks(rows, self, batch_inputs.device)
        losses: dict[str, Tensor] = {}
        for branch, own, elsewhere in (
            (self.grounding, rows.boxes, absent.boxes),
            (self.answering, rows.answers, absent.answers),
            (self.captioning, rows.captions, absent.captions),
        ):
            if branch is not None and branch.learns:
                images = take_images(pyramid, own)
                samples = [batch_data_samples[row] for row in own]
                losses.update(branch.loss(images, samples, size, elsewhere))
        if absent.here and (self.answering or self.captioning):
            # Whatever tasks a batch has, every process has the same graph.
            name = next(iter(losses))
            losses[name] = losses[name] + zero_of_parameters(self)
        return losses

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: SampleList,
        rescale: bool = True,
    ) -> SampleList:
        """Do what each sample's ``task`` says, or find what its text names.

        Names that do not fit into one prompt are cut into several; their boxes go
        through one joint suppression. An image is computed in a batch of its own
        size, so its result does not depend on its batch mates.

        Args:
            batch_inputs: (B, 3, H, W) normalised images.
            batch_data_samples: B samples with text.
            rescale: Whether boxes return to the pixels of the original image.

        Returns:
            The samples with ``pred_instances``: bboxes (n, 4) xyxy, scores (n,),
            labels (n,) (index of the user's name or phrase), label_names and, with
            ``mask_head``, masks (n, H, W). By task instead or beside it:
            ``pred_answer`` with ``pred_answers`` and ``pred_answer_scores``;
            ``pred_caption`` with ``pred_caption_score``; for grounded tasks
            ``pred_phrases``, whose number i is label i, and their sentence, which is
            ``pred_caption`` or ``pred_sentence`` (question and answer).

        Raises:
            ValueError: If a text is unusable (names the image).
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
        """Boxes, masks and hidden words."""
        return GroundingBranch(
            self.text_encoder, self.fusion_neck, self.bbox_head, self.mask_head,
            self.mlm_head, self.contrastive_loss, self.train_only, self.train_cfg,
            self.test_cfg,
        )  # fmt: skip

    @property
    def answering(self) -> AnsweringBranch | None:
        """Questions; None without a head."""
        if self.vqa_head is None:
            return None
        return AnsweringBranch(
            self.text_encoder, self.fusion_neck, self.bbox_head, self.vqa_head,
            self.train_only, self.test_cfg.get('num_answers', 5),
        )  # fmt: skip

    @property
    def captioning(self) -> CaptioningBranch | None:
        """Captions; None without a head."""
        if self.caption_head is None:
            return None
        return CaptioningBranch(
            self.text_encoder, self.fusion_neck, self.caption_head, self.train_only,
            SearchSettings(**self.test_cfg.get('caption', {})),
        )  # fmt: skip

    @property
    def _vocabulary_heads(self) -> list:
        return [head for head in (self.mlm_head, self.caption_head) if head is not None]

    def _join_heads(self) -> None:
        """Share weights between heads and text encoder; refuse missing parts."""
        check_heads(self)
        if self.caption_head is not None:
            check_caption_parts(self.text_encoder, self.test_cfg)
            if self.mlm_head is not None:
                self.caption_head.share_with(self.mlm_head)
        for head in self._vocabulary_heads:
            head.tie_embeddings(self.text_encoder.model.get_input_embeddings())

    def _predict_group(
        self, inputs: Tensor, samples: SampleList, rescale: bool
    ) -> None:
        """Predict images of one size, each looked at once, whatever is asked."""
        rows, size = sort_samples(samples), tuple(inputs.shape[-2:])
        check_tasks(self, samples)
        pyramid = self.extract_feat(inputs)
        for branch, own in (
            (self.answering, rows.answers),
            (self.captioning, rows.captions),
        ):
            if own:
                asked = [samples[row] for row in own]
                branch.predict(take_images(pyramid, own), asked, size)
        named = samples_to_ground(samples)
        if named:
            images = take_images(pyramid, list(named))
            self.grounding.predict(images, list(named.values()), size, rescale)
            for row, sample in named.items():
                samples[row].pred_instances = sample.pred_instances
