"""Progress elsewhere than on a terminal: lines on standard error, after a while."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from glipv2 import progress as room
from glipv2.datasets.coco import read_coco_file
from glipv2.datasets.coco_to_odvg import coco_to_odvg
from glipv2.datasets.files.json_file import read_json
from glipv2.datasets.files.line_index import LineIndex
from glipv2.datasets.mdetr_to_odvg import mdetr_to_odvg
from glipv2.progress import no_progress, progress, working
from glipv2.weights.content import content_of

COCO = dict(
    images=[dict(id=1, file_name='a.png', height=9, width=9)],
    annotations=[dict(id=1, image_id=1, category_id=1, bbox=[1, 1, 3, 3])],
    categories=[dict(id=1, name='cat')],
)
SENTENCES = dict(
    images=[dict(id=1, file_name='a.png', height=9, width=9, caption='a cat')],
    annotations=[dict(id=1, image_id=1, bbox=[1, 1, 3, 3], tokens_positive=[[2, 5]])],
)


class Impatient(Event):
    """Wants a line at once, and then no more."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait() if timeout == room.SILENCE else False


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, 'PATIENCE', 0.0)
    monkeypatch.setattr(room, 'Event', Impatient)


def test_a_line_every_tenth(
    capsys: pytest.CaptureFixture[str], impatient: None
) -> None:
    batches = [[0, 1, 2]] * 33 + [[0]]
    assert list(progress(batches, 'Images', 100, len)) == batches
    captured = capsys.readouterr()
    assert captured.out == ''
    lines = captured.err.splitlines()
    assert 8 <= len(lines) <= 11
    assert lines[:2] == ['Images: 3 of 100', 'Images: 15 of 100']
    assert lines[-1] == 'Images: 100 of 100'


def test_slow_loops_and_those_of_unknown_length_have_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(room, 'monotonic', lambda: clock[0])

    def run(total: int | None) -> list[str]:
        clock[0] = 0.0
        for _ in progress(range(10), 'Frames', total):
            clock[0] += 8.0  # s for each
        return capsys.readouterr().err.splitlines()

    assert run(None) == ['Frames: 1', 'Frames: 5', 'Frames: 9']
    assert run(1000) == ['Frames: 1 of 1000', 'Frames: 5 of 1000', 'Frames: 9 of 1000']


def test_short_loops_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress(range(50), 'Images', 50)) == list(range(50))
    assert list(progress(range(50), 'Frames')) == list(range(50))
    with working('Reading a.json'):
        pass
    assert capsys.readouterr().err == ''


def test_what_cannot_be_counted_has_lines_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, 'PATIENCE', 0.02)
    monkeypatch.setattr(room, 'SILENCE', 0.02)
    with pytest.raises(ValueError, match='ends it'), working('Reading a.json'):
        time.sleep(0.2)
        raise ValueError('an error ends it')
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 1 and set(lines) == {'Reading a.json: 0 s'}
    time.sleep(0.05)
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize(
    'work, told',
    [
        (lambda path, out: read_json(str(path)), 'Reading'),
        (lambda path, out: read_coco_file(str(path)), 'Checking'),
        (lambda path, out: LineIndex(path), 'Reading'),
        (lambda path, out: content_of(path), 'Hashing'),
        (lambda path, out: coco_to_odvg(path, out, out.with_suffix('.map')), 'Images'),
    ],
)
def test_long_work_says_what_it_is(
    work: Callable[[Path, Path], object],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    impatient: None,
) -> None:
    path, out = tmp_path / 'instances.json', tmp_path / 'out.jsonl'
    path.write_text(json.dumps(COCO))
    work(path, out)
    assert f'{told}' in capsys.readouterr().err
    with no_progress():
        work(path, out)
    assert capsys.readouterr().err == ''


def test_sentences_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], impatient: None
) -> None:
    path = tmp_path / 'sentences.json'
    path.write_text(json.dumps(SENTENCES))
    mdetr_to_odvg(path, tmp_path / 'out.jsonl')
    told = capsys.readouterr().err
    assert 'Annotations: 1' in told and 'Sentences: 1' in told
