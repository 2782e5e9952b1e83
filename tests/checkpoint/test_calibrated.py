"""Calibrations that travel with weights."""

from pathlib import Path

import pytest

from glipv2.checkpoint.calibrated import add_calibration, calibration_of
from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.convert.publish import publish
from tests.tiny_files import write_model

CALIBRATION = dict(temperature=1.5, bias=-0.3, biases={'dog': 0.1}, thresholds={})


def test_stored_and_released(tmp_path: Path) -> None:
    plain = write_model(tmp_path)
    assert calibration_of(load_checkpoint_safely(plain)) is None
    stored = tmp_path / 'calibrated.pth'
    add_calibration(plain, stored, CALIBRATION)
    before, after = load_checkpoint_safely(plain), load_checkpoint_safely(stored)
    assert calibration_of(after) == CALIBRATION
    assert before['state_dict'].keys() == after['state_dict'].keys()
    released = tmp_path / 'released.safetensors'
    publish(stored, released)
    assert calibration_of(load_checkpoint_safely(released)) == CALIBRATION
    again = tmp_path / 'again.safetensors'
    add_calibration(released, again, dict(CALIBRATION, bias=0.5))
    assert calibration_of(load_checkpoint_safely(again))['bias'] == 0.5
    assert 'cfg' in load_checkpoint_safely(again)['meta']


def test_a_name_is_taken_too(tmp_path: Path) -> None:
    stored = tmp_path / 'calibrated.safetensors'
    add_calibration(Path('emoji'), stored, CALIBRATION)
    assert calibration_of(load_checkpoint_safely(stored)) == CALIBRATION


def test_endings_must_agree(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='must end with'):
        add_calibration(tmp_path / 'a.pth', tmp_path / 'a.safetensors', CALIBRATION)
