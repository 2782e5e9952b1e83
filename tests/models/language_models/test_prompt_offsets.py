"""Prompt tuning: learnt offsets on words, files of them, and what they leave alone."""

from pathlib import Path

import pytest
import torch
from torch import nn

from glipv2.text.prompt import prompt_from_names
from tests.tiny import (
    TEXT_DIM,
    TEXT_SOURCE,
    batch_of,
    losses_of,
    sample_of,
    tiny_model,
)

NAMES = ('dog', 'red car', 'cat')
OTHERS = ('tree', 'house')


def tuning_model() -> nn.Module:
    return tiny_model(
        transfer_mode='prompt',
        text_encoder=dict(
            type='TextEncoder', source=TEXT_SOURCE, max_tokens=64, tuned_prompts=1
        ),
    )


def tune(model: nn.Module, names: tuple[str, ...] = NAMES, steps: int = 2) -> None:
    """Train as the transfer config does: AdamW with 0.05 and 0.25."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=0.25)
    batch = batch_of([sample_of(names, [[8, 8, 56, 56]], [1])])
    for _ in range(steps):
        optimizer.zero_grad()
        sum(losses_of(model, batch).values()).backward()
        optimizer.step()


def words_of(model: nn.Module, names: tuple[str, ...] = NAMES) -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        words, _ = model.text_encoder.encode([prompt_from_names(names)])
    return words.features


def tuned_file(path: Path, name: str, names: tuple[str, ...]) -> nn.Module:
    """Tune a prompt of the tiny model of seed 0 and write its file."""
    torch.manual_seed(0)
    model = tuning_model()
    tune(model, names)
    model.text_encoder.prompt_offsets.save(path, name, names)
    return model


def base_model() -> nn.Module:
    torch.manual_seed(0)
    return tiny_model()


def test_only_the_offsets_of_real_words_change() -> None:
    model = tuning_model()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    tune(model)
    tuned = {'text_encoder.prompt_offsets.weight', 'text_encoder.prompt_offsets.ids'}
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]) == (key not in tuned), key
    offsets = model.text_encoder.prompt_offsets
    length = int((offsets.ids[0] >= 0).sum())
    assert (offsets.weight[0, :length] != 0).any(1).all()
    assert not offsets.weight[0, length:].any()


def test_first_step_starts_from_the_base_model() -> None:
    torch.manual_seed(0)
    tuning = tuning_model()
    assert torch.equal(words_of(tuning), words_of(base_model()))


def test_a_file_beside_the_base_gives_what_was_tuned(tmp_path: Path) -> None:
    file = tmp_path / 'prompt.pth'
    tuned = tuned_file(file, 'pets', NAMES)
    assert file.stat().st_size < 6000  # 7 words of 32 channels
    base = base_model()
    plain = words_of(base)
    assert base.text_encoder.prompt_offsets.load(file) == 'pets'
    weight = tuned.text_encoder.prompt_offsets.weight[0, : plain.shape[1]]
    expected = plain + weight.detach().half().float()
    assert torch.equal(words_of(base), expected)
    assert not torch.equal(words_of(base), plain)


def test_without_the_file_the_base_is_back_bit_for_bit(tmp_path: Path) -> None:
    file = tmp_path / 'prompt.pth'
    tuned_file(file, 'pets', NAMES)
    base = base_model().eval()
    batch = batch_of([sample_of(NAMES)])

    def scores() -> torch.Tensor:
        inputs = dict(batch, data_samples=[sample_of(NAMES)])
        return base.test_step(inputs)[0].pred_instances.scores

    before = scores()
    base.text_encoder.prompt_offsets.load(file)
    assert not torch.equal(scores(), before)
    base.text_encoder.prompt_offsets.remove('pets')
    assert torch.equal(scores(), before)
    assert base.state_dict().keys() == tiny_model().state_dict().keys()


def test_two_tasks_at_once_and_a_third_untouched(tmp_path: Path) -> None:
    for name, names in (('pets', NAMES), ('places', OTHERS)):
        tuned_file(tmp_path / f'{name}.pth', name, names)
    alone = {}
    for name, names in (('pets', NAMES), ('places', OTHERS)):
        model = base_model()
        model.text_encoder.prompt_offsets.load(tmp_path / f'{name}.pth')
        alone[name] = words_of(model, names)
    both = base_model()
    for name in alone:
        both.text_encoder.prompt_offsets.load(tmp_path / f'{name}.pth')
    assert torch.equal(words_of(both, NAMES), alone['pets'])
    assert torch.equal(words_of(both, OTHERS), alone['places'])
    assert torch.equal(words_of(both, ('boat',)), words_of(base_model(), ('boat',)))
    # In one batch each row gets its own.
    prompts = [prompt_from_names(names) for names in (OTHERS, ('boat',), NAMES)]
    with torch.no_grad():
        words, _ = both.text_encoder.encode(prompts)
    assert torch.equal(words.features[2], alone['pets'][0])
    length = alone['places'].shape[1]
    assert torch.allclose(words.features[0, :length], alone['places'][0], atol=1e-6)


def test_words_are_fresh_while_tuning() -> None:
    """The cache of the encoder is without offsets, so their changes have an effect."""
    model = tuning_model()
    tune(model, steps=1)
    first = words_of(model)
    with torch.no_grad():
        model.text_encoder.prompt_offsets.weight.add_(1.0)
    assert torch.allclose(words_of(model), first + 1.0)


def test_a_prompt_that_changes_is_refused() -> None:
    model = tuning_model()
    tune(model)
    with pytest.raises(ValueError, match='fixed order'):
        tune(model, NAMES[::-1])


def test_bad_files_are_named(tmp_path: Path) -> None:
    file = tmp_path / 'prompt.pth'
    tuned_file(file, 'pets', NAMES)
    offsets = base_model().text_encoder.prompt_offsets
    offsets.load(file)
    with pytest.raises(ValueError, match="'pets' are already loaded"):
        offsets.load(file)
    same = tmp_path / 'same.pth'
    tuned_file(same, 'animals', NAMES)
    with pytest.raises(ValueError, match="same.pth: its prompt already .* 'pets'"):
        offsets.load(same)
    with pytest.raises(KeyError, match='cars'):
        offsets.remove('cars')
    wide = type(offsets)(TEXT_DIM * 2, 64)
    with pytest.raises(ValueError, match='another text encoder'):
        wide.load(file)
    torch.save(dict(state_dict={}), tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='no file of prompt offsets'):
        offsets.load(tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='no prompt was tuned'):
        offsets.save(tmp_path / 'nothing.pth', 'nothing')


def test_a_mode_trains_its_parts_only() -> None:
    linear = tiny_model(transfer_mode='linear')
    trained = {key for key, value in linear.named_parameters() if value.requires_grad}
    assert trained == {
        *(f'bbox_head.{part}.{kind}' for kind in ('weight', 'bias')
          for part in ('bbox_pred', 'centerness', 'text_projection')),
        'bbox_head.log_scale', 'bbox_head.bias_lang', 'bbox_head.bias0',
    }  # fmt: skip
    batch = batch_of([sample_of(NAMES, [[8, 8, 56, 56]], [1])])
    sum(losses_of(linear, batch).values()).backward()
    assert all(
        (value.grad is not None) == value.requires_grad for value in linear.parameters()
    )
    assert not linear.fusion_neck.training
    full = tiny_model(transfer_mode='full')
    assert full.bbox_head.bias0.requires_grad and full.fusion_neck.training
    with pytest.raises(ValueError, match="not 'lora'"):
        tiny_model(transfer_mode='lora')
    with pytest.raises(ValueError, match='tuned_prompts=1'):
        tiny_model(transfer_mode='prompt')
    with pytest.raises(ValueError, match='bbox_head are .*bbox_pred'):
        tiny_model(train_only=('bbox_head.cls',))
