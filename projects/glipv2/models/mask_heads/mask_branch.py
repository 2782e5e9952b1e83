"""What lies between the detector and its mask head."""

from collections.abc import Sequence

import torch
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import BoolTensor, Tensor

from ...structures.fused import FusedChunk
from ...structures.grounding import Grounding
from ..dense_heads.grounding_head import GroundingHead
from .language_mask_head import LanguageMaskHead

# Boxes that the mask head trains on, where a config says nothing: as GLIP's code.
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
        metas: B meta informations.
        cfg: Test settings of these boxes; None: GLIP's.

    Returns:
        Per image boxes in pixels of the input.
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
) -> None:
    """Outline found boxes, each with the image and words that found it.

    Args:
        head: The mask head.
        chunks: All pairs of images and prompts of the call.
        found: Per image ``bboxes`` (n, 4), ``pair`` (n,) and ``phrase`` (n,), the
            numbers of the pair and of the phrase in its prompt; gets ``masks``
            (n, H, W) bool and loses these two.
        metas: Meta informations of the images.
        rescale: Whether boxes are, and masks shall be, of the original image.
    """
    boxes = torch.cat([_input_boxes(x, meta, rescale) for x, meta in zip(found, metas)])
    pair, phrase = (torch.cat([x[key] for x in found]) for key in ('pair', 'phrase'))
    side = 2 * head.roi_feat_size[0]
    logits = boxes.new_zeros(len(boxes), 1, side, side)  # at least float32, as boxes
    for chunk in chunks:
        place = pair - chunk.first
        rows = (place >= 0) & (place < len(chunk.spans))
        if not bool(rows.any()):
            continue
        rois = torch.cat((place[rows, None].to(boxes), boxes[rows]), 1)
        vectors = None
        if head.uses_words:
            vectors = _vectors_of(head, chunk, place[rows], phrase[rows])
        logits[rows] = head(chunk.pyramid, rois, vectors).to(logits)
    counts = [len(x) for x in found]
    for instances, meta, own, of_boxes in zip(
        found, metas, logits.split(counts), boxes.split(counts)
    ):
        instances.masks = head.paste(own, of_boxes, meta, rescale)
        del instances.pair, instances.phrase


def _vectors_of(
    head: LanguageMaskHead, chunk: FusedChunk, place: Tensor, phrase: Tensor
) -> Tensor:
    """Look up (R, C + 1) vectors of phrases of a chunk's prompts."""
    tables = [
        head.phrase_vectors(features, spans)
        for features, spans in zip(chunk.words.features, chunk.spans)
    ]
    counts = torch.tensor([0, *(len(table) for table in tables)], device=place.device)
    return torch.cat(tables)[counts.cumsum(0)[place] + phrase]


def _input_boxes(found: InstanceData, meta: dict, rescaled: bool) -> Tensor:
    if not rescaled:
        return found.bboxes
    return found.bboxes * found.bboxes.new_tensor(meta['scale_factor']).repeat(2)
