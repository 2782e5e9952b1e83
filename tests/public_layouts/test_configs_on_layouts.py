"""Every config trains and tests through the tools on the public sets' layouts."""

import json
from pathlib import Path

import pytest

from tests.public_layouts.conftest import ROOT, Workplace

CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'configs').rglob('*.py')
    if not {'_base_', 'distil'} & {*path.parts}
)


@pytest.mark.parametrize('path', CONFIGS)
def test_config_trains_and_tests(workplace: Workplace, path: str) -> None:
    checkpoint = workplace.trained(path)
    out = workplace.folder / 'tested' / Path(path).stem
    workplace.run_config(
        'tools/test.py', path, workplace.folder / path, checkpoint, '--work-dir', out
    )
    metrics = json.loads((out / 'benchmark.json').read_text())['metrics']
    assert metrics
