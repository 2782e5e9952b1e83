"""Models by name, and weights by name wherever a file is read."""

from pathlib import Path

import pytest

from glipv2.apis.model_index import find_model
from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.shipped import weights_file


def test_the_shipped_model_needs_no_other_file() -> None:
    config, weights = find_model('Emoji')
    assert Path(weights) == weights_file('emoji')
    assert len(config.model.vqa_head.answers) > 10  # not the name of a file


def test_other_names_have_their_config() -> None:
    config, weights = find_model('glipv2_lite0_minilm_emoji')
    assert weights is None
    assert config.model.type == 'GLIPv2'


def test_an_unknown_name_has_similar_ones() -> None:
    with pytest.raises(FileNotFoundError, match='similar names: emoji'):
        find_model('emojy')


def test_weights_are_read_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'emoji').mkdir()  # a folder is no file
    assert load_checkpoint_safely('emoji')['meta']['left_out']
    with pytest.raises(FileNotFoundError, match='no checkpoint other'):
        load_checkpoint_safely('other')
    with pytest.raises(FileNotFoundError):
        load_checkpoint_safely(tmp_path / 'gone' / 'emoji')
    (tmp_path / 'emoji').rmdir()
    (tmp_path / 'emoji').write_text('mine')
    with pytest.raises(ValueError, match='no checkpoint'):
        load_checkpoint_safely('emoji')
