"""A folder of images that a tiny model has labelled."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.labels.filters import Filters
from glipv2.labels.formats import WRITERS
from glipv2.labels.job import LabelJob, Wanted
from glipv2.labels.run import label_folder
from tests.tiny_files import write_model

NAMES = ('a dog', 'a cat', 'a red car')
FILES = (
    'a.png', 'b & c.jpg', 'deep/er/a.png', 'deep/x.jpg', 'x.jpg', 'x.png', 'é.png',
    'copy.png',
)  # fmt: skip
EVERYTHING = Wanted(
    tuple(WRITERS), Filters(score=0.3), val_share=0.4, uncertain=3, review=True
)


@pytest.fixture(scope='session')
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write a tiny detector."""
    return str(write_model(tmp_path_factory.mktemp('model')))


@pytest.fixture(scope='session')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write images, and a file that is none."""
    folder = tmp_path_factory.mktemp('pictures')
    noise = np.random.default_rng(0)
    for number, name in enumerate(FILES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = noise.integers(0, 255, (48 + 8 * number, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    shutil.copy(folder / 'a.png', folder / 'copy.png')
    (folder / 'broken.png').write_bytes(b'no image')
    (folder / 'notes.txt').write_text('no image')
    return folder


@pytest.fixture(scope='session')
def job_of(folder: Path, weights: str) -> Callable[..., LabelJob]:
    """Make a job of the folder."""

    def make(out: Path, **changes: object) -> LabelJob:
        given = dict(names=NAMES, model=weights) | changes
        return LabelJob(folder, out, **given)

    return make


@pytest.fixture(scope='session')
def done(job_of: Callable, tmp_path_factory: pytest.TempPathFactory) -> LabelJob:
    """Label the folder, in all forms."""
    job = job_of(tmp_path_factory.mktemp('done') / 'labels')
    label_folder(job, EVERYTHING, 'cpu', batch_size=3)
    return job


def answers_of(job: LabelJob) -> list[dict]:
    """Read what the model said."""
    return [json.loads(line) for line in job.answers.read_text().splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder but the indices that readers keep beside them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and not path.name.startswith('.')
    }
