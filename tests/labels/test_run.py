"""Labelling a folder: what is kept, killed runs, wrong wishes."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from glipv2.labels.ask import ask
from glipv2.labels.filters import Filters
from glipv2.labels.image_list import write_image_list
from glipv2.labels.job import LabelJob, Wanted
from glipv2.labels.run import label_folder
from tests.labels.conftest import EVERYTHING, FILES, NAMES, answers_of, contents


def test_every_image_has_an_answer_or_a_reason(done: LabelJob) -> None:
    answers = answers_of(done)
    assert [answer['file_name'] for answer in answers] == sorted(
        FILES, key=lambda name: name.split('/')
    )
    assert {each['name'] for answer in answers for each in answer['objects']} <= {
        *NAMES
    }
    (skipped,) = done.skipped.read_text().splitlines()
    assert 'broken.png' in json.loads(skipped)['skipped']
    for answer in answers:
        scores = [each['score'] for each in answer['objects']]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= done.floor
    assert not list(done.out.glob('*part*'))


def test_killed_anywhere_the_result_is_the_same(
    done: LabelJob, job_of: Callable, tmp_path: Path
) -> None:
    chance = random.Random(0)
    job = job_of(tmp_path / done.out.name)
    job.begin()
    write_image_list(job)
    for _ in ask(job, 'cpu', batch_size=3):
        pass
    part = next(job.out.glob('*.part-0'))
    whole = part.read_bytes()
    # What a kill leaves: the answers up to any byte.
    for _ in range(3):
        part.write_bytes(whole[: chance.randrange(len(whole))])
        for _ in ask(job, 'cpu', batch_size=3):
            pass
    label_folder(job, EVERYTHING, 'cpu', batch_size=3)
    assert contents(job.out) == contents(done.out)


@pytest.mark.timeout(240)
def test_two_processes_of_which_one_is_killed(
    done: LabelJob, job_of: Callable, tmp_path: Path
) -> None:
    job = job_of(tmp_path / 'labels')
    command = [
        sys.executable, '-m', 'glipv2_cli', 'label', str(job.folder), '--names',
        ' . '.join(NAMES), '--out', str(job.out), '--model', job.model, '--processes',
        '2', '--device', 'cpu',
    ]  # fmt: skip
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not list(job.out.glob('*.part-1')):
        assert run.poll() is None
        time.sleep(0.02)
    workers = subprocess.check_output(['pgrep', '-P', str(run.pid)], text=True).split()
    subprocess.run(['kill', f'-{signal.SIGKILL.value}', workers[1]], check=True)
    _, said = run.communicate()
    assert run.returncode
    assert 'give the same command again' in said.splitlines()[-1]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '9 images: 8 labelled, 1 skipped' in again.stdout
    rounded = [
        [(each['name'], each['score']) for each in answer['objects']]
        for answer in answers_of(job)
    ]
    # Fewer threads compute, so that the last digits may differ.
    for found, expected in zip(rounded, answers_of(done), strict=True):
        assert [name for name, _ in found] == [x['name'] for x in expected['objects']]


def test_a_complete_job_is_written_anew_without_the_model(
    done: LabelJob, tmp_path: Path
) -> None:
    moved = tmp_path / 'labels'
    moved.mkdir()
    for name, content in contents(done.out).items():
        if '/' not in name:
            (moved / name).write_bytes(content)
    job = replace(done, out=moved)
    summary = label_folder(job, Wanted(filters=Filters(score=0.99, least_boxes=1)))
    assert summary.labelled == 0
    assert not list(moved.glob('coco/*'))


def test_a_mirrored_view_is_compared(job_of: Callable, tmp_path: Path) -> None:
    job = job_of(tmp_path / 'labels', mirrored=True, limit=2)
    label_folder(job, Wanted(filters=Filters(score=0.1, agreement=0.2)), 'cpu')
    objects = [each for answer in answers_of(job) for each in answer['objects']]
    assert all(0 <= each['agreement'] <= 1 for each in objects)
    assert len(answers_of(job)) == 2


def test_captions(job_of: Callable, tmp_path: Path) -> None:
    captions = tmp_path / 'captions.jsonl'
    lines = [('x.jpg', 'a dog and a cat'), ('a.png', 'of'), ('x.jpg', 'a red car')]
    captions.write_text(
        '\n'.join(json.dumps(dict(filename=a, caption=b)) for a, b in lines)
    )
    job = job_of(tmp_path / 'labels', names=(), captions=captions)
    summary = label_folder(job, Wanted(('odvg', 'coco')), 'cpu')
    assert (summary.labelled, summary.skipped) == (2, 1)
    assert set(summary.boxes) <= {'a dog', 'a cat', 'a red car'}
    for line in (job.out / 'odvg/train.jsonl').read_text().splitlines():
        said = json.loads(line)['grounding']
        for region in said['regions']:
            ((start, end),) = region['tokens_positive']
            assert said['caption'][start:end] == region['phrase']


@pytest.mark.parametrize(
    ('changes', 'wanted', 'match'),
    [
        (dict(names=()), {}, 'give names or a file of captions'),
        ({}, dict(formats=('excel',)), "unknown format 'excel'"),
        ({}, dict(filters=Filters(score=0.05)), 'below 0.1 are not kept'),
        ({}, dict(filters=Filters(score=0.3, agreement=0.5)), 'needs a mirrored view'),
        (
            {},
            dict(filters=Filters(score=0.3, score_of={'a bird': 0.5})),
            'no name',
        ),
    ],
)
def test_wrong_wishes(
    job_of: Callable, tmp_path: Path, changes: dict, wanted: dict, match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        label_folder(job_of(tmp_path / 'labels', **changes), Wanted(**wanted))
    assert not (tmp_path / 'labels').exists()


def test_another_question_in_the_same_folder(done: LabelJob, job_of: Callable) -> None:
    with pytest.raises(ValueError, match="names was \\['a dog'"):
        label_folder(job_of(done.out, names=('a bird',)), Wanted())


@pytest.mark.parametrize('name', ['../x.jpg', '/etc/passwd', ''])
def test_captions_of_files_elsewhere(
    job_of: Callable, tmp_path: Path, name: str
) -> None:
    captions = tmp_path / 'captions.jsonl'
    captions.write_text(json.dumps(dict(filename=name, caption='a dog')))
    job = job_of(tmp_path / 'labels', names=(), captions=captions)
    with pytest.raises(ValueError, match='line 1: .* is no file in the folder'):
        label_folder(job, Wanted())
