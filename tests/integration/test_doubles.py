"""A model in doubles computes in doubles: no operation of ours loses digits."""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import glipv2
from tests.integration.test_every_path_on_operators import (
    KINDS,
    asked_samples,
    batches_of,
    model_of,
    predict,
    train,
)

# What mmcv and mmdet know in float32 only, by the function that asks for it.
FLOAT32_ONLY = ('suppress', 'paste')
PACKAGE = str(Path(glipv2.__file__).parent)
LESS = {torch.float16, torch.bfloat16, torch.float32}


class LostDigits(TorchDispatchMode):
    """Collects places of the package where doubles go in and less comes out."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()

    def __torch_dispatch__(
        self,
        operation: Callable,
        types: tuple,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = kwargs or {}
        out = operation(*args, **kwargs)
        given, made = (
            {x.dtype for x in tree_leaves(each) if isinstance(x, torch.Tensor)}
            for each in ((args, kwargs), out)
        )
        if torch.float64 in given and made & LESS:
            frames = [
                frame
                for frame in traceback.extract_stack()
                if frame.filename.startswith(PACKAGE)
            ]
            if frames and frames[-1].name not in FLOAT32_ONLY:
                self.places.add(f'{frames[-1].filename}:{frames[-1].lineno}')
        return out


@pytest.mark.parametrize('kind', KINDS)
def test_predictions_lose_no_digits(kind: str) -> None:
    model = model_of(kind).double()
    with LostDigits() as lost:
        found = predict(model, asked_samples(kind), 3)
    assert lost.places == set()
    boxes = found[0].pred_instances
    assert boxes.bboxes.dtype == boxes.scores.dtype == torch.float64


@pytest.mark.parametrize('kind', ['reader', 'late'])
def test_losses_are_those_of_float32_with_more_digits(kind: str) -> None:
    batch = batches_of(kind, 3)[0]
    single, _ = train(model_of(kind), batch)
    double, gradients = train(model_of(kind).double(), batch)
    for key in ('loss_cls', 'loss_bbox', 'loss_mlm', 'loss_mask', 'loss_vqa'):
        if key in double:
            assert double[key].dtype == torch.float64
            torch.testing.assert_close(double[key].float(), single[key])
    assert all(gradient.dtype == torch.float64 for gradient in gradients.values())
