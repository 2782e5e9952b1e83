"""What the benchmark measures with, and what it writes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from glipv2.benchmarks.measure import count_operations, split_time, time_in_turns
from glipv2.benchmarks.peers.cases import DINO, MMDET, result_of, title_of
from glipv2.benchmarks.peers.parity import absolute, relative


def test_a_row_says_how_much_of_the_peer_we_take() -> None:
    title = title_of('names80', (480, 640), 120)
    row = result_of(title, DINO, (1.0, 4.0), 1.2, (100, 400), None)
    assert row == {
        'case': '80 names, 480x640', 'against': 'Grounding DINO (Swin-T)',
        'here, s': 1.0, 'first image, s': 1.2, 'there, s': 4.0, 'time': 0.25,
        'here, MB': 100, 'there, MB': 400, 'memory': 0.25, 'largest difference': '',
    }  # fmt: skip
    assert result_of(title, MMDET, (1, 4), 1, (1, 4), 2.34e-5).pop(
        'largest difference'
    ) == pytest.approx(2.3e-5)
    assert title_of('lvis_chunks', (480, 640), 120).startswith('120 LVIS names in')


def test_calls_take_turns_after_one_that_does_not_count() -> None:
    calls = []

    def slow_at_first() -> None:
        calls.append('a')
        time.sleep(1 if len(calls) == 1 else 0.01)

    seconds = time_in_turns((slow_at_first, lambda: calls.append('b')), 3)
    assert ''.join(calls) == 'ab' * 4
    assert seconds[1] < 0.01 <= seconds[0] < 1


def test_differences() -> None:
    ours, theirs = torch.tensor([1.0, 9.0]), torch.tensor([2.0, 10.0])
    assert absolute(ours, theirs) == 1
    assert relative(ours, theirs) == pytest.approx(0.1)


class TwoParts(nn.Module):
    """A matrix product and a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Linear(100, 200)
        self.pixels = nn.Conv2d(1, 2, 3, bias=False)

    def forward(self, words: torch.Tensor, pixels: torch.Tensor) -> None:
        self.words(words)
        self.pixels(pixels)


def test_operations_and_time_are_those_of_the_parts() -> None:
    model = TwoParts()
    parts = {'Linear': 'text', 'Conv2d': 'backbone'}

    def run() -> None:
        model(torch.ones(50, 100), torch.ones(1, 1, 12, 12))

    found = count_operations(model, parts, run)
    assert found['text'] == pytest.approx(2 * 50 * 100 * 200 / 1e9)
    assert found['backbone'] == pytest.approx(2 * 2 * 9 * 100 / 1e9)
    assert found['rest'] == pytest.approx(0)
    seconds = split_time(model, parts, run)
    assert set(seconds) == {'text', 'backbone', 'rest'}
    assert min(seconds.values()) >= 0


HOLDS = """
import torch
from glipv2.benchmarks.measure import own_peak
before = own_peak()
held = torch.ones(300 << 18)  # 300 MB
del held
print(own_peak() - before)
"""


def test_peak_counts_what_was_held() -> None:
    """In a process of its own: this one has held more before."""
    tools = Path(__file__).parents[2] / 'tools' / 'analysis_tools'
    done = subprocess.run(
        [sys.executable, '-c', HOLDS], cwd=tools, capture_output=True, text=True
    )
    assert 250 < float(done.stdout.split()[-1]) < 600, done.stderr
