"""Do tasks help each other? Each alone, in pairs, and all, with equal samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from mmengine.config import Config

from ..engine.bfloat16_optim_wrapper import use_mixed_precision
from ..quickstart import multitask
from ..quickstart.multitask import figure_of
from ..quickstart.scripts import UNMEASURED, train_script
from ..whole_file import write_whole
from .jobs import run_jobs
from .runs import mean_and_spread, measured_once, read_finished, spread

# Places of the data sets and metrics in configs/quickstart/multitask_emoji.py.
PHRASES, QUESTIONS, CAPTIONS = 1, 3, 4
BOXES = 'instances_train_boxes.json'
WARM = 0.1  # of the steps; our choice
Tasks = tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """What belongs to a task.

    Args:
        trained_on: Place of its data set among those that are trained on.
        tested_on: Place among those that are tested on.
        figure: What is measured.
        head: The model's part that only this task needs.
    """

    trained_on: int
    tested_on: int
    figure: str
    head: str | None = None


TASKS = {
    'boxes': Task(0, 0, 'boxes/coco/bbox_mAP_50'),
    'phrases': Task(PHRASES, 1, 'phrases/1'),
    'masks': Task(0, 0, 'boxes/coco/segm_mAP_50', 'mask_head'),
    'questions': Task(QUESTIONS, 2, 'questions/vqa/accuracy', 'vqa_head'),
    'captions': Task(CAPTIONS, 3, 'captions/caption/CIDEr', 'caption_head'),
}
RUNS: tuple[Tasks, ...] = (
    *((task,) for task in TASKS),
    *combinations(TASKS, 2),
    tuple(TASKS),
)


@dataclass(frozen=True)
class Budget:
    """What all runs have in common.

    Args:
        steps: Of a training.
        samples: Of each task in a step.
        start: The detector that all start from.
        amp: Whether trainings compute in the mixed precision of their device.
    """

    steps: int
    samples: int
    start: Path
    amp: bool = False


def config_of(tasks: Sequence[str], budget: Budget, seed: int) -> Config:
    """Make the config of a run: the quickstart's for all tasks, less what is not in it.

    Boxes and masks are learnt from the same images, with samples for each: those of
    ``boxes`` are of a file without masks (:func:`write_boxes`).

    Args:
        tasks: Of the run.
        budget: Its steps and samples.
        seed: Of the order of the samples and of the new heads.

    Returns:
        The config.
    """
    config = Config.fromfile(multitask.CONFIG)
    for name, task in TASKS.items():
        if task.head is not None and name not in tasks:
            config.model[task.head] = None
    if budget.amp:
        use_mixed_precision(config)
    config.load_from = str(budget.start)
    config.randomness = dict(seed=seed)
    mixed = config.train_dataloader.dataset
    sets = [mixed.datasets[TASKS[name].trained_on].copy() for name in tasks]
    if 'boxes' in tasks:
        sets[tasks.index('boxes')].ann_file = f'annotations/{BOXES}'
    mixed.update(datasets=sets, weights=[1] * len(sets), seed=seed)
    config.train_dataloader.batch_size = budget.samples * len(sets)
    config.train_cfg.max_iters = budget.steps
    config.default_hooks.checkpoint.interval = max(budget.steps // 4, 1)
    warm, rest = config.param_scheduler
    warm.end = rest.begin = max(round(WARM * budget.steps), 1)
    rest.end = budget.steps
    tested = sorted({TASKS[name].tested_on for name in tasks})
    evaluator = config.test_evaluator
    config.test_dataloader.dataset.datasets = [
        config.test_dataloader.dataset.datasets[place] for place in tested
    ]
    evaluator.metrics = [evaluator.metrics[place] for place in tested]
    evaluator.dataset_prefixes = [evaluator.dataset_prefixes[x] for x in tested]
    if 'masks' not in tasks and tested[0] == 0:
        evaluator.metrics[0].metric = 'bbox'
    return config


def write_boxes(annotations: Path) -> None:
    """Write the training images' boxes without their masks into a file of their own.

    Args:
        annotations: Folder of ``instances_train.json``; gets the file.
    """
    coco = json.loads((annotations / 'instances_train.json').read_text())
    coco['annotations'] = [
        {key: value for key, value in annotation.items() if key != 'segmentation'}
        for annotation in coco['annotations']
    ]
    write_whole(annotations / BOXES, json.dumps(coco).encode())


def run_all(
    out: Path, budget: Budget, seeds: Sequence[int], jobs: int, cores: int
) -> dict[tuple[Tasks, int], dict[str, float]]:
    """Train and measure; what is done is not repeated, what was killed goes on.

    Args:
        out: Folder of all runs.
        budget: Of each.
        seeds: Of the runs of each set of tasks.
        jobs: Runs at once.
        cores: CPU cores that they share.

    Returns:
        By tasks and seed, the figure of each task.
    """
    multitask.make_data()
    write_boxes(multitask.ANNOTATIONS)
    waiting = {
        (tasks, seed): partial(_run, out.resolve(), tasks, budget, seed)
        for tasks, seed in _runs(seeds)
    }
    return run_jobs(waiting, jobs, cores)


def finished_runs(
    out: Path, seeds: Sequence[int]
) -> dict[tuple[Tasks, int], dict[str, float]]:
    """Read what :func:`run_all` has measured so far."""
    return read_finished({run: out / folder_of(*run) for run in _runs(seeds)})


def _runs(seeds: Sequence[int]) -> list[tuple[Tasks, int]]:
    return [(tasks, seed) for seed in seeds for tasks in RUNS]


def folder_of(tasks: Tasks, seed: int) -> str:
    """Name the folder of a run."""
    return f'{"-".join(tasks)}_{seed}'


def _run(out: Path, tasks: Tasks, budget: Budget, seed: int) -> dict[str, float]:
    folder = out / folder_of(tasks, seed)

    def measure() -> dict[str, float]:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / 'config.py'
        config_of(tasks, budget, seed).dump(config)
        last = train_script(config, folder, *UNMEASURED)
        tested = multitask.test_tasks(last, folder, config=config)
        found = {name: figure_of(tested, TASKS[name].figure) for name in tasks}
        found['steps'] = int(last.stem.rsplit('_', 1)[1])
        return found

    found = measured_once(folder, measure)
    print(folder.name, found, flush=True)
    return found


def table_rows(
    found: Mapping[tuple[Tasks, int], Mapping[str, float]],
) -> list[dict[str, object]]:
    """Make the rows of a table: mean and standard deviation over the seeds.

    Args:
        found: Of :func:`run_all`.

    Returns:
        A row for each task that is measured, with a column for what it learnt with.

    Raises:
        ValueError: If runs did not have the same number of steps.
    """
    if len({figures['steps'] for figures in found.values()}) > 1:
        raise ValueError('the runs did not have the same number of steps')
    rows: list[dict[str, object]] = []
    for name in TASKS:
        row: dict[str, object] = {'measured': name}
        for column, tasks in _columns(name).items():
            values = [
                figures[name] for (of, _), figures in found.items() if of == tasks
            ]
            row[column] = '' if tasks is None else mean_and_spread(values)
        rows.append(row)
    return rows


def _columns(name: str) -> dict[str, Tasks | None]:
    """List what a task learns with, by column; None: itself."""
    pairs = {
        f'with {other}': None
        if other == name
        else tuple(task for task in TASKS if task in (name, other))
        for other in TASKS
    }
    return {'alone': (name,), **pairs, 'with all': tuple(TASKS)}


def gains(found: Mapping[tuple[Tasks, int], Mapping[str, float]]) -> np.ndarray:
    """Compute what the other tasks change, each run against its seed's task alone.

    Args:
        found: Of :func:`run_all`.

    Returns:
        ``(seeds, tasks, columns)``: 0.1 for a figure 10 % higher; NaN for a task with
        itself, and where the task alone has learnt nothing.
    """
    seeds = dict.fromkeys(seed for _, seed in found)
    out = np.full((len(seeds), len(TASKS), len(TASKS) + 1), np.nan)
    for place, seed in enumerate(seeds):
        for row, name in enumerate(TASKS):
            alone, *others = _columns(name).values()
            for column, tasks in enumerate(others):
                before = found[alone, seed][name]
                if tasks is not None and before:
                    out[place, row, column] = found[tasks, seed][name] / before - 1
    return out


def draw_matrix(
    found: Mapping[tuple[Tasks, int], Mapping[str, float]], out: Path
) -> None:
    """Draw who helps whom: the mean of :func:`gains` and, of several seeds, its spread.

    Args:
        found: Of :func:`run_all`.
        out: Image file to write.
    """
    of_seeds = 100 * gains(found)
    mean = of_seeds.mean(0)
    figure = Figure(figsize=(7, 4), layout='constrained')
    axes = figure.subplots()
    most = max(float(np.nanmax(np.abs(mean))), 1.0)
    shown = axes.imshow(mean, cmap='RdBu', vmin=-most, vmax=most)
    for row, column in np.argwhere(~np.isnan(mean)):
        text = f'{mean[row, column]:+.0f}'
        if len(of_seeds) > 1:
            text += f' ± {spread(of_seeds[:, row, column].tolist()):.0f}'
        dark = abs(mean[row, column]) > 0.7 * most
        axes.text(
            column, row, text, ha='center', va='center',
            color='white' if dark else 'black',
        )  # fmt: skip
    _, *columns = _columns(next(iter(TASKS)))
    axes.set_xticks(range(len(columns)), columns, rotation=20)
    axes.set_yticks(range(len(TASKS)), [*TASKS])
    figure.colorbar(shown, label='change against the task alone, %')
    figure.savefig(out, dpi=120)
