"""Ways to learn what is not there: options that reach the config, rows by hand."""

import pytest
from mmengine.config import Config

from glipv2.benchmarks.absence import COLUMNS
from glipv2.benchmarks.absence_training import AP, WAYS, options_of, table_rows
from glipv2.engine.config_options import parse_value
from glipv2.quickstart import detection


@pytest.mark.parametrize('way', WAYS)
def test_options_reach_the_config(way: str) -> None:
    config = Config.fromfile(detection.CONFIG)
    before = len(config.train_dataloader.dataset.pipeline)
    given = [option.split('=', 1) for option in options_of(way)]
    config.merge_from_dict({key: parse_value(value) for key, value in given})
    pipeline = config.train_dataloader.dataset.pipeline
    (prompt,) = [x for x in pipeline if x['type'] == 'SampleDetectionPrompt']
    assert len(pipeline) == before
    for key, value in WAYS[way].prompt.items():
        found = prompt
        for part in key.split('.'):
            found = found[part]
        assert found == value
    assert ('presence_head' in config.model) is (way == 'presence')


def test_rows_are_means_over_the_seeds() -> None:
    def run(value: float) -> dict[str, float]:
        kinds = {f'{k}/{x}': value for k in ('a', 'b') for x in COLUMNS.values()}
        return kinds | {AP: value + 0.1}

    found = {('one', 0): run(0.1), ('two', 0): run(0.5), ('one', 1): run(0.3)}
    rows = table_rows(found, ('a', 'b'))
    assert [(r['trained as'], r['scores'], r['seeds']) for r in rows] == [
        ('one', 'a', 2), ('one', 'b', 2), ('two', 'a', 1), ('two', 'b', 1),
    ]  # fmt: skip
    assert rows[0]['cgF1'] == '0.200 ± 0.141' and rows[0]['AP'] == '0.300 ± 0.141'
    assert rows[2]['cgF1'] == '0.500'
