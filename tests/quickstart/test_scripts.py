"""What starts from the quickstart's detector asks for it first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glipv2.quickstart import masks
from glipv2.quickstart.masks import train_masks
from glipv2.quickstart.multitask import train_tasks
from glipv2.quickstart.scripts import quickstart_weights


@pytest.mark.parametrize(
    'train',
    [
        lambda place: train_masks(place / 'masks'),
        lambda place: train_tasks(place / 'tasks', place / 'work_dirs/quickstart'),
    ],
)
def test_a_missing_detector_is_one_line_before_anything_is_made(
    train: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masks, 'ROOT', tmp_path)
    with pytest.raises(SystemExit, match=r'quickstart.pth: `make quickstart` trains'):
        train(tmp_path)
    assert not list(tmp_path.iterdir())


def test_other_weights_may_take_its_place(tmp_path: Path) -> None:
    quickstart_weights(tmp_path, ['load_from=emoji'])
    (tmp_path / 'quickstart.pth').touch()
    assert quickstart_weights(tmp_path) == tmp_path / 'quickstart.pth'
