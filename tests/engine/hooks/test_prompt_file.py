"""WritePromptFile: keeps the best offsets, and finds a frozen weight that moved."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from glipv2.engine import WritePromptFile
from tests.tiny import TEXT_SOURCE, batch_of, losses_of, sample_of, tiny_model


@pytest.fixture
def runner(tmp_path: Path) -> SimpleNamespace:
    """Stand in for a runner: a tuned model, its data's names and a folder."""
    model = tiny_model(
        transfer_mode='prompt',
        text_encoder=dict(
            type='TextEncoder', source=TEXT_SOURCE, max_tokens=64, tuned_prompts=1
        ),
    )
    losses_of(model, batch_of([sample_of(('dog', 'cat'), [[8, 8, 56, 56]], [1])]))
    dataset = SimpleNamespace(metainfo=dict(classes=('dog', 'cat')))
    return SimpleNamespace(
        model=model,
        work_dir=str(tmp_path),
        train_dataloader=SimpleNamespace(dataset=dataset),
        logger=logging.getLogger(__name__),
        message_hub=MessageHub.get_instance(str(tmp_path)),
    )


def offset_in(file: Path) -> float:
    content = torch.load(file, weights_only=True)
    assert content['meta']['texts'] == ['dog', 'cat']
    return float(content['prompts'][0]['offsets'][0, 0])


def test_the_best_offsets_are_kept(runner: SimpleNamespace) -> None:
    hook = WritePromptFile('pets', monitor='score')
    hook.before_train(runner)
    file = Path(runner.work_dir) / 'prompt_pets.pth'
    weight = runner.model.text_encoder.prompt_offsets.weight
    for value, score in ((1.0, 0.2), (2.0, 0.5), (3.0, 0.4)):
        with torch.no_grad():
            weight.fill_(value)
        hook.after_val_epoch(runner, dict(score=score))
    hook.after_train(runner)
    assert offset_in(file) == 2.0
    resumed = WritePromptFile('pets', monitor='score')
    resumed.before_train(runner)
    resumed.after_val_epoch(runner, dict(score=0.3))  # worse than before the kill
    assert offset_in(file) == 2.0


def test_without_validation_the_last_ones_are(runner: SimpleNamespace) -> None:
    hook = WritePromptFile('pets')
    hook.before_train(runner)
    hook.after_train(runner)
    assert offset_in(Path(runner.work_dir) / 'prompt_pets.pth') == 0.0


@pytest.mark.parametrize('key', ['bbox_head.bias0', 'backbone.bn1.running_mean'])
def test_a_frozen_weight_that_moved_is_named(runner: SimpleNamespace, key: str) -> None:
    hook = WritePromptFile('pets')
    hook.before_train(runner)
    runner.model.state_dict()[key].add_(1e-6)
    with pytest.raises(RuntimeError, match=key):
        hook.after_train(runner)
