"""Options that a config's other values are derived from."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from ..renamed import refuse_old_names

# mmengine's `{{$NAME:default}}`, which it fills in before it reads a config.
SUBSTITUTED = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:')


def read_config_with(path: str | Path, options: Mapping[str, Any]) -> Config:
    """Read a config, with options that its other values follow.

    An option ``data_root=...`` that is merged into a config that was read comes too
    late for the paths made of it. A config may therefore read ``{{$DATA_ROOT:data/}}``:
    then the option is filled in first.

    Args:
        path: The config.
        options: As of ``--cfg-options``.

    Returns:
        The config with all options.

    Raises:
        KeyError: If an option does not fit the config.
        TypeError: If an option does not fit the config.
        ValueError: If the config uses an old name (says the new one).
    """
    config = Config.fromfile(path)
    names = set(SUBSTITUTED.findall(config.text))  # includes its bases
    early = {key: str(x) for key, x in options.items() if key.upper() in names}
    if early:
        before = dict(os.environ)
        os.environ.update({key.upper(): value for key, value in early.items()})
        try:
            config = Config.fromfile(path)
        finally:
            os.environ.clear()
            os.environ.update(before)
    config.merge_from_dict({k: x for k, x in options.items() if k not in early})
    refuse_old_names(config)
    return config
