"""Proposals for the mask head in training, masks for boxes in prediction."""

from collections.abc import Sequence

import torch
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import BoolTensor, Tensor

from ...structures.fused import FusedChunk
from ...structures.grounding import Grounding
from ..dense_heads.grounding_head import GroundingHead
from .language_mask_head import LanguageMaskHead

# Default test settings of the boxes that the mask head trains on (GLIP's code).
TRAINING_PROPOSALS = dict(
    score_thr=0.0,
    nms_pre=3000,
    nms=dict(type='nms', iou_threshold=0.6),
    max_per_img=1000,
)


@torch.no_grad()
def find_proposals(
    head: GroundingHead,
    out: Grounding,
    spans: Sequence[BoolTensor],
    metas: Sequence[dict],
    cfg: ConfigDict | None,
) -> list[InstanceData]:
    """Find the boxes that the mask head trains on.

    Args:
        head: The grounding head.
        out: Its raw output for B images.
        spans: Per image (K, T), the words of each phrase.
        metas: B dicts of meta information.
        cfg: Test settings; None: ``TRAINING_PROPOSALS``.

    Returns:
        Per image ``bboxes`` (n, 4) in pixels of the input.
    """
    cfg = ConfigDict(cfg or TRAINING_PROPOSALS)
    found = head.candidates(out, spans, metas, cfg)
    return [
        head.suppress(boxes, meta, rescale=False, cfg=cfg)
        for boxes, meta in zip(found, metas)
    ]


@torch.no_grad()
def add_masks(
    head: LanguageMaskHead,
    chunks: Sequence[FusedChunk],
    found: Sequence[InstanceData],
    metas: Sequence[dict],
    rescale: bool,
    detail: Tensor | None = None,
) -> None:
    """Segment boxes, each by the fused image and words that it was found with.

    Args:
        head: The mask head.
        chunks: All pairs of images and prompts of the call.
        found: Per image ``bboxes`` (n, 4), ``pair`` (n,) and ``phrase`` (n,), the
            indices of the pair and of the phrase in its prompt; the last two are
            replaced by ``masks`` (n, H, W) bool.
        metas: One dict of meta information per image.
        rescale: Whether boxes and masks are in pixels of the original image.
        detail: (B, D, H, W), the backbone's finest output, for a head that reads it.
    """
    boxes = torch.cat([_input_boxes(x, meta, rescale) for x, meta in zip(found, metas)])
    pair, phrase = (torch.cat([x[key] for x in found]) for key in ('pair', 'phrase'))
    counts = [len(x) for x in found]
    image = torch.cat([torch.full_like(x.pair, i) for i, x in enumerate(found)])
    side = 2 * head.roi_feat_size[0]
    logits = boxes.new_zeros(len(boxes), 1, side, side)  # at least float32, as boxes
    for chunk in chunks:
        index = pair - chunk.first
        rows = (index >= 0) & (index < len(chunk.spans))
        if not bool(rows.any()):
            continue
        rois = torch.cat((index[rows, None].to(boxes), boxes[rows]), 1)
        vectors = None
        if head.uses_words:
            vectors = _vectors_of(head, chunk, index[rows], phrase[rows])
        of_image = torch.cat((image[rows, None].to(boxes), boxes[rows]), 1)
        seen = head.read_detail(detail, of_image)
        logits[rows] = head(chunk.pyramid, rois, vectors, seen).to(logits)
    for instances, meta, own, of_boxes in zip(
        found, metas, logits.split(counts), boxes.split(counts)
    ):
        instances.masks = head.paste(own, of_boxes, meta, rescale)
        del instances.pair, instances.phrase


def _vectors_of(
    head: LanguageMaskHead, chunk: FusedChunk, index: Tensor, phrase: Tensor
) -> Tensor:
    """Look up (R, C + 1) vectors of phrases."""
    tables = [
        head.phrase_vectors(features, spans)
        for features, spans in zip(chunk.words.features, chunk.spans)
    ]
    counts = torch.tensor([0, *(len(table) for table in tables)], device=index.device)
    return torch.cat(tables)[counts.cumsum(0)[index] + phrase]


def _input_boxes(found: InstanceData, meta: dict, rescaled: bool) -> Tensor:
    if not rescaled:
        return found.bboxes
    return found.bboxes * found.bboxes.new_tensor(meta['scale_factor']).repeat(2)
