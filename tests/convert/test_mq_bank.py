"""MQ-Det's banks: numbers of classes become names."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
import torch

from glipv2.checkpoint.example_bank import read_bank
from glipv2.convert.mq_bank import convert_bank, named_bank


def test_a_bank_of_mq_det(tmp_path: Path) -> None:
    """COCO's ids have gaps: the third category is number 3, whatever its id."""
    categories = [
        dict(id=4, name='motorcycle'), dict(id=1, name='person'),
        dict(id=13, name='stop sign'),
    ]  # fmt: skip
    content = dict(images=[], annotations=[], categories=categories)
    (tmp_path / 'coco.json').write_text(json.dumps(content))
    theirs: dict = defaultdict(list)
    theirs.update({3: torch.randn(5, 1, 256), 1: torch.randn(2, 1, 256), 2: []})
    torch.save(theirs, tmp_path / 'bank.pth')
    target = tmp_path / 'bank.safetensors'
    files = tmp_path / 'bank.pth', tmp_path / 'coco.json', target
    convert_bank(*files, 'this one', trust_pickle=True)
    bank = read_bank(target, 'this one')
    assert set(bank.queries) == {'person', 'stop sign'}
    assert torch.equal(bank.queries['stop sign'], theirs[3])


def test_what_is_no_bank_is_refused() -> None:
    with pytest.raises(ValueError, match='no bank of MQ-Det'):
        named_bank({'model': torch.zeros(1)}, {1: 'dog'}, '')
    with pytest.raises(ValueError, match='has a class 2'):
        named_bank({2: torch.zeros(1, 1, 4)}, {1: 'dog'}, '')
