"""How far mmdet's GLIP and ours are apart with the same weights.

Differences of tensors are relative to the largest number of the reference; those of
boxes are in pixels.
"""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from ...text.sample_text import prompt_of
from .mmdet_glip import original_interpolation

LAST_PIXEL = (0.0, 0.0, 1.0, 1.0)

Difference = Callable[[Tensor, Tensor], float]


def relative(ours: Tensor, theirs: Tensor) -> float:
    """Compute the largest difference, relative to the reference's largest number."""
    return absolute(ours, theirs) / float(theirs.abs().max())


def absolute(ours: Tensor, theirs: Tensor) -> float:
    """Compute the largest difference; arguments as of :func:`relative`."""
    return float((ours - theirs).abs().max())


def clone(batch: dict) -> dict:
    """Copy what a step changes in its batch.

    Args:
        batch: ``inputs`` and ``data_samples``.

    Returns:
        The copy; images are shared.
    """
    return dict(
        inputs=list(batch['inputs']),
        data_samples=deepcopy(batch['data_samples']),
    )


@torch.no_grad()
def compare_parts(theirs: nn.Module, ours: nn.Module, batch: dict) -> dict[str, float]:
    """Compare the inputs of the fusion: pyramid and words.

    Args:
        theirs: mmdet's model.
        ours: Ours with its weights.
        batch: Images with one list of names each.
    """
    data = ours.data_preprocessor(clone(batch))
    pyramids = [model.extract_feat(data['inputs']) for model in (ours, theirs)]
    texts = _texts(theirs, batch)
    reference = theirs.language_model(texts)['hidden']
    words, _ = ours.text_encoder.encode([prompt_of(x) for x in data['data_samples']])
    tokens = words.features.shape[1]
    mask = words.mask
    return {
        'pyramid O0': max(relative(a, b) for a, b in zip(*pyramids)),
        'words P0': relative(words.features[mask], reference[:, :tokens][mask]),
    }


@torch.no_grad()
def compare_outputs(
    theirs: nn.Module, ours: nn.Module, batch: dict, difference: Difference = relative
) -> dict[str, float]:
    """Compare the heads' raw outputs; arguments as of :func:`compare_parts`.

    Args:
        difference: :func:`relative` or :func:`absolute`.

    Returns:
        Largest differences; logits of real words only.
    """
    data = ours.data_preprocessor(clone(batch))
    texts = _texts(theirs, batch)
    with original_interpolation():
        boxes, centerness, logits = theirs.bbox_head.head(
            theirs.extract_feat(data['inputs']), theirs.language_model(texts)
        )
    got = ours(**data, mode='tensor')
    mask = theirs.language_model.tokenizer(texts, padding=True, return_tensors='pt')
    mask = mask.attention_mask.bool()[:, None].expand_as(got[0])
    return {
        'logits': difference(
            got[0][mask], torch.cat(logits, 1)[:, :, : mask.shape[2]][mask]
        ),
        'box deltas': difference(got[1], _join(boxes)),
        'centerness': difference(got[2], _join(centerness).squeeze(-1)),
    }


@torch.no_grad()
def compare_detections(
    theirs: nn.Module, ours: nn.Module, batch: dict
) -> dict[str, float]:
    """Compare detections after the suppression; arguments as of :func:`compare_parts`.

    Detections whose scores differ by rounding only may change places, so each of ours
    is compared with the nearest of mmdet's with its label.

    Returns:
        Detections, those whose label is not among the others, largest differences of
        boxes (pixels) and scores.

    Raises:
        ValueError: If the numbers of detections differ, or nothing was found.
    """
    with original_interpolation():
        reference = theirs.test_step(clone(batch))
    got = ours.test_step(clone(batch))
    found = dict(detections=0.0, labels=0.0, scores=0.0, boxes=0.0)
    for sample, other in zip(got, reference):
        a, b = sample.pred_instances, other.pred_instances
        if len(a) != len(b):
            raise ValueError(f'{len(a)} detections, but mmdet has {len(b)}')
        if not len(a):
            raise ValueError('nothing was found; other random weights are needed')
        away = (a.bboxes[:, None] - b.bboxes).abs().amax(-1)  # (n, n)
        away[a.labels[:, None] != b.labels] = torch.inf
        nearest, index = away.min(1)
        found['detections'] += len(a)
        found['labels'] += int(nearest.isinf().sum())
        found['scores'] = max(found['scores'], relative(a.scores, b.scores[index]))
        found['boxes'] = max(found['boxes'], float(nearest.max()))
    return found


@torch.no_grad()
def compare_losses(
    theirs: nn.Module, ours: nn.Module, batch: dict, difference: Difference = relative
) -> dict[str, float]:
    """Compare the three losses on boxes; arguments as of :func:`compare_outputs`."""
    inclusive = clone(batch)
    for sample in inclusive['data_samples']:  # as the original stores boxes
        boxes = sample.gt_instances.bboxes
        sample.gt_instances.bboxes = boxes - boxes.new_tensor(LAST_PIXEL)
    with original_interpolation():
        data = theirs.data_preprocessor(inclusive, True)
        reference = theirs(**data, mode='loss')
    got = ours(**ours.data_preprocessor(clone(batch), True), mode='loss')
    if got.keys() != reference.keys():
        raise ValueError(f'losses are {list(got)}, but mmdet has {list(reference)}')
    return {key: difference(got[key], reference[key]) for key in reference}


def _texts(theirs: nn.Module, batch: dict) -> list[str]:
    texts = [
        theirs.get_tokens_positive_and_prompts(sample.text, True)[1]
        for sample in batch['data_samples']
    ]
    # A chunked list comes as one text per chunk; only the first is compared.
    return [text if isinstance(text, str) else text[0] for text in texts]


def _join(levels: list[Tensor]) -> Tensor:
    return torch.cat([x.flatten(2).transpose(1, 2) for x in levels], 1)  # (B, N, K)
