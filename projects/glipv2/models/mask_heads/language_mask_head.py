"""LanguageMaskHead: the mask of what a phrase names, inside its box.

Shapes: B images, C channels, T tokens, K phrases of a prompt, R regions, S side of a
region's features, D channels of the detail; masks have side 2 S.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.models.roi_heads.mask_heads import FCNMaskHead
from mmdet.models.task_modules import SamplingResult
from mmdet.registry import MODELS, TASK_UTILS
from mmdet.structures.bbox import bbox2roi
from mmdet.utils import ConfigType, OptConfigType
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import BoolTensor, Tensor, nn

from ...structures.word_features import WordFeatures
from ..device.compiled_operators import region_features
from ..layers.hourglass import Hourglass
from ..layers.word_matching import WordMatching, clamp_logits, word_shares

ROI_EXTRACTOR = dict(
    type='SingleRoIExtractor',
    roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
    out_channels=256,
    featmap_strides=[8, 16, 32, 64, 128],
)


@MODELS.register_module()
class LanguageMaskHead(WordMatching, FCNMaskHead):
    """Match the pixels of a box with the words of its phrase (GLIPv2 section 3.3).

    The RoI features of O go through hourglasses and a deconvolution. A pixel's logit
    for a word is
    ``pixel Linear(norm(P)/2)^T / exp(log_scale) + norm(P) bias_lang``, for a phrase the
    mean over its words. The words are averaged first, which gives the same logits for
    one product instead of T. Loss, targets and pasting are mmdet's ``FCNMaskHead``'s.

    O has one value for 8 x 8 pixels, in which thin things are lost. With
    ``detail_channels`` the backbone's finest output, which is not fused, is added to
    each pixel of a mask (our choice; not in GLIPv2).

    Args:
        in_channels: C of every pyramid level.
        text_dim: Channels of a word.
        roi_extractor: Config of mmdet's extractor; None: single-level RoIAlign of
            14 x 14 on strides 8 to 128.
        hourglass_scales: Number of halvings in an hourglass (1; 4 in the H model).
        hourglass_layers: Number of hourglasses (1; 4 in the H model).
        class_agnostic: Whether the mask does not depend on the phrase; words are not
            used then.
        detail_channels: D of the backbone's first output, which the neck leaves out
            (``start_level=1``); None: O alone.
        detail_stride: Its stride in pixels.
        loss_mask: Config of the loss; None: binary cross-entropy.
        train_cfg: ``assigner``, ``sampler`` and ``mask_size``.
        test_cfg: ``mask_thr_binary``.

    Raises:
        ValueError: If the side of a region's features cannot be halved that often.
    """

    def __init__(
        self,
        in_channels: int = 256,
        text_dim: int = 768,
        roi_extractor: OptConfigType = None,
        hourglass_scales: int = 1,
        hourglass_layers: int = 1,
        class_agnostic: bool = False,
        detail_channels: int | None = None,
        detail_stride: int = 4,
        loss_mask: ConfigType | None = None,
        train_cfg: OptConfigType = None,
        test_cfg: OptConfigType = None,
    ) -> None:
        roi_extractor = roi_extractor or dict(ROI_EXTRACTOR, out_channels=in_channels)
        side = roi_extractor['roi_layer']['output_size']
        if side % 2**hourglass_scales:
            raise ValueError(
                f'hourglass_scales={hourglass_scales} halves a region of {side} x '
                f'{side} that often; set output_size of the roi_layer to a multiple '
                f'of {2**hourglass_scales}'
            )
        super().__init__(
            num_convs=0,
            roi_feat_size=side,
            in_channels=in_channels,
            conv_out_channels=in_channels,
            class_agnostic=True,  # one mask per region
            loss_mask=loss_mask
            or dict(type='CrossEntropyLoss', use_mask=True, loss_weight=1.0),
        )
        self.text_dim = text_dim
        self.uses_words = not class_agnostic
        self.roi_extractor = MODELS.build(roi_extractor)
        self.hourglasses = nn.Sequential()
        for _ in range(hourglass_layers):
            self.hourglasses.append(Hourglass(hourglass_scales, in_channels))
            self.hourglasses.append(nn.ReLU())
        self.detail_channels = detail_channels
        if detail_channels is not None:
            self.detail_extractor = MODELS.build(
                dict(
                    type='SingleRoIExtractor',
                    roi_layer=dict(
                        type='RoIAlign', output_size=2 * side, sampling_ratio=2
                    ),
                    out_channels=detail_channels,
                    featmap_strides=[detail_stride],
                )
            )
            self.detail_projection = nn.Linear(detail_channels, in_channels)
        self.train_cfg = ConfigDict(train_cfg or {})
        self.test_cfg = ConfigDict(test_cfg or dict(mask_thr_binary=0.5))
        if self.train_cfg:
            self.assigner = TASK_UTILS.build(self.train_cfg.assigner)
            self.sampler = TASK_UTILS.build(self.train_cfg.sampler)
        if self.uses_words:
            self.conv_logits = None
            self.init_matching(in_channels, text_dim)

    def phrase_vectors(self, words: Tensor, spans: BoolTensor) -> Tensor:
        """Average the words of each phrase.

        Args:
            words: (T, text_dim), P of one prompt.
            spans: (K, T), the words of each phrase.

        Returns:
            (K, C + 1): the mean projection and the mean bias.
        """
        projected, bias = self.word_vectors(words)  # (T, C), (T,)
        both = torch.cat((projected, bias[:, None]), 1)
        return word_shares(spans, both) @ both

    def read_detail(self, detail: Tensor | None, rois: Tensor) -> Tensor | None:
        """Read regions of the backbone's finest output.

        Args:
            detail: (B, D, H, W), not fused; None for a head without detail.
            rois: (R, 5): index in the batch, and x1, y1, x2, y2 in pixels of the input.

        Returns:
            (R, D, 2 S, 2 S), or None.

        Raises:
            ValueError: If the detail is not what the head was built for.
        """
        given = None if detail is None else detail.shape[1]
        if given != self.detail_channels:
            raise ValueError(
                f'mask_head.detail_channels is {self.detail_channels}, but the '
                f"backbone's first output has {given} channels; add a finer stage to "
                'backbone.out_indices and set neck.start_level=1'
            )
        if detail is None:
            return None
        return region_features(self.detail_extractor, [detail], rois)

    def forward(
        self,
        pyramid: Sequence[Tensor],
        rois: Tensor,
        vectors: Tensor | None,
        detail: Tensor | None = None,
    ) -> Tensor:
        """Segment regions.

        Args:
            pyramid: O, levels (B, C, H_i, W_i).
            rois: (R, 5): index in the batch, and x1, y1, x2, y2 in pixels of the input.
            vectors: (R, C + 1) of each region's phrase; None without words.
            detail: Of :meth:`read_detail`.

        Returns:
            Logits (R, 1, 2 S, 2 S).
        """
        levels = pyramid[: self.roi_extractor.num_inputs]
        x = region_features(self.roi_extractor, levels, rois)
        return self.match(x, vectors, detail)

    def match(
        self, x: Tensor, vectors: Tensor | None, detail: Tensor | None = None
    ) -> Tensor:
        """Segment regions by their features.

        Args:
            x: (R, C, S, S) RoI features.
            vectors: As in :meth:`forward`.
            detail: Likewise.

        Returns:
            Logits (R, 1, 2 S, 2 S), at least float32.
        """
        # Channels last makes the convolutions twice as fast on CPUs.
        x = self.hourglasses(x.contiguous(memory_format=torch.channels_last))
        if not self.uses_words:
            object_vector = (self.conv_logits.weight.flatten(), self.conv_logits.bias)
            vectors = torch.cat(object_vector).expand(len(x), -1)
        return clamp_logits(self._match_upsampled(x, vectors, detail))

    def _match_upsampled(
        self, x: Tensor, vectors: Tensor, detail: Tensor | None
    ) -> Tensor:
        """Apply the deconvolution, and match each pixel with its region's vector.

        The windows of the deconvolution do not overlap, so it is one matrix product;
        pixels are put in order after matching, when there is one number for each.
        """
        regions, channels, side = x.shape[:3]
        step = self.upsample.stride[0]
        weight = self.upsample.weight.permute(2, 3, 1, 0).reshape(-1, channels)
        bias = self.upsample.bias.repeat(step * step)
        fine = F.linear(x.permute(0, 2, 3, 1), weight, bias)
        fine = fine.view(regions, side * side * step * step, channels)
        if detail is not None:
            windows = detail.view(regions, -1, side, step, side, step)
            windows = windows.permute(0, 2, 4, 3, 5, 1).reshape(*fine.shape[:2], -1)
            fine = fine + self.detail_projection(windows)
        fine = fine.relu_()
        logits = torch.baddbmm(vectors[:, None, -1:], fine, vectors[:, :-1, None])
        logits = logits.view(regions, side, side, step, step).transpose(2, 3)
        return logits.reshape(regions, 1, side * step, side * step)

    def sample(
        self, proposals: Sequence[InstanceData], truth: Sequence[InstanceData]
    ) -> list[SamplingResult]:
        """Sample the regions to train on, among proposals and true boxes.

        Args:
            proposals: Per image ``bboxes`` (n, 4) in pixels of the input.
            truth: Per image ``bboxes`` (G, 4), ``labels`` (G,) and ``masks``.

        Returns:
            One sampling result per image.
        """
        results = []
        for found, boxes in zip(proposals, truth):
            priors = InstanceData(priors=found.bboxes)
            assigned = self.assigner.assign(priors, boxes)
            results.append(self.sampler.sample(assigned, priors, boxes))
        return results

    def loss(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        spans: Sequence[BoolTensor],
        proposals: Sequence[InstanceData],
        truth: Sequence[InstanceData],
        detail: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Compute the mask loss.

        Args:
            pyramid: O, levels (B, C, H_i, W_i).
            words: P of B prompts.
            spans: Per image (K, T), the words of each phrase.
            proposals: As in :meth:`sample`.
            truth: Likewise; labels are indices of phrases.
            detail: (B, D, H, W), the backbone's finest output.

        Returns:
            ``loss_mask``.
        """
        truth = [with_masks(boxes) for boxes in truth]
        sampled = self.sample(proposals, truth)
        rois = bbox2roi([result.pos_priors for result in sampled])
        vectors = None
        if self.uses_words:
            vectors = torch.cat(
                [
                    self.phrase_vectors(features, matrix)[result.pos_gt_labels]
                    for features, matrix, result in zip(words.features, spans, sampled)
                ]
            )
        logits = self(pyramid, rois, vectors, self.read_detail(detail, rois))
        if len(rois) == 0:
            return dict(loss_mask=logits.sum())
        targets = self.get_targets(sampled, truth, self.train_cfg).to(logits)
        labels = torch.zeros(len(rois), dtype=torch.long, device=logits.device)
        return dict(loss_mask=self.loss_mask(logits, targets, labels))

    def paste(
        self, logits: Tensor, boxes: Tensor, img_meta: dict, rescale: bool
    ) -> BoolTensor:
        """Paste the masks of an image's boxes into the image.

        Args:
            logits: (R, 1, 2 S, 2 S).
            boxes: (R, 4) in pixels of the input.
            img_meta: The image's meta information.
            rescale: Whether masks are of the size of the original image.

        Returns:
            (R, H, W).
        """
        if len(boxes) == 0:
            height, width = img_meta['ori_shape' if rescale else 'img_shape'][:2]
            return logits.new_zeros((0, height, width), dtype=torch.bool)
        # mmdet's function changes boxes in place and makes its grid in float32.
        return self._predict_by_feat_single(
            logits.float(),
            boxes.to(torch.float32, copy=True),
            torch.zeros(len(boxes), dtype=torch.long, device=boxes.device),
            img_meta,
            self.test_cfg,
            rescale,
        )


def with_masks(truth: InstanceData) -> InstanceData:
    """Drop boxes with an empty mask, such as objects without a polygon.

    Args:
        truth: ``bboxes`` (G, 4), ``labels`` (G,) and ``masks``.

    Returns:
        The boxes with a mask.

    Raises:
        ValueError: If ``masks`` is missing.
    """
    if 'masks' not in truth:
        raise ValueError(
            'the mask head needs masks; load them with '
            "dict(type='LoadTextMasks') in the training pipeline"
        )
    keep = truth.masks.areas > 0
    rows = torch.as_tensor(keep, device=truth.labels.device)
    return InstanceData(
        bboxes=truth.bboxes[rows], labels=truth.labels[rows], masks=truth.masks[keep]
    )
