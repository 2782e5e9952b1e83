"""The ablation of losses: options that reach the config, rows and curves by hand."""

from pathlib import Path

import pytest
from mmengine.config import Config
from PIL import Image

from glipv2.benchmarks.loss_ablation import (
    COLUMNS,
    CONFIG,
    DURING,
    RUNS,
    SETS,
    Ablation,
    curves_of,
    draw_curves,
    table_rows,
)
from glipv2.benchmarks.runs import MEASURED
from glipv2.engine.config_options import parse_value


@pytest.mark.parametrize('name', RUNS)
def test_a_run_has_its_losses_and_nothing_else_changes(name: str) -> None:
    config, before = Config.fromfile(CONFIG), Config.fromfile(CONFIG)
    given = dict(option.split('=', 1) for option in RUNS[name])
    config.merge_from_dict({key: parse_value(text) for key, text in given.items()})
    inter, words = config.model.contrastive_loss, config.model.mlm_head
    assert (inter is not None) is ('inter-image' in name or name == 'all three')
    assert (words is not None) is (name in ('+ masked words', 'all three'))
    if name not in SETS:
        changed = {key: x for key, x in inter.items() if key not in ('type', '_scope_')}
        plain = before.model.contrastive_loss
        assert {k: v for k, v in changed.items() if plain.get(k) != v}
    for part in ('contrastive_loss', 'mlm_head'):
        config.model.pop(part), before.model.pop(part)
    assert config.to_dict() == before.to_dict()


def figures(value: float, steps: int = 9) -> dict[str, float]:
    """Make the figures of a run without masked words."""
    found = dict.fromkeys(COLUMNS.values(), value) | dict(steps=steps)
    found.pop('masked_words/accuracy')
    return found


def test_rows_are_means_of_runs_of_equal_length() -> None:
    found = {('all three', 0): figures(0.1), ('all three', 1): figures(0.3)}
    found['grounding only', 0] = figures(0.5)
    both, alone = table_rows(found)
    assert (both['losses'], both['seeds'], alone['seeds']) == ('all three', 2, 1)
    assert both['val AP'] == '0.200 ± 0.141' and alone['val AP'] == '0.500'
    assert both['masked words'] == ''
    found['grounding only', 0] = figures(0.5, steps=8)
    with pytest.raises(ValueError, match='same number of steps'):
        table_rows(found)


def test_the_learning_rate_has_to_fall(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='more --steps than'):
        Ablation(tmp_path, 40, ['all three'], (0, 1))


def test_curves_are_means_over_the_seeds(tmp_path: Path) -> None:
    found = {
        ('all three', seed): figures(score) | {f'{DURING}{20 * (k + 1)}': x
                                               for k, x in enumerate(scores)}
        for seed, score, scores in ((0, 0.2, (0.1, 0.2)), (1, 0.6, (0.3, 0.6)))
    }  # fmt: skip
    curves = curves_of(found)
    assert curves == {'all three': {20: pytest.approx(0.2), 40: pytest.approx(0.4)}}
    draw_curves(curves, tmp_path / 'curves.png')
    assert Image.open(tmp_path / 'curves.png').width > 300


def test_what_is_finished_is_read(tmp_path: Path) -> None:
    work = Ablation(tmp_path, 100, ['all three', '+ masked words'], [0, 1])
    folder = work.folder('+ masked words', 1)
    folder.mkdir()
    (folder / MEASURED).write_text('{"steps": 100}')
    assert work.finished() == {('+ masked words', 1): {'steps': 100}}
