"""Examples from a bank: how many, whose, hidden or not, and through a worker."""

import pickle
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample

from glipv2.checkpoint.example_bank import ExampleBank
from glipv2.datasets import ShowExamples
from glipv2.models.exemplars.sample_examples import examples_of

NAMES = ('Red Apple', 'dog', 'key')


@pytest.fixture
def bank(tmp_path: Path) -> str:
    queries = {'red apple': torch.randn(9, 1, 4), 'key': torch.randn(2, 1, 4)}
    ExampleBank(queries, 'a model').save(tmp_path / 'bank.safetensors')
    return str(tmp_path / 'bank.safetensors')


def test_numbers_and_hidden_names_are_drawn(bank: str) -> None:
    np.random.seed(0)
    step = ShowExamples(bank, number=(1, 5), hide_prob=0.4)
    shown = [step(dict(text=NAMES))['examples'] for _ in range(300)]
    counts = {len(x.queries['red apple']) for x in shown}
    assert counts == {1, 2, 3, 4, 5}
    assert {len(x.queries['key']) for x in shown} == {1, 2}
    assert all(x.queries.keys() == {'red apple', 'key'} for x in shown)
    hidden = sum('key' in x.hidden for x in shown) / len(shown)
    assert hidden == pytest.approx(0.4, abs=0.1)


def test_wrong_names_have_each_others_words(tmp_path: Path) -> None:
    """The things and their examples stay in their place of the list."""
    names = ('Red Apple', 'dog', 'key', 'sun', 'hat')
    given = {
        name.lower(): torch.full((1, 1, 4), float(place))
        for place, name in enumerate(names)
        if name != 'dog'
    }
    file = tmp_path / 'bank.safetensors'
    ExampleBank(given, 'a model').save(file)
    step = ShowExamples(str(file), number=(1, 1), wrong_prob=0.5)
    np.random.seed(0)
    moved = np.zeros(5)
    for _ in range(300):
        sample = step(dict(text=names))
        assert sorted(sample['text']) == sorted(names)
        shown = sample['examples'].queries
        assert shown.keys() == given.keys() and not sample['examples'].hidden
        for place, name in enumerate(sample['text']):
            if name != 'dog':
                assert shown[name.lower()][0, 0] == place
            moved[place] += name != names[place]
    assert moved[1] == 0  # it has no examples
    # One alone keeps its words.
    chance = 0.5 * (1 - 0.5**3)
    assert moved[[0, 2, 3, 4]] / 300 == pytest.approx(chance, abs=0.1)
    alike = ShowExamples(str(file), wrong_prob=1.0, random=False)
    assert alike(dict(text=names))['text'] == names


def test_a_test_is_the_same_each_time(bank: str) -> None:
    step = ShowExamples(bank, number=(5, 5), hide_prob=1.0, random=False)
    first, second = (step(dict(text=NAMES))['examples'] for _ in range(2))
    assert torch.equal(first.queries['red apple'], second.queries['red apple'])
    assert len(first.queries['red apple']) == 5
    assert first.hidden == {'red apple', 'key'}
    plain = ShowExamples(bank, hide_prob=0.4, random=False)(dict(text=NAMES))
    assert not plain['examples'].hidden
    assert 'examples' not in step(dict(text='a sentence about a key'))
    assert 'examples' not in step(dict(text=('dog',)))


def test_samples_of_workers_hold_no_tensor_of_their_own(bank: str) -> None:
    given = ShowExamples(bank, hide_prob=1.0)(dict(text=NAMES))['examples']
    assert deepcopy(given) is given
    again = pickle.loads(pickle.dumps(given))
    assert again.hidden == given.hidden
    assert torch.equal(again.queries['key'], given.queries['key'])
    assert b'torch._utils' not in pickle.dumps(given)
    sample = DetDataSample(metainfo=dict(examples=given))
    found = examples_of(sample, ('key', 'dog', 'RED apple'))
    assert found.phrases == (0, 0, 2, 2, 2, 2, 2) and found.hidden == (0, 2)
    assert examples_of(sample, ('dog',)) is None
    assert examples_of(DetDataSample(), ('dog',)) is None


def test_what_cannot_be_is_refused(bank: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='least <= most'):
        ShowExamples(bank, number=(3, 2))
    with pytest.raises(ValueError, match='hide_prob'):
        ShowExamples(bank, hide_prob=2)
    with pytest.raises(ValueError, match='wrong_prob'):
        ShowExamples(bank, wrong_prob=-0.1)
    step = ShowExamples(bank)
    step.check_model('a model')
    with pytest.raises(ValueError, match='of another model'):
        step.check_model('another')
    with pytest.raises(FileNotFoundError):
        ShowExamples(str(tmp_path / 'none'))(dict(text=NAMES))
