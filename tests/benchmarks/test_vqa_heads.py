"""The table that compares VQA heads; what is trained is tested with the config."""

from pathlib import Path

import pytest
from mmengine.config import Config

from glipv2.benchmarks.vqa_heads import FIBERS_RATES, HEADS, KINDS, table_rows
from glipv2.engine.config_options import parse_value

SCHEDULE = Path('configs/_base_/schedules/vqa_finetune.py')


def figures(accuracy: float, steps: int = 9) -> dict[str, float]:
    found = {f'questions/{key}': accuracy for key in KINDS.values()}
    return found | {'boxes/coco/bbox_mAP_50': 0.5, 'steps': steps}


def test_rows_have_all_kinds_and_the_blind_baseline_last() -> None:
    blind = dict.fromkeys(KINDS.values(), 31.94)
    rows = table_rows({'cls1': figures(60.04), 'reader1': figures(80.0)}, blind)
    assert [row['head'] for row in rows] == [
        HEADS['cls1'].title, HEADS['reader1'].title, 'no image (blind)',
    ]  # fmt: skip
    assert rows[0]['how many'] == 60.0 and rows[2]['all'] == 31.9
    assert len({tuple(row) for row in rows}) == 1  # the same columns


def test_heads_of_different_trainings_are_not_compared() -> None:
    with pytest.raises(ValueError, match='same number of steps'):
        table_rows({'cls1': figures(1.0), 'cls2': figures(1.0, 10)}, {})


def test_fibers_rates_are_those_of_the_schedule() -> None:
    schedule = Config.fromfile(Path(__file__).parents[2] / SCHEDULE)
    given = Config()
    given.merge_from_dict(
        {
            key: parse_value(value)
            for key, value in (option.split('=') for option in FIBERS_RATES)
        }
    )
    wanted, own = schedule.optim_wrapper, given.optim_wrapper
    assert own.optimizer.lr == wanted.optimizer.lr
    keys = own.paramwise_cfg.custom_keys
    for name, rates in keys.items():
        assert rates == wanted.paramwise_cfg.custom_keys[name], name
