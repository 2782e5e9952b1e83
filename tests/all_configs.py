"""All configs of the repository that can be trained by, read once by a process."""

from copy import deepcopy
from functools import cache
from pathlib import Path

from mmengine.config import Config

ROOT = Path(__file__).parents[1]
# Those of `distil` are of mmdet's own detectors (test_distil_configs.py).
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'configs').rglob('*.py')
    if not {'_base_', 'distil'} & {*path.parts}
)


def config_of(path: str) -> Config:
    """Read a config of ``CONFIGS``; a copy may be changed."""
    return deepcopy(_read(path))


@cache
def _read(path: str) -> Config:
    return Config.fromfile(ROOT / path)
