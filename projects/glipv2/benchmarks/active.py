"""What a review of few images brings a student: the doubtful ones, or any."""

import json
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from ..quickstart.scripts import last_checkpoint
from ..whole_file import write_whole
from .distil import Distillation
from .jobs import run_jobs
from .runs import spread
from .stages import run_stages, seconds_of
from .student import Student

DOUBTFUL, RANDOM = 'doubtful first', 'at random'
FOLDERS = {DOUBTFUL: 'doubtful', RANDOM: 'random'}
FOUND = 'found.json'
DIGITS = 3
Row = dict[str, object]


@dataclass(frozen=True)
class ActiveLoop:
    """Students of labels of which some were corrected; what is done is kept.

    A teacher labels all images. Of some the labels are replaced by the true boxes, as
    a person would who looks at them: those that ``glipv2 label --mirrored --uncertain``
    lists first, or a draw. A student learns from the teacher's labels alone; from it
    one goes on with each set of labels, as one would after a review.

    Args:
        base: Its images, teacher and first student; its ``work_dir`` gets everything.
        further: Epochs of the students that go on.
        reviewed: How many images are corrected, without 0, which is always there.
        seeds: Of the trainings and of the draws.
        jobs: Trainings at once.
        cores: CPU cores that they share.

    Raises:
        ValueError: If more are corrected than there are, or there is no seed.
    """

    base: Distillation
    further: int = 8
    reviewed: Sequence[int] = (50, 100, 200, 400)
    seeds: Sequence[int] = (0, 1, 2)
    jobs: int = 1
    cores: int = 1

    def __post_init__(self) -> None:
        if not self.seeds or not self.reviewed:
            raise ValueError('at least one seed and one number of images are needed')
        if not 0 < min(self.reviewed) <= max(self.reviewed) <= self.base.images:
            raise ValueError(
                f'from 1 to {self.base.images} images can be reviewed, not '
                f'{min(self.reviewed)} to {max(self.reviewed)}'
            )

    def run(self) -> list[Row]:
        """Do all stages.

        Returns:
            Rows of a table: per choice and number of images the true boxes in them,
            the mean AP and AP50 of the students, and the standard deviation of the AP.
        """
        self.base.work_dir.mkdir(parents=True, exist_ok=True)
        stages: dict[str, Callable[[], object]] = dict(
            data=self.base.make_data, label=self._label, first=self.base.student.train,
            students=self._students,
        )  # fmt: skip
        run_stages(stages, self._seconds_file)
        return [self._row(*place) for place in self._places()]

    def seconds(self) -> dict[str, float]:
        """Read how long each stage took, all its runs together."""
        return seconds_of(self._seconds_file)

    @property
    def _seconds_file(self) -> Path:
        return self.base.work_dir / 'seconds.json'

    @property
    def _truth(self) -> Path:
        return self.base.data / 'annotations' / 'instances_train.json'

    def _label(self) -> None:
        self.base.label('--mirrored', '--uncertain', max(self.reviewed))

    def _places(self) -> Iterator[tuple[str, int]]:
        """List the points of both curves."""
        for choice in (DOUBTFUL, RANDOM):
            for count in (0, *sorted(set(self.reviewed))):
                yield choice, count

    def _students(self) -> None:
        waiting = {
            folder: partial(self._student, choice, count, seed, folder)
            for seed in self.seeds
            for choice, count in self._places()
            if not ((folder := self._folder(choice, count, seed)) / FOUND).is_file()
        }
        run_jobs(waiting, self.jobs, self.cores)

    def _folder(self, choice: str, count: int, seed: int) -> Path:
        # Without a review both choices are one.
        name = f'{FOLDERS[choice]}_{count}' if count else 'unreviewed'
        return self.base.work_dir / 'students' / f'{name}_seed{seed}'

    def _student(self, choice: str, count: int, seed: int, folder: Path) -> None:
        print(f'== {count} images {choice}, seed {seed}', flush=True)
        write_reviewed(
            self.base.labels / 'coco' / 'train.json',
            self._truth,
            self._chosen(choice, seed)[:count],
            folder / 'labels' / 'coco' / 'train.json',
        )
        student = Student(
            folder / 'run', folder / 'labels', self.base.data, self.base.config,
            self.base.image_size, self.further,
            (
                *self.base.options,
                f'load_from={last_checkpoint(self.base.student.folder)}',
                f'randomness.seed={seed}',
            ),
        )  # fmt: skip
        student.train()
        found = student.runner().test()
        # mmdet gives no figure where there is no box at all.
        kept = dict(
            AP=found.get('coco/bbox_mAP', 0.0), AP50=found.get('coco/bbox_mAP_50', 0.0)
        )
        write_whole(folder / FOUND, (json.dumps(kept) + '\n').encode())

    def _chosen(self, choice: str, seed: int) -> list[str]:
        """Order images; a larger number of them holds those of a smaller one."""
        if choice == DOUBTFUL:
            lines = (self.base.labels / 'uncertain.jsonl').read_text().splitlines()
            return [json.loads(line)['file_name'] for line in lines]
        lines = (self.base.labels / 'images.txt').read_text().splitlines()
        names = [json.loads(line)['file_name'] for line in lines]
        random.Random(seed).shuffle(names)
        return names

    def _row(self, choice: str, count: int) -> Row:
        found = [
            json.loads((self._folder(choice, count, seed) / FOUND).read_text())
            for seed in self.seeds
        ]
        means = {
            key: round(statistics.fmean(each[key] for each in found), DIGITS)
            for key in ('AP', 'AP50')
        }
        apart = round(spread([each['AP'] for each in found]), DIGITS)
        boxes = statistics.fmean(
            self._boxes_in(self._chosen(choice, seed)[:count]) for seed in self.seeds
        )
        return dict(
            chosen=choice, reviewed=count, boxes=round(boxes), **means, spread=apart
        )

    def _boxes_in(self, images: Sequence[str]) -> int:
        """Count the true boxes, which a person would draw."""
        content = json.loads(self._truth.read_text())
        chosen = {x['id'] for x in content['images'] if x['file_name'] in images}
        return sum(x['image_id'] in chosen for x in content['annotations'])


