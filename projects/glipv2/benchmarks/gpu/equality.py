"""Compares every model and head on the GPU with the CPU."""

from collections.abc import Callable
from copy import deepcopy

import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .random_models import HEADS, SIZES, build_model, make_batch
from .settings import Findings, Settings

LARGEST = 1e-4  # relative difference
LARGEST_UNMATCHED = 0.01  # share of boxes: some scores are at the threshold
BOX = 0.05  # pixels that a box may move
NOISE = 1e-5  # of the largest gradient: some gradients are zero but for rounding
DRAWN = (
    torch.rand, torch.randn, torch.randint, torch.randperm, torch.rand_like,
    torch.randint_like,
)  # fmt: skip


class SameNumbers(TorchFunctionMode):
    """Draws random numbers on the CPU, so that every device gets the same."""

    def __torch_function__(
        self,
        function: Callable,
        _: object,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = dict(kwargs or {})
        if function not in DRAWN:
            return function(*args, **kwargs)
        device = kwargs.pop('device', None)
        if args and isinstance(args[0], Tensor):
            device = device or args[0].device
            args = (args[0].cpu(), *args[1:])
        return function(*args, **kwargs).to(device or 'cpu')


def check(settings: Settings) -> Findings:
    """Compare losses, gradients and predictions, in float32 without TF32.

    Returns:
        Largest relative differences, by size and head.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    sizes = list(SIZES)[: 1 if settings.self_test else 2 if settings.quick else 3]
    rows = [compare(size, head, settings.device) for size in sizes for head in HEADS]
    return Findings(
        rows,
        all(row['equal'] for row in rows),
        (
            f'Equal: at most {LARGEST:g} apart, relative to the largest number, and '
            f'at most {LARGEST_UNMATCHED:.0%} of the boxes unmatched.',
        ),
    )


def compare(size: str, head: str, device: str) -> dict[str, object]:
    """Compare one model; a row of the table."""
    here = build_model(size, head)
    there = deepcopy(here).to(device)
    batch = make_batch(size, head)
    losses, gradients = train(here, batch)
    others, other_gradients = train(there, batch)
    row: dict[str, object] = dict(size=size, head=head)
    row['losses'] = max(relative(others[key], losses[key]) for key in losses)
    row['gradients'] = gradient_difference(other_gradients, gradients)
    inputs = make_batch(size, head, predicts=True)
    row |= prediction_difference(predict(there, inputs), predict(here, inputs))
    row['equal'] = (
        losses.keys() == others.keys()
        and max(row[key] for key in ('losses', 'gradients', 'scores')) <= LARGEST
        and row['alone'] <= LARGEST_UNMATCHED
        and row['texts'] == 'same'
    )
    return row


def train(model: nn.Module, batch: dict) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Compute losses and gradients.

    Args:
        model: On any device.
        batch: As a data loader gives it.

    Returns:
        Losses and gradients by name, on the CPU.
    """
    torch.manual_seed(2)
    with SameNumbers():
        losses = step(model, batch)
    gradients = {
        name: parameter.grad.cpu()
        for name, parameter in model.named_parameters()
        if parameter.grad is not None
    }
    return {key: loss.detach().cpu() for key, loss in losses.items()}, gradients


def step(model: nn.Module, batch: dict) -> dict[str, Tensor]:
    """Compute losses and, in the parameters, gradients; the losses by name."""
    model.train().zero_grad()
    losses = model(**model.data_preprocessor(deepcopy(batch), True), mode='loss')
    total, _ = model.parse_losses(losses)
    total.backward()
    return losses


def predict(model: nn.Module, batch: dict) -> list[DetDataSample]:
    """Predict for a copy of a batch; results on the CPU."""
    with torch.no_grad(), SameNumbers():
        return [x.cpu() for x in model.eval().test_step(deepcopy(batch))]


def relative(found: Tensor, expected: Tensor) -> float:
    """Compute the largest difference, relative to the largest expected number."""
    apart = float((found - expected).abs().max())
    return apart / max(float(expected.abs().max()), torch.finfo(torch.float32).tiny)


def gradient_difference(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """Compute the largest difference of a gradient, relative to its norm."""
    if found.keys() != expected.keys():
        return float('inf')
    noise = NOISE * max(float(x.norm()) for x in expected.values())
    return max(
        float((found[name] - x).norm()) / (float(x.norm()) + noise)
        for name, x in expected.items()
    )


def prediction_difference(
    found: list[DetDataSample], expected: list[DetDataSample]
) -> dict[str, object]:
    """Compare predictions; each box with the nearest of its label, as ties may swap.

    Returns:
        ``scores``: largest relative difference; ``alone``: share of unmatched
        boxes; ``texts``: whether answers and captions are the same.
    """
    scores, alone, boxes, same = 0.0, 0, 0, True
    for ours, other in zip(found, expected, strict=True):
        same &= all(
            ours.get(key) == other.get(key) for key in ('pred_answer', 'pred_caption')
        )
        a, b = ours.get('pred_instances'), other.get('pred_instances')
        if not (a and b):
            alone += len(a or ()) + len(b or ())
            continue
        away = (a.bboxes[:, None] - b.bboxes).abs().amax(-1)
        away[a.labels[:, None] != b.labels] = torch.inf
        nearest, index = away.min(1)
        near = nearest <= BOX
        boxes, alone = boxes + len(a), alone + int((~near).sum())
        if near.any():
            scores = max(scores, relative(a.scores[near], b.scores[index][near]))
    return dict(
        scores=scores, alone=alone / max(boxes, 1), texts='same' if same else 'differ'
    )
