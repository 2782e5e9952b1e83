"""The table that compares VQA heads; what is trained is tested with the config."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from glipv2.benchmarks.vqa_heads import (
    FIBERS_RATES,
    HEADS,
    KINDS,
    NEW_KINDS,
    OTHER_TASKS,
    table_rows,
    task_rows,
)
from glipv2.demo_data.categories import category_id
from glipv2.demo_data.new_questions import new_questions_of
from glipv2.engine.config_options import parse_value

SCHEDULE = Path('configs/_base_/schedules/vqa_finetune.py')


def figures(accuracy: float, steps: int = 9) -> dict[str, float]:
    found = {f'questions/{key}': accuracy for key in KINDS.values()}
    tasks = dict.fromkeys(OTHER_TASKS.values(), 0.5) | {'phrases/1': {'all': 0.9}}
    return found | tasks | {'steps': steps}


def test_rows_have_all_kinds_and_the_blind_baseline_last() -> None:
    blind = dict.fromkeys(KINDS.values(), 31.94)
    rows = table_rows({'cls1': figures(60.04), 'reader1': figures(80.0)}, blind)
    assert [row['head'] for row in rows] == [
        HEADS['cls1'].title, HEADS['reader1'].title, 'no image (blind)',
    ]  # fmt: skip
    assert rows[0]['how many'] == 60.0 and rows[2]['all'] == 31.9
    assert len({tuple(row) for row in rows}) == 1  # the same columns
    (tasks,) = task_rows({'cls1': figures(60.04)})
    assert tasks['box AP50'] == 0.5 and tasks['phrases, recall at 1'] == 0.9


def test_new_kinds_have_rows_of_their_own() -> None:
    asked = new_questions_of(
        np.random.default_rng(0),
        [scene(number % 3) for number in range(9)],
        ('key', 'bus', 'rocket', 'red apple'),
        96,
    )
    kinds = {question.question_type for question in asked}
    assert kinds == {*NEW_KINDS} - {'all'}
    found = {f'new_questions/{key}': 40.0 for key in NEW_KINDS.values()} | {'steps': 9}
    blind = dict.fromkeys(NEW_KINDS.values(), 5.0)
    rows = table_rows({'cls1': found}, blind, NEW_KINDS, 'new_questions')
    assert [row['count the'] for row in rows] == [40.0, 5.0]


def scene(keys: int) -> list[dict]:
    """A bus to the right of some keys, a rocket below."""
    things = [('key', 5, 5), ('key', 20, 8)][:keys]
    things += [('bus', 80, 8), ('rocket', 80, 80)]
    return [
        dict(category_id=category_id(name), bbox=[x, y, 10, 10])
        for name, x, y in things
    ]


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
