"""Texts of configs: the same settings, whoever lays them out."""

from unittest import mock

import pytest
from mmengine.config import Config
from yapf.yapflib import yapf_api

from glipv2.engine import config_text


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yapf_api, 'FormatCode', config_text._yapf)


def test_a_text_is_laid_out_once_and_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(dict(model=dict(type='A', sizes=[(1, 2), (3, 4)]), name="it's"))
    before = config.pretty_text
    yapf = mock.Mock(side_effect=config_text._yapf)
    monkeypatch.setattr(config_text, '_yapf', yapf)
    config_text.lay_out_once()
    assert [config.pretty_text, config.pretty_text] == [before, before]
    assert yapf.call_count == 1
    config.name = 'another'
    assert config.pretty_text != before


def test_a_long_text_reads_as_the_same_config() -> None:
    sets = [dict(type='CocoDataset', name=f"set {i}'s", at=(i, i)) for i in range(900)]
    config = Config(dict(datasets=sets, options={'a b': 1, '1': None}))
    config_text.lay_out_once()
    text = config.pretty_text
    assert len(text) > config_text.LONGEST
    again = Config.fromstring(text, '.py')
    assert again.to_dict() == config.to_dict()
