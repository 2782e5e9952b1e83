"""``glipv2 label`` killed in each stage: what stays is whole, the end is the same."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from glipv2.benchmarks.faults.child import code_of, start
from glipv2.engine.line_journal import LineJournal
from glipv2.labels.filters import Filters
from glipv2.labels.formats import WRITERS
from glipv2.labels.job import LabelJob, Wanted
from glipv2.labels.run import label_folder
from tests.labels.conftest import contents
from tests.tiny_files import write_model

IMAGES = 5
WANTED = Wanted(
    tuple(WRITERS), Filters(score=0.2), val_share=0.4, uncertain=2, review=True
)
# Files of a finished job, in the order in which they get their names.
STAGES = (
    ('labelling', ('job.json', 'images.txt')),
    ('joining', ('skipped.jsonl', 'answers.jsonl')),
    (
        'formats',
        (
            *('coco/train.json', 'coco/val.json', 'yolo/labels', 'yolo/data.yaml'),
            *('voc/Annotations', 'voc/ImageSets', 'labelstudio/tasks.json'),
            *('labelstudio/config.xml', 'cvat/annotations.xml', 'odvg/train.jsonl'),
            *('odvg/label_map.json', 'review.html', 'uncertain.jsonl'),
        ),
    ),
)


@pytest.fixture(scope='module')
def job_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], LabelJob]:
    """Make jobs over the same images, one of which is broken."""
    folder = tmp_path_factory.mktemp('images')
    noise = np.random.default_rng(0)
    for number in range(IMAGES):
        pixels = noise.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        # Bytes that no version of a library changes: they choose the split.
        Image.fromarray(pixels).save(folder / f'{number}.bmp')
    (folder / '2.bmp').write_bytes(b'no image')
    weights = str(write_model(tmp_path_factory.mktemp('model')))
    root = tmp_path_factory.mktemp('labels')

    def make(name: str) -> LabelJob:
        # Of one name, which stands in files.
        return LabelJob(folder, root / name / 'out', ('a dog', 'a cat'), model=weights)

    return make


@pytest.fixture(scope='module')
def expected(job_of: Callable[[str], LabelJob]) -> dict[str, bytes]:
    """Label without a kill."""
    job = job_of('whole')
    label_folder(job, WANTED, 'cpu')
    return contents(job.out)


def killed(job: LabelJob, target: str, attribute: str, is_now: Callable) -> None:
    """Label in a process that is killed before a call."""
    owner, name = dict(
        replace=(Path, 'replace'), write=(LineJournal, 'write')
    )[attribute]  # fmt: skip
    real = getattr(owner, name)

    def call(self: object, argument: object) -> object:
        if is_now(self, argument):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, argument)

    def work() -> None:
        with patch.object(owner, name, call):
            label_folder(job, WANTED, 'cpu')

    assert code_of(start(work)) == -signal.SIGKILL, target


def check_kept(job: LabelJob, expected: dict[str, bytes]) -> None:
    """Whatever has its name is as it will be."""
    for name, content in contents(job.out).items():
        if 'part-' not in name:
            assert content == expected[name], name


@pytest.mark.timeout(600)
def test_a_kill_in_each_stage(
    job_of: Callable[[str], LabelJob], expected: dict[str, bytes]
) -> None:
    job, kills = job_of('killed'), 0
    for stage, files in STAGES:
        for file in files:
            path = str(job.out / file)
            killed(job, file, 'replace', lambda _, to, path=path: path in str(to))
            check_kept(job, expected)
            kills += 1
        if stage != 'labelling':
            continue
        for count in (0, 1, 3):  # answers that are kept
            killed(
                job, f'answer {count}', 'write',
                lambda journal, _, n=count: journal.done(IMAGES).sum() == n,
            )  # fmt: skip
            part = next(job.out.glob('*.part-0'), None)
            if part is not None:  # a line that was being written
                with part.open('ab') as journal:
                    journal.write(json.dumps([4, dict(objects=[])]).encode()[:9])
            check_kept(job, expected)
            kills += 1
    assert kills >= 20
    label_folder(job, WANTED, 'cpu')
    assert contents(job.out) == expected
