"""Where the time of testing a long list of names goes, from images to AP."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..engine.command_line import build_runner
from ..quickstart.detection import CONFIG
from ..quickstart.scripts import run_script
from ..shipped import shipped
from .measure import REST, split_time
from .peers.compare import OUR_PARTS

# Of a model, its config and weights. GLIP-T's are random.
CASES = {
    'GLIP-T': (shipped('configs') / 'glip/glip_t.py', None),
    'emoji': (CONFIG, 'emoji'),
}
# As LVIS's configs: prompts of 40 names, the best 300 boxes of each.
PROTOCOL = dict(chunked_size=40, max_per_prompt=300)
PARTS = {**OUR_PARTS, 'EfficientNetLite': 'backbone', 'TextEncoder': 'words'}
PRECISIONS = ('fp32', 'bf16')
READING, METRIC, WHOLE = 'reading images', 'metric', 'whole'
LEFT = 'scores, suppression, the rest'
AP = 'lvis_fixed_ap/AP'


class ReadingTime(Hook):
    """Times how long a test waits for its images.

    Attributes:
        seconds: Of all batches.
    """

    seconds = 0.0

    def before_test_epoch(self, runner: Runner) -> None:
        """Start the wait for the first batch."""
        self._since = time.perf_counter()

    def before_test_iter(self, runner: Runner, *_: object, **__: object) -> None:
        """End a wait."""
        self.seconds += time.perf_counter() - self._since

    def after_test_iter(self, runner: Runner, *_: object, **__: object) -> None:
        """Start the wait for the next batch."""
        self._since = time.perf_counter()


class Stopwatch:
    """Times calls of an object's methods.

    Attributes:
        seconds: Of all calls.

    Args:
        owner: The object.
        names: Of its methods, none of which calls another.
    """

    def __init__(self, owner: object, *names: str) -> None:
        self.seconds = 0.0
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, method: Callable) -> Callable:
        def timed(*args: object, **kwargs: object) -> object:
            start = time.perf_counter()
            found = method(*args, **kwargs)
            self.seconds += time.perf_counter() - start
            return found

        return timed


def measure(case: str, images: int, rounds: int) -> list[dict[str, object]]:
    """Test a model with all names of EmojiScenes in LVIS's protocol; time the parts.

    Args:
        case: A key of :data:`CASES`.
        images: How many are made and tested; always the same.
        rounds: Tests in each precision, in turns; the least time of a part counts.

    Returns:
        A row for each part, in seconds an image, and for the whole, with fixed AP.
    """
    found: dict[str, list[dict[str, float]]] = {name: [] for name in PRECISIONS}
    with TemporaryDirectory() as folder:
        data = Path(folder) / 'emoji_lvis'
        run_script(
            'dataset_converters/make_emoji_scenes.py', data,
            '--categories', 'all', '--long-tail', '1.0', '--formats', 'lvis',
            '--train', 1, '--val', images, '--val-unseen', 1,
        )  # fmt: skip
        for _ in range(rounds):
            for name, runs in found.items():
                runs.append(_measure_once(_config(case, data, name)))
    rows = []
    for part in found[PRECISIONS[0]][0]:
        if part == AP:
            continue
        full, short = (min(run[part] for run in runs) for runs in found.values())
        row: dict[str, object] = {
            'model': case,
            'part': part,
            'fp32, s an image': round(full, 3),
            'bf16, s an image': round(short, 3),
            'of fp32': round(short / full, 2),
        }
        for name, runs in found.items():
            row[f'{name}, AP'] = round(runs[0][AP], 3) if part == WHOLE else ''
        rows.append(row)
    return rows


def _measure_once(config: Config) -> dict[str, float]:
    """Run a test: seconds an image by part, and AP."""
    runner = build_runner(config, ('test',))
    reading = ReadingTime()
    runner.register_hook(reading)
    metric = Stopwatch(runner.test_evaluator, 'process', 'evaluate')
    figures: dict[str, float] = {}
    seconds = split_time(runner.model, PARTS, lambda: figures.update(runner.test()))
    whole = sum(seconds.values())
    rest = seconds.pop(REST) - reading.seconds - metric.seconds
    seconds = {READING: reading.seconds, **seconds, LEFT: rest, METRIC: metric.seconds}
    images = len(runner.test_dataloader.dataset)
    of_image = {part: each / images for part, each in seconds.items()}
    return {**of_image, WHOLE: whole / images, AP: figures[AP]}


def _config(case: str, data: Path, precision: str) -> Config:
    """Make the config of a test."""
    file, weights = CASES[case]
    config = Config.fromfile(file)
    config.model.test_cfg.update(PROTOCOL)
    loader = config.test_dataloader
    loader.update(num_workers=0, persistent_workers=False)  # nothing at the same time
    ann_file = str(data / 'annotations/lvis_val.json')
    loader.dataset = dict(
        type='LvisTextDataset', data_root=f'{data}/', ann_file=ann_file,
        data_prefix=dict(img=''), test_mode=True, pipeline=loader.dataset.pipeline,
    )  # fmt: skip
    config.test_evaluator = dict(type='StreamingLVISMetric', ann_file=ann_file)
    hook = dict(type='ComputePrecision', precision=precision)
    config.custom_hooks = [*config.get('custom_hooks', ()), hook]
    config.load_from, config.work_dir = weights, str(data.parent)
    # mmengine keeps one visualiser per name and process, with its folder.
    config.visualizer.name = f'{data.parent}_{precision}'
    return config
