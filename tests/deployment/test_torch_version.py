"""A torch that cannot export says so in one line, and help is given all the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from glipv2.deployment import ExportedModel, ExportOptions
from glipv2.deployment.torch_version import MINIMUM, check_torch

SCRIPT = Path(__file__).parents[2] / 'tools' / 'deployment' / 'export.py'
# Takes from a newer torch what its versions before 2.3 lack and exporting needs.
OLD_TORCH = """
import torch
import torch.export

if torch.__version__ >= '2.9':
    torch.__version__ = '2.8.0'
    del torch.export.Dim, torch._higher_order_ops.while_loop
"""


@pytest.mark.parametrize('version', ['2.1.2+cu121', '2.5.1', '2.8.0', '2.8.1.dev0'])
@pytest.mark.parametrize('what', ['write onnx', 'write torch', 'write aoti', 'read'])
def test_an_older_torch_is_refused(
    what: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'model.pt2').touch()
    monkeypatch.setattr(torch, '__version__', version)
    with pytest.raises(ImportError, match=rf'torch {MINIMUM} or later') as caught:
        if what == 'read':
            ExportedModel(tmp_path / 'model.pt2', trust_code=True)
        else:
            ExportOptions(what.split()[1]).check()
    assert f'but {version} is installed' in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('version', ['2.9.0', '2.9.0rc1', '2.10.0+cpu', '3.0'])
def test_a_newer_torch_is_accepted(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, '__version__', version)
    check_torch('exporting a model')


def run_script(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run the command line on a torch that lacks what exporting needs."""
    (tmp_path / 'sitecustomize.py').write_text(OLD_TORCH)
    paths = (str(tmp_path), os.environ.get('PYTHONPATH', ''))
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        env=os.environ | {'PYTHONPATH': os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
    )


def test_help_says_which_torch_is_needed(tmp_path: Path) -> None:
    shown = run_script(tmp_path, '--help')
    assert shown.returncode == 0, shown.stderr
    assert f'Needs torch {MINIMUM} or later.' in shown.stdout


def test_the_command_line_refuses_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / 'config.py'
    config.touch()
    refused = run_script(
        tmp_path, str(config), 'none.pth', '--texts', 'dog', '--dynamic'
    )
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert last.startswith(f'export.py: error: exporting a model needs torch {MINIMUM}')
    assert 'Traceback' not in refused.stderr
