"""gpu_check.py: the CPU against itself, no GPU, and that what is wrong is seen."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from glipv2.benchmarks.gpu.amp_curves import judge
from glipv2.benchmarks.gpu.equality import (
    SameNumbers,
    gradient_difference,
    prediction_difference,
)
from glipv2.benchmarks.gpu.isolated import run_alone
from glipv2.benchmarks.gpu.report import markdown
from glipv2.benchmarks.gpu.settings import CannotRunError, Findings, Settings

SCRIPT = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'gpu_check.py'


def run_script(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        capture_output=True, text=True,
        env=os.environ | {'CUDA_VISIBLE_DEVICES': ''},
    )  # fmt: skip


def test_the_cpu_equals_itself_in_every_part(tmp_path: Path) -> None:
    out = tmp_path / 'new' / 'cpu.json'
    done = run_script('--device', 'cpu', '--out', out)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    report = json.loads(out.read_text())
    parts = report['parts']
    for name in ('equality', 'deformable', 'amp_curves', 'exported'):
        assert parts[name]['passed'] is True, name
    assert parts['waits']['could_not'] == 'only a GPU is waited for'
    assert {row['peer'] for row in parts['against_peers']['rows']} == {
        'mmdet-glip', 'hf-grounding-dino',
    }  # fmt: skip
    assert len({row['head'] for row in parts['equality']['rows']}) == 8
    assert report['versions']['torch'] == torch.__version__
    assert done.stdout.count('### ') == 6
    assert '| tiny | captions | 0 |' in done.stdout


def test_without_a_gpu_it_says_so_in_one_line(tmp_path: Path) -> None:
    done = run_script('--parts', 'equality', '--out', tmp_path / 'gpu.json')
    assert done.returncode == 2
    assert done.stdout == ''
    assert 'torch finds no GPU here; with a GPU' in done.stderr.splitlines()[-1]
    assert not (tmp_path / 'gpu.json').exists()


def break_down(_: Settings) -> Findings:
    os._exit(7)


def lack_memory(_: Settings) -> Findings:
    raise RuntimeError('CUDA out of memory. Tried to allocate\nmore')


def lack_package(_: Settings) -> Findings:
    import package_that_is_not_there  # noqa: F401


def refuse(_: Settings) -> Findings:
    raise CannotRunError('not here')


@pytest.mark.parametrize(
    ('check', 'said'),
    [
        (break_down, 'its process died with exit code 7'),
        (lack_memory, 'too little memory: CUDA out of memory. Tried to allocate'),
        (lack_package, "a package is missing: No module named 'package_that_is"),
        (refuse, 'not here'),
    ],
)  # fmt: skip
def test_a_part_that_fails_says_why_and_ends_nothing_else(
    check: object, said: str, capfd: pytest.CaptureFixture
) -> None:
    with capfd.disabled():
        found = run_alone(lambda: check, Settings('cpu'))
    assert found['could_not'].startswith(said)
    assert 'Not run: ' + said in markdown('Title', found)


def sample_of(boxes: list, scores: list, **keys: object) -> DetDataSample:
    sample = DetDataSample()
    sample.pred_instances = InstanceData(
        bboxes=torch.tensor(boxes), scores=torch.tensor(scores),
        labels=torch.arange(len(boxes)),
    )  # fmt: skip
    for key, value in keys.items():
        setattr(sample, key, value)
    return sample


def test_differences_of_predictions_are_seen() -> None:
    boxes = [[0.0, 0, 9, 9], [5.0, 5, 20, 20]]
    right = sample_of(boxes, [0.8, 0.4], pred_caption='a dog')
    assert prediction_difference([right], [right]) == dict(
        scores=0, alone=0, texts='same'
    )
    moved = sample_of([boxes[0], [5.0, 5, 20, 22]], [0.8, 0.4], pred_caption='a cat')
    found = prediction_difference([moved], [right])
    assert found == dict(scores=0, alone=0.5, texts='differ')
    louder = sample_of(boxes, [0.8, 0.5], pred_caption='a dog')
    assert prediction_difference([louder], [right])['scores'] == pytest.approx(0.125)


def test_differences_of_gradients_are_seen() -> None:
    right = dict(a=torch.tensor([3.0, 4.0]), b=torch.tensor([0.1]))
    assert gradient_difference(right, right) == 0
    other = dict(right, b=torch.tensor([0.2]))
    assert gradient_difference(other, right) == pytest.approx(1, rel=1e-2)
    assert gradient_difference(dict(a=right['a']), right) == float('inf')


@pytest.mark.parametrize(
    ('end', 'passed'), [(2.0, True), (2.09, True), (2.2, False), (float('nan'), False)]
)
def test_curves_that_part_are_wrong(end: float, passed: bool) -> None:
    reference = [4.0] * 8 + [2.0] * 2
    found = judge(dict(float32=reference, float16=[4.0] * 8 + [end] * 2))
    assert found.passed is passed
    assert found.rows[0]['step 10'] == 2.0


def test_random_numbers_are_the_cpus_on_any_device() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3), torch.randperm(4), torch.randint_like(torch.ones(2), 9)
    torch.manual_seed(0)
    with SameNumbers():
        found = (
            torch.rand(3, device='cpu'), torch.randperm(4, device='cpu'),
            torch.randint_like(torch.ones(2), 9),
        )  # fmt: skip
        assert torch.rand(3, device='meta').device.type == 'meta'
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
