"""Ways to learn what is not there, trained alike on EmojiScenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mmengine.config import Config

from ..quickstart import detection
from ..quickstart.scripts import UNMEASURED, train_script
from ..quickstart.splits import finished_run, measure_splits
from .absence import COLUMNS, measure_absence
from .jobs import run_jobs
from .runs import mean_and_spread, measured_once

ABSENT = detection.CONFIG.with_name('absent_emoji.py')
PRESENCE = ('model.presence_head.type=PresenceHead', 'model.presence_head.text_dim=384')


@dataclass(frozen=True)
class Way:
    """How the quickstart's detector is trained.

    Args:
        prompt: Keys of the prompt's sampling (docs/absence.md).
        model: ``--cfg-options`` of the model.
    """

    prompt: Mapping[str, object] = field(default_factory=dict)
    model: Sequence[str] = ()


WAYS = {
    'the quickstart': Way(),
    'hard negatives': Way(
        {
            'full_sampling_prob': 0.25,  # so that there is something to choose
            'no_positive_prob': 0.1,
            'hard_negatives.shared': 0.3,
            'hard_negatives.near': 0.3,
        }
    ),
    'presence': Way(model=PRESENCE),
}
AP = 'val/coco/bbox_mAP'


def run_ways(
    out: Path,
    names: Sequence[str],
    seeds: Sequence[int],
    jobs: int,
    cores: int,
    half: int,
    options: Sequence[str],
) -> dict[tuple[str, int], dict[str, float]]:
    """Train and measure; what is done is not repeated, what was killed goes on.

    Args:
        out: Folder of all runs.
        names: Of ``WAYS``.
        seeds: Of each way's runs.
        jobs: Runs at once.
        cores: CPU cores that they share.
        half: Images of a half of ``val``, as of :func:`measure_absence`.
        options: ``--cfg-options`` of the trainings.

    Returns:
        Figures of the plain and the calibrated scores, by way and seed.
    """
    waiting = {
        (name, seed): partial(_run, out.resolve(), name, seed, half, options)
        for seed in seeds
        for name in names
    }
    return run_jobs(waiting, jobs, cores)


def _run(
    out: Path, name: str, seed: int, half: int, options: Sequence[str]
) -> dict[str, float]:
    folder = out / f'{name.replace(" ", "-")}_{seed}'

    def measure() -> dict[str, float]:
        last = train_script(
            detection.CONFIG, folder, f'randomness.seed={seed}', *UNMEASURED,
            *options_of(name), *options,
        )  # fmt: skip
        rows = measure_absence(ABSENT, last, folder / 'absence', half, WAYS[name].model)
        found = {
            f'{row["scores"]}/{column}': row[column]
            for row in rows
            for column in COLUMNS.values()
        }
        found[AP] = measure_splits(finished_run(folder, detection.CONFIG.name))[AP]
        return found

    found = measured_once(folder, measure)
    print(folder.name, found, flush=True)
    return found


def options_of(name: str) -> list[str]:
    """Write the ``--cfg-options`` of one of ``WAYS``."""
    way = WAYS[name]
    pipeline = Config.fromfile(detection.CONFIG).train_dataloader.dataset.pipeline
    (place,) = [
        n for n, x in enumerate(pipeline) if x['type'] == 'SampleDetectionPrompt'
    ]
    start = f'train_dataloader.dataset.pipeline.{place}'
    options = [f'{start}.{key}={value}' for key, value in way.prompt.items()]
    if 'hard_negatives.near' in way.prompt:
        options.append(f'{start}.hard_negatives.source={pipeline[place]["tokenizer"]}')
    return [*options, *way.model]


def table_rows(
    found: Mapping[tuple[str, int], Mapping[str, float]], scores: Sequence[str]
) -> list[dict[str, object]]:
    """Make the rows of a table: mean and standard deviation over the seeds.

    Args:
        found: Of :func:`run_ways`.
        scores: Which, as :func:`measure_absence` names them.

    Returns:
        A row for each way and kind of scores.
    """
    rows: list[dict[str, object]] = []
    for name in dict.fromkeys(name for name, _ in found):
        runs = [figures for (of, _), figures in found.items() if of == name]
        for kind in scores:
            columns = {'AP': AP} | {x: f'{kind}/{x}' for x in COLUMNS.values()}
            values = {
                x: mean_and_spread([run[key] for run in runs])
                for x, key in columns.items()
            }
            rows.append(
                {'trained as': name, 'scores': kind, 'seeds': len(runs)} | values
            )
    return rows
