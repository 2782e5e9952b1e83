"""What examples bring, for names that a detector was never trained on."""

import statistics
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner, TestLoop

from ..engine.by_example.coco_bank import bank_of_coco
from ..engine.by_example.query_maker import QueryMaker
from ..engine.test_pipeline import build_loader, build_pipeline

AP50 = 'coco/bbox_mAP_50'
PACK = 'PackTextDetInputs'
Row = dict[str, object]


def measure_by_example(
    config: Config,
    split: str,
    examples: Path,
    counts: Sequence[int],
    seeds: Sequence[int],
) -> list[Row]:
    """Test a detector without examples and with some, and with its names hidden.

    Args:
        config: Test of an EmojiScenes, with ``load_from`` and ``work_dir``.
        split: Of the images that are tested.
        examples: Folder of another EmojiScenes, whose ``split`` the examples are of.
        counts: Examples of a name.
        seeds: Of the choice of examples.

    Returns:
        Rows of a table: AP50, and its standard deviation over the seeds.
    """
    dataset = config.test_dataloader.dataset
    dataset.update(
        ann_file=f'annotations/instances_{split}.json',
        data_prefix=dict(img=f'{split}/'),
    )
    config.test_evaluator.ann_file = str(Path(dataset.data_root) / dataset.ann_file)
    runner = Runner.from_cfg(config)
    runner.load_or_resume()
    runner.call_hook('before_run')
    maker = QueryMaker(runner.model.eval(), build_pipeline(config, with_loader=False))
    rows = [_row(0, False, [_test(runner, config)])]
    banks = []
    for seed in seeds:
        bank = Path(config.work_dir) / f'examples_seed{seed}.safetensors'
        bank_of_coco(
            maker,
            build_loader(config),
            examples / f'annotations/instances_{split}.json',
            examples / split,
            max(counts),
            seed,
        ).save(bank)
        banks.append(bank)
    for count in counts:
        for hidden in (False, True):
            found = [_test(runner, config, bank, count, hidden) for bank in banks]
            rows.append(_row(count, hidden, found))
    return rows


def _test(
    runner: Runner,
    config: Config,
    bank: Path | None = None,
    count: int = 1,
    hidden: bool = False,
) -> float:
    loader = ConfigDict(deepcopy(config.test_dataloader.to_dict()))
    if bank is not None:
        pipeline = loader.dataset.pipeline
        place = [step['type'] for step in pipeline].index(PACK)
        step = dict(
            type='ShowExamples', bank=str(bank), number=(count, count), random=False,
            hide_prob=float(hidden),
        )  # fmt: skip
        pipeline.insert(place, step)
    return float(TestLoop(runner, loader, config.test_evaluator).run()[AP50])


def _row(count: int, hidden: bool, found: Sequence[float]) -> Row:
    spread = round(statistics.stdev(found), 3) if len(found) > 1 else ''
    return {
        'examples of a name': count,
        'names': 'hidden' if hidden else 'given',
        'AP50': round(statistics.mean(found), 3),
        'standard deviation': spread,
    }
