"""Which package evaluates; its figures are tested with StreamingLVISMetric."""

import pytest

from glipv2.evaluation import lvis_protocol
from glipv2.evaluation.lvis_protocol import choose_evaluator


def test_the_fast_package_is_preferred_and_not_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_evaluator() == 'hotcoco'
    assert choose_evaluator('lvis') == 'lvis'
    there = {'lvis'}
    monkeypatch.setattr(
        lvis_protocol, 'find_spec', lambda name: name if name in there else None
    )
    assert choose_evaluator() == 'lvis'
    with pytest.raises(ImportError, match='needs hotcoco: pip install hotcoco'):
        choose_evaluator('hotcoco')
    there.clear()
    with pytest.raises(ImportError, match='needs hotcoco or lvis'):
        choose_evaluator()
