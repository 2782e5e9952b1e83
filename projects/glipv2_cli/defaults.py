"""Defaults that ``--help`` shows, read from ``glipv2`` without importing it."""

import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

(FOLDER,) = find_spec('glipv2').submodule_search_locations


def default_of(name: str) -> Any:
    """Get a constant of ``glipv2.apis.defaults``.

    Args:
        name: Such as ``SCORE``.
    """
    return runpy.run_path(str(Path(FOLDER) / 'apis' / 'defaults.py'))[name]
