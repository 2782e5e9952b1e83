"""A teacher labels images, a detector learns from the labels: both are measured."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from mmengine.runner import Runner

from ..demo_data.sheet import STYLES
from ..quickstart.detection import CONFIG as TEACHER_CONFIG
from ..quickstart.scripts import ROOT, run_script
from ..whole_file import write_whole
from .measure import time_in_turns
from .shipped_weights import test_config
from .stages import run_stages, seconds_of
from .student import CONFIG, Student, names_of, test_runner, val_file

NUMBERS = dict(
    images='that are labelled', val_images='to measure on',
    image_size="the student's, px", epochs='of a student', timed='images of the timing',
)  # fmt: skip
PER_SECOND = 1000  # milliseconds
MILLION = 1e6


@dataclass(frozen=True)
class Distillation:
    """A comparison; what is finished is not done again.

    Args:
        work_dir: Gets the data, the labels and the student.
        config: Of the student, in ``configs/distil``.
        teacher: Weights: a name or a file.
        styles: Of the drawings in the images; the weights know ``noto``.
        images: To label.
        val_images: Both are measured on, with true boxes.
        score: Least score of a label.
        image_size: Of the student, px.
        epochs: Of its training.
        timed: Images of the timing.
        options: Further ``--cfg-options`` of the student.
    """

    work_dir: Path
    config: Path = CONFIG
    teacher: str = 'emoji'
    styles: Sequence[str] = ('noto',)
    images: int = 1000
    val_images: int = 200
    score: float = 0.5
    image_size: int = 160
    epochs: int = 28
    timed: int = 60
    options: Sequence[str] = ()

    @property
    def data(self) -> Path:
        """Folder of EmojiScenes; the true boxes of ``train`` are not read."""
        return self.work_dir / 'emoji_scenes'

    @property
    def labels(self) -> Path:
        """Folder of the labels."""
        return self.work_dir / 'labels'

    @property
    def student(self) -> Student:
        """What learns from the labels."""
        return Student(
            self.work_dir / 'student', self.labels, self.data, self.config,
            self.image_size, self.epochs, self.options,
        )  # fmt: skip

    def run(self) -> list[dict[str, object]]:
        """Do all stages.

        Returns:
            Rows of a table: the teacher and the student.
        """
        self.work_dir.mkdir(parents=True, exist_ok=True)
        stages: dict[str, Callable[[], object]] = dict(
            data=self.make_data, label=self.label, train=self.student.train,
            measure=self._measure,
        )  # fmt: skip
        run_stages(stages, self.work_dir / 'seconds.json')
        return json.loads((self.work_dir / 'rows.json').read_text())

    def seconds(self) -> dict[str, float]:
        """Read how long each stage took, all its runs together."""
        return seconds_of(self.work_dir / 'seconds.json')

    def make_data(self) -> None:
        """Make EmojiScenes, if it is not there."""
        if not self.data.is_dir():
            run_script(
                'dataset_converters/make_emoji_scenes.py', self.data, '--train',
                self.images, '--val', self.val_images, '--val-unseen', 1, '--formats',
                'coco', '--styles', *self.styles,
            )  # fmt: skip

    def label(self, *options: object) -> None:
        """Call ``glipv2 label``, which does what is left.

        Args:
            *options: Further ones.
        """
        command = [
            sys.executable, '-m', 'glipv2_cli', 'label', self.data / 'train', '--names',
            names_of(self.data), '--out', self.labels, '--model', self.teacher,
            '--score', self.score, '--one-name-per-place', '--device', 'cpu', *options,
        ]  # fmt: skip
        finished = subprocess.run(list(map(str, command)), cwd=ROOT)
        if finished.returncode:
            raise SystemExit(
                f'glipv2 label failed with exit code {finished.returncode}'
            )

    def _measure(self) -> None:
        file = self.work_dir / 'rows.json'
        if file.is_file():
            return
        runners = dict(teacher=self._teacher_runner(), student=self.student.runner())
        found = {name: runner.test() for name, runner in runners.items()}
        seconds = _seconds_per_image(list(runners.values()), self.timed)
        rows = [
            {
                'model': name,
                # mmdet gives no figure where there is no box at all.
                'AP': round(found[name].get('coco/bbox_mAP', 0.0), 3),
                'AP50': round(found[name].get('coco/bbox_mAP_50', 0.0), 3),
                'ms per image': round(PER_SECOND * each, 1),
                'million weights': round(_weights_of(runner) / MILLION, 1),
            }
            for (name, runner), each in zip(runners.items(), seconds)
        ]
        write_whole(file, (json.dumps(rows, indent=1) + '\n').encode())

    def _teacher_runner(self) -> Runner:
        config = test_config(TEACHER_CONFIG, self.teacher, self.data)
        config.test_evaluator.ann_file = str(val_file(self.data))
        return test_runner(config, self.work_dir / 'teacher_test')


def add_options(
    parser: argparse.ArgumentParser, work_dir: str, numbers: Sequence[str]
) -> None:
    """Add the options of commands that train students.

    Args:
        parser: Of the command.
        work_dir: Default of ``--work-dir``.
        numbers: The whole numbers that it takes, of ``NUMBERS``.
    """
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=work_dir,
        help='for images, labels and trainings (default: %(default)s)',
    )
    parser.add_argument('--config', type=Path, default=CONFIG, help='of the student')
    parser.add_argument('--teacher', default='emoji', help='name or file')
    parser.add_argument(
        '--styles', nargs='+', default=Distillation.styles, choices=STYLES,
        help='of the drawings in the images (default: %(default)s)',
    )  # fmt: skip
    for name in numbers:
        parser.add_argument(
            f'--{name.replace("_", "-")}',
            type=int,
            default=getattr(Distillation, name),
            help=NUMBERS[name],
        )
    parser.add_argument(
        '--score', type=float, default=Distillation.score, help='least of a label'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        help='of the student, as key=value',
        dest='options',
    )


def _seconds_per_image(runners: Sequence[Runner], images: int) -> list[float]:
    """Time the models on the same images in turns, without the reading of files."""
    times = [[] for _ in runners]
    loaders = [iter(runner.test_dataloader) for runner in runners]
    for _ in range(images):
        steps = [
            partial(_predict, runner, next(loader))
            for runner, loader in zip(runners, loaders)
        ]
        for kept, seconds in zip(times, time_in_turns(steps, 1)):
            kept.append(seconds)
    return [sorted(each)[len(each) // 2] for each in times]


@torch.no_grad()
def _predict(runner: Runner, batch: dict) -> object:
    return runner.model.eval().test_step(batch)


def _weights_of(runner: Runner) -> int:
    return sum(each.numel() for each in runner.model.parameters())
