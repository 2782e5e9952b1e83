"""Rows of the speed table: ratios, operations and the share of the peak."""

from pathlib import Path

import pytest
import torch
from torch import nn

from glipv2.benchmarks.cpu_speed import (
    EAGER,
    measure_calls,
    measure_steps,
    operations_of,
    rows_of,
)
from glipv2.benchmarks.measure import own_peak


def test_rows_of_products_that_are_the_peak() -> None:
    side = 1024
    runs = {}
    for name, dtype in (('float32', torch.float32), ('bfloat16', torch.bfloat16)):
        matrix = torch.rand(side, side).to(dtype)
        runs[f'eager, {name}'] = lambda matrix=matrix: matrix @ matrix
    runs['OpenVINO, int8'] = lambda: None
    rows = rows_of('products', runs, 5, 2 * side**3)
    assert [row['by'] for row in rows] == [*runs]
    assert rows[0]['of float32'] == 1
    for row in rows[:2]:
        assert row['1e9 operations'] == 2.1
        assert 0.1 < row['of the peak'] < 10  # the same products; machines are noisy
    assert rows[2]['of the peak'] == ''


def test_memory_is_of_processes_of_their_own(tmp_path: Path) -> None:
    ballast = torch.ones(1 << 28)  # 1 GiB
    rows = measure_calls('emoji', (96, 128), 1, tmp_path, [])
    assert [row['by'] for row in rows] == [*EAGER]
    for row in rows:
        assert row['what'] == 'emoji, 96x128' and row['seconds'] > 0
        assert 100 < row['memory, MB'] < own_peak() - ballast.nbytes / 2**21


def test_operations_of_a_layer() -> None:
    layer = nn.Linear(30, 20)
    counted = operations_of(layer, lambda: layer(torch.ones(5, 30)))
    assert counted == pytest.approx(2 * 5 * 30 * 20)


def test_training_steps() -> None:
    rows = measure_steps(1)
    assert [row['by'] for row in rows] == ['eager, float32', 'eager, bfloat16']
    for row in rows:
        assert row['seconds'] > 0
        assert row['1e9 operations'] == row['of the peak'] == ''
