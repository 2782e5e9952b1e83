"""What configs called a type or a key before, and its name now."""

from collections.abc import Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, TypeVar

from mmengine.config import Config

Class = TypeVar('Class', bound=type)

TYPES = {
    'DivertBoxesToMask': 'HideAnswer',
    'DrawSampler': 'MixtureSampler',
    'PresentDatasets': 'AvailableDatasets',
}
KEYS = {
    'CocoTextDataset': {'allow_subset': 'allow_partial', 'bad_boxes': 'on_bad'},
    'LoadImage': {'skip_broken': 'on_bad'},
    'LoadTextMasks': {'bad_masks': 'on_bad'},
    'StreamingODVGDataset': {'bad_lines': 'on_bad'},
}
VALUES = {'on_bad': {'drop': 'skip', True: 'skip', False: 'error'}}  # by the new key


def refuse_old_names(config: Config | Mapping) -> None:
    """Refuse a config that uses an old name.

    Args:
        config: The whole config, or any part of it.

    Raises:
        ValueError: If there is one (names its place and what to write instead).
    """
    whole = config.to_dict() if isinstance(config, Config) else config
    for place, part in _parts_of(whole, ''):
        name = part.get('type')
        name = name if isinstance(name, str) else getattr(name, '__name__', '')
        name = name.rpartition('.')[2]  # without a registry's scope
        try:
            if name in TYPES:
                raise ValueError(f'{name} is now {TYPES[name]}')
            refuse_old_keys(name, part)
        except ValueError as error:
            raise ValueError(f'{place}: {error}' if place else str(error)) from None


def refuse_old_keys(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse the old keys of one type.

    Args:
        name: Of the type.
        settings: By key.

    Raises:
        ValueError: If there is one (says what to write instead).
    """
    for old, new in KEYS.get(name, {}).items():
        if old in settings:
            value = settings[old]
            known = isinstance(value, (str, bool))
            now = VALUES.get(new, {}).get(value, value) if known else value
            raise ValueError(f'{name}: {old}={value!r} is now {new}={now!r}')


def refusing_old_keys(cls: Class) -> Class:
    """Let a class's constructor refuse the old keys; a decorator.

    Args:
        cls: A class named in ``KEYS``.

    Returns:
        The class.
    """
    init: Any = cls.__init__  # type: ignore[misc]

    @wraps(init)
    def checked(self: object, *args: Any, **kwargs: Any) -> None:
        refuse_old_keys(cls.__name__, kwargs)
        init(self, *args, **kwargs)

    cls.__init__ = checked  # type: ignore[misc]
    return cls


def _parts_of(value: object, place: str) -> Iterator[tuple[str, Mapping]]:
    """Find all dicts in a config, with their dotted places."""
    if isinstance(value, Mapping):
        yield place, value
        inner: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, (list, tuple)):
        inner = enumerate(value)
    else:
        return
    for key, each in inner:
        yield from _parts_of(each, f'{place}.{key}'.lstrip('.'))
