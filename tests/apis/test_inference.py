"""Weights of all tasks in a model of boxes, through every door of the calls."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from glipv2.apis import GLIPv2Inferencer, init_model
from glipv2.checkpoint import loading
from tests.tiny_files import MASK_HEAD, write_model


def by_inferencer(config: Path, weights: Path) -> nn.Module:
    """Build an inferencer; return its model."""
    files = dict(model=str(config), weights=str(weights), device='cpu')
    return GLIPv2Inferencer(**files, show_progress=False).model


DOORS = (init_model, by_inferencer)


@pytest.mark.parametrize('door', DOORS)
def test_heads_of_other_tasks_are_left_out(
    door: Callable[..., nn.Module],
    checkpoint_of_all_tasks: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(loading, 'print_log', lambda line, **_: lines.append(line))
    for heads, said in (
        ({}, 'no caption_head, no mask_head, no vqa_head: left out of'),
        (dict(mask_head=MASK_HEAD), 'has no caption_head, no vqa_head: left out of'),
    ):
        config = write_model(tmp_path, **heads).with_suffix('.py')
        lines.clear()
        model = door(config, checkpoint_of_all_tasks)
        assert len(lines) == 1 and said in lines[0]
        state = torch.load(checkpoint_of_all_tasks, weights_only=True)['state_dict']
        assert all(torch.equal(x, state[k]) for k, x in model.state_dict().items())


@pytest.mark.parametrize('door', DOORS)
def test_a_head_without_weights_stays_an_error(
    door: Callable[..., nn.Module], checkpoint_of_all_tasks: Path, checkpoint: Path
) -> None:
    config = checkpoint_of_all_tasks.with_suffix('.py')
    with pytest.raises(ValueError, match='of another model: .* missing: vqa_head'):
        door(config, checkpoint)
