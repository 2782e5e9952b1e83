"""Test settings that hold for one call."""

from collections.abc import Mapping
from copy import deepcopy

from mmengine.config import ConfigDict


def with_settings(
    test_cfg: Mapping | None, settings: Mapping[str, object] | None
) -> ConfigDict | None:
    """Merge the settings of a call into a copy of a model's test settings.

    Args:
        test_cfg: The model's; calls share it, so it is never changed.
        settings: New values; None: no changes. A dict is merged into the one that is
            there.

    Returns:
        The settings of the call.
    """
    if not settings:
        return test_cfg
    new = ConfigDict(deepcopy(dict(test_cfg or {})))
    for key, value in settings.items():
        if isinstance(value, Mapping):
            value = dict(new.get(key) or {}, **value)
        new[key] = value
    return new