def write_reviewed(labels: Path, truth: Path, chosen: Sequence[str], out: Path) -> None:
    """Replace the labels of some images by the true boxes.

    Args:
        labels: COCO file of ``glipv2 label``.
        truth: COCO file of the same images, with the same names.
        chosen: Names of image files.
        out: COCO file to write.
    """
    content, true = (json.loads(file.read_text()) for file in (labels, truth))
    names = {x['id']: x['name'] for x in true['categories']}
    numbers = {x['name']: x['id'] for x in content['categories']}
    wanted = set(chosen)
    ids = {x['file_name']: x['id'] for x in content['images']}
    places = {
        x['id']: ids[x['file_name']] for x in true['images'] if x['file_name'] in wanted
    }
    reviewed = set(places.values())
    kept = [x for x in content['annotations'] if x['image_id'] not in reviewed]
    kept += [
        dict(
            image_id=places[x['image_id']], bbox=x['bbox'], area=x['area'],
            category_id=numbers[names[x['category_id']]], iscrowd=0,
        )
        for x in true['annotations']
        if x['image_id'] in places
    ]  # fmt: skip
    content['annotations'] = [dict(x, id=row) for row, x in enumerate(kept, 1)]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, json.dumps(content).encode())


def draw_curves(rows: Sequence[Row], out: Path) -> None:
    """Draw AP against the number of reviewed images.

    Args:
        rows: Of :meth:`ActiveLoop.run`.
        out: Image file to write.
    """
    figure = Figure(figsize=(6, 4))
    axes = figure.subplots()
    for choice in dict.fromkeys(row['chosen'] for row in rows):
        of_choice = [row for row in rows if row['chosen'] == choice]
        axes.errorbar(
            [row['reviewed'] for row in of_choice],
            [row['AP'] for row in of_choice],
            [row['spread'] for row in of_choice],
            marker='o', capsize=3, label=choice,
        )  # fmt: skip
    axes.set_xlabel('images reviewed')
    axes.set_ylabel('AP of the student')
    axes.legend()
    figure.tight_layout()
    figure.savefig(out)
