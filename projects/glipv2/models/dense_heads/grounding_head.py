"""GroundingHead: boxes, centerness and region-word logits.

Shapes: B batch, N locations of all levels (one anchor each), T tokens, G boxes of an
image, K phrases of a prompt.
"""

from collections.abc import Sequence

import torch
from mmcv.cnn import Scale
from mmdet.models.dense_heads import ATSSHead
from mmdet.registry import MODELS
from mmdet.structures.bbox import scale_boxes
from mmdet.utils import reduce_mean
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import BoolTensor, Tensor, nn

from ...structures.assignment import NO_BOX, Assignment
from ...structures.grounding import Grounding
from ...structures.word_features import WordFeatures
from ..device.compiled_operators import suppress
from ..device.precision import at_least_float32, count_of
from ..layers.levels import join_levels
from ..layers.word_matching import WordMatching, clamp_logits, word_shares


@MODELS.register_module()
class GroundingHead(WordMatching, ATSSHead):
    """Find regions and match them with words (GLIP section 3.1, GLIPv2 3.1).

    Assignment, box coding and anchors are ATSSHead's; instead of classes, regions are
    scored against words:
    ``O Linear(norm(P)/2)^T / exp(log_scale) + norm(P) bias_lang + bias0``.

    Args:
        in_channels: C of every pyramid level.
        text_dim: Channels of a word.
        prior_prob: Initial probability of a match, sets ``bias0`` (focal loss,
            arXiv 1708.02002).
        inclusive_boxes: Whether boxes end with their last pixel (width =
            x2 - x1 + 1) in assignment, coding, losses and suppression, as in the
            released GLIP (with ``InclusiveBboxOverlaps2D`` in the assigner). The
            input and the final boxes are mmdet's (width = x2 - x1) in any case.
        init_cfg: As in every mmengine module.
        **kwargs: As in ATSSHead (anchor_generator, bbox_coder, losses, train_cfg,
            test_cfg).
    """

    def __init__(
        self,
        in_channels: int = 256,
        text_dim: int = 768,
        prior_prob: float = 0.01,
        inclusive_boxes: bool = False,
        init_cfg: dict | None = None,
        **kwargs: object,
    ) -> None:
        self.text_dim = text_dim
        self.prior_prob = prior_prob
        # Subtracted from mmdet's boxes (width = x2 - x1), gives the head's.
        self.last_pixel = (0, 0, 1, 1) if inclusive_boxes else (0, 0, 0, 0)
        super().__init__(
            num_classes=NO_BOX,
            in_channels=in_channels,
            feat_channels=in_channels,
            stacked_convs=0,
            init_cfg=init_cfg,
            **kwargs,
        )

    def _init_layers(self) -> None:
        self.bbox_pred = nn.Conv2d(self.in_channels, 4, 1)
        self.centerness = nn.Conv2d(self.in_channels, 1, 1)
        for conv in (self.bbox_pred, self.centerness):
            nn.init.normal_(conv.weight, std=0.01)
            nn.init.zeros_(conv.bias)
        self.scales = nn.ModuleList(Scale(1.0) for _ in self.prior_generator.strides)
        self.init_matching(self.in_channels, self.text_dim)
        prior = torch.tensor([self.prior_prob])
        self.bias0 = nn.Parameter(torch.log(prior / (1 - prior)))

    def forward(self, pyramid: Sequence[Tensor], words: WordFeatures) -> Grounding:
        """Predict boxes and score every location against every word.

        Args:
            pyramid: O, levels (B, C, H_i, W_i).
            words: P of B prompts.

        Returns:
            The raw output.
        """
        regions = join_levels(pyramid)  # (B, N, C)
        boxes = join_levels(
            [scale(self.bbox_pred(x)) for x, scale in zip(pyramid, self.scales)]
        )
        centerness = join_levels([self.centerness(x) for x in pyramid]).squeeze(-1)
        return Grounding(
            logits=self.align(regions, words),
            boxes=at_least_float32(boxes),
            centerness=at_least_float32(centerness),
            sizes=tuple(tuple(x.shape[-2:]) for x in pyramid),
        )

    def align(self, regions: Tensor, words: WordFeatures) -> Tensor:
        """Score regions against words, S_ground.

        Args:
            regions: (B, N, C).
            words: P of B prompts.

        Returns:
            Logits (B, N, T), at least float32.
        """
        projected, bias = self.word_vectors(words.features)  # (B, T, C), (B, T)
        bias = bias + self.bias0
        return clamp_logits(
            torch.baddbmm(bias[:, None], regions, projected.transpose(1, 2))
        )

    def loss(
        self,
        pyramid: Sequence[Tensor],
        words: WordFeatures,
        assignment: Assignment,
        box_words: BoolTensor,
    ) -> dict[str, Tensor]:
        """Compute L_loc and L_intra (GLIPv2 section 3.2).

        Args:
            pyramid: O, levels (B, C, H_i, W_i).
            words: P of B prompts.
            assignment: As in :meth:`loss_by_feat`.
            box_words: Likewise.

        Returns:
            As :meth:`loss_by_feat`.
        """
        out = self(pyramid, words)
        return self.loss_by_feat(out, words.mask, assignment, box_words)

    def loss_by_feat(
        self,
        out: Grounding,
        word_mask: BoolTensor,
        assignment: Assignment,
        box_words: BoolTensor,
    ) -> dict[str, Tensor]:
        """Compute the losses of a raw output.

        Token focal loss over real tokens and valid locations; GIoU weighted by the
        centerness target; centerness BCE. The first and the last are divided by the
        mean number of positives of all processes.

        Args:
            out: The raw output of B images.
            word_mask: (B, T), true for real tokens.
            assignment: Of the batch, made by :meth:`assign`.
            box_words: (B, G, T), the words of each box's phrase.

        Returns:
            ``loss_cls``, ``loss_bbox``, ``loss_centerness``.
        """
        image, location, box = assignment.positives
        count = count_of(assignment.num_positives, out.logits)
        normaliser = reduce_mean(count).clamp(min=1)

        targets = torch.zeros_like(out.logits)
        targets[image, location] = box_words[image, box].to(targets)
        counted = (assignment.weight > 0)[:, :, None] & word_mask[:, None]  # (B, N, T)
        # Weighted: indexing 10^7 logits takes five times as long.
        loss_cls = self.loss_cls(
            *(x.flatten(0, 1) for x in (out.logits, targets, counted.to(targets))),
            avg_factor=normaliser,
        )

        deltas, centerness, priors, goals = (
            x[image, location]
            for x in (
                out.boxes, out.centerness, assignment.anchors, assignment.targets
            )
        )  # fmt: skip
        if len(priors) == 0:
            loss_bbox, loss_centerness = deltas.sum(), centerness.sum()
            centerness_sum = deltas.new_zeros(())
        else:
            goal_centerness = self.centerness_target(priors, goals)
            loss_bbox = self.loss_bbox(
                self._decode(self._from_own(priors), deltas),
                goals,
                weight=goal_centerness,
                avg_factor=1.0,
            )
            loss_centerness = self.loss_centerness(
                centerness, goal_centerness, avg_factor=normaliser
            )
            centerness_sum = goal_centerness.sum()
        centerness_sum = reduce_mean(centerness_sum).clamp(min=1e-6)
        return dict(
            loss_cls=loss_cls,
            loss_bbox=loss_bbox / centerness_sum,
            loss_centerness=loss_centerness,
        )

    def no_loss(self, like: Tensor) -> dict[str, Tensor]:
        """Take part in the collectives of :meth:`loss_by_feat` without an image.

        Args:
            like: Gives the device and dtype.

        Returns:
            As :meth:`loss_by_feat`; zeros.
        """
        zero = count_of(0, like)
        for _ in ('positives', 'centerness'):
            reduce_mean(zero)
        return dict(loss_cls=zero, loss_bbox=zero, loss_centerness=zero)

    def assign(
        self, sizes: Sequence[tuple[int, int]], batch_data_samples: Sequence
    ) -> Assignment:
        """Assign anchors to boxes by ATSS (arXiv 1912.02424).

        Args:
            sizes: (H, W) of each level.
            batch_data_samples: B samples with ``gt_instances``, G boxes (xyxy in
                pixels of the input), and optionally ``ignored_instances``.

        Returns:
            The assignment.
        """
        metas = [sample.metainfo for sample in batch_data_samples]
        boxes = [sample.gt_instances.bboxes for sample in batch_data_samples]
        device = boxes[0].device
        indexed = [
            InstanceData(
                bboxes=self._to_own(each), labels=torch.arange(len(each), device=device)
            )
            for each in boxes
        ]
        anchors, valid = self.get_anchors(sizes, metas, device=device)
        own = [self._to_own(level) for level in anchors[0]]  # the same for all images
        anchors = [list(own) for _ in anchors]
        anchors, owner, weight, targets, _, _ = self.get_targets(
            anchors,
            valid,
            indexed,
            metas,
            batch_gt_instances_ignore=[
                sample.get('ignored_instances') for sample in batch_data_samples
            ],
        )
        return Assignment(
            *(torch.cat(levels, 1) for levels in (anchors, owner, weight, targets))
        )

    def candidates(
        self,
        out: Grounding,
        span_matrices: Sequence[BoolTensor],
        batch_img_metas: Sequence[dict],
        cfg: ConfigDict | None = None,
    ) -> list[InstanceData]:
        """Select scored boxes, before non-maximum suppression.

        A phrase's score is the mean of its words' probabilities (GLIP appendix). Of
        those above ``score_thr``, the ``nms_pre`` best of each level are kept by the
        root of score times centerness, which is the final score.

        Args:
            out: The raw output of B images.
            span_matrices: Per image (K, T), the words of each phrase.
            batch_img_metas: B dicts of meta information.
            cfg: Test settings; None: ``test_cfg``.

        Returns:
            Per image bboxes (n, 4) xyxy in pixels of the input (inclusive if
            ``inclusive_boxes``), scores (n,), and labels (n,) int64, the index of the
            phrase.
        """
        cfg = self.test_cfg if cfg is None else cfg
        level_priors = self.prior_generator.grid_priors(
            list(out.sizes), dtype=out.boxes.dtype, device=out.boxes.device
        )
        counts = [len(priors) for priors in level_priors]
        probabilities = out.logits.detach().sigmoid()
        results = []
        for image, (spans, meta) in enumerate(zip(span_matrices, batch_img_metas)):
            share = word_shares(spans, probabilities)
            levels = zip(
                (probabilities[image] @ share.T).split(counts),  # (N_i, K)
                out.boxes[image].detach().split(counts),
                out.centerness[image].detach().split(counts),
                level_priors,
            )
            found = [self._best_of_level(*level, cfg) for level in levels]
            scores, labels, deltas, priors = (torch.cat(x) for x in zip(*found))
            boxes = self._clip(self._decode(priors, deltas), meta['img_shape'])
            results.append(InstanceData(bboxes=boxes, scores=scores, labels=labels))
        return results

    def suppress(
        self,
        candidates: InstanceData,
        img_meta: dict,
        rescale: bool = True,
        cfg: ConfigDict | None = None,
    ) -> InstanceData:
        """Apply class-wise non-maximum suppression and keep the best.

        Args:
            candidates: The boxes of one image for all its prompts.
            img_meta: Its meta information.
            rescale: Whether boxes are in pixels of the original image.
            cfg: Test settings; None: ``test_cfg``.

        Returns:
            At most ``max_per_img`` boxes, best first.
        """
        cfg = self.test_cfg if cfg is None else cfg
        if rescale:
            shrink = [1 / scale for scale in img_meta['scale_factor']]
            candidates.bboxes = scale_boxes(candidates.bboxes, shrink)
        least = cfg.get('min_bbox_size', -1)
        if least >= 0:
            sides = candidates.bboxes[:, 2:] - candidates.bboxes[:, :2]
            candidates = candidates[(sides > least).all(1)]
        scores, rows = suppress(
            candidates.bboxes, candidates.scores, candidates.labels, cfg.nms
        )
        kept = candidates[rows]
        kept.scores = scores
        # After rescaling, where GLIP's code adds the last pixel.
        kept.bboxes = self._from_own(kept.bboxes)
        return kept[: cfg.max_per_img]

    def _decode(self, priors: Tensor, deltas: Tensor) -> Tensor:
        """Decode (n, 4) deltas of mmdet's anchors to the head's boxes.

        GLIP's code uses "+1" widths and centres half a pixel lower for inclusive
        boxes; this equals the plain decoding of the same boxes written exclusively.
        """
        return self._to_own(self.bbox_coder.decode(priors, deltas))

    def _clip(self, boxes: Tensor, img_shape: tuple[int, ...]) -> Tensor:
        height, width = img_shape[:2]
        last = boxes.new_tensor([width, height, width, height])
        return boxes.clamp(min=0).minimum(last - self.last_pixel[2])

    def _to_own(self, boxes: Tensor) -> Tensor:
        return self._move_end(boxes, -self.last_pixel[2])

    def _from_own(self, boxes: Tensor) -> Tensor:
        return self._move_end(boxes, self.last_pixel[2])

    @staticmethod
    def _move_end(boxes: Tensor, pixels: int) -> Tensor:
        return torch.cat((boxes[:, :2], boxes[:, 2:] + pixels), 1)

    @staticmethod
    def _best_of_level(
        scores: Tensor, deltas: Tensor, centerness: Tensor, priors: Tensor, cfg: dict
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Select by (N_i, K) scores; mmdet's function ranks without centerness."""
        rows, labels = (scores > cfg.get('score_thr', 0.05)).nonzero(as_tuple=True)
        found = (scores[rows, labels] * centerness[rows].sigmoid()).sqrt()
        most = cfg.get('nms_pre', 1000)
        if 0 < most < len(found):
            found, best = found.topk(most)
            rows, labels = rows[best], labels[best]
        return found, labels, deltas[rows], priors[rows]
