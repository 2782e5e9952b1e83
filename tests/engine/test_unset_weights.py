"""No random numbers are drawn for weights that are loaded next."""

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel

from glipv2.engine.unset_weights import UnsetWeights

SMALL = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2)


def build(kind: str) -> nn.Module:
    """Build a module that draws its weights in the way of its library."""
    if kind == 'bert':
        return BertModel(BertConfig(**SMALL, intermediate_size=8, vocab_size=9))
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 2), nn.Embedding(3, 2))
    module.append(nn.MultiheadAttention(2, 1)).append(nn.LSTM(2, 2))
    for weight in module.parameters():
        nn.init.trunc_normal_(weight)
    return module


@pytest.mark.parametrize('kind', ['layers', 'bert'])
def test_nothing_is_drawn(kind: str) -> None:
    before = torch.get_rng_state()
    with UnsetWeights():
        module = build(kind)
    assert torch.equal(torch.get_rng_state(), before)
    drawn = build(kind)
    assert not torch.equal(torch.get_rng_state(), before)
    module.load_state_dict(drawn.state_dict())
    for found, expected in zip(module.parameters(), drawn.parameters()):
        assert torch.equal(found, expected)


def test_what_is_no_random_number_is_set_as_ever() -> None:
    with UnsetWeights():
        norm = nn.BatchNorm2d(3)
        constant = nn.init.constant_(nn.Linear(2, 2).weight, 0.5)
        counted = torch.arange(3).float()
    assert norm.weight.tolist() == [1, 1, 1] and norm.running_mean.tolist() == [0, 0, 0]
    assert constant.unique().item() == 0.5 and counted.tolist() == [0, 1, 2]
