"""What a config that comes with weights may name: registered parts of a model, no more.

mmengine's registries import any dotted ``type``, and mmcv evaluates the ``type`` of a
suppression; either would run what a stranger's file says.
"""

import re
from collections.abc import Mapping
from typing import Any

from mmdet import registry
from mmengine.registry import Registry

# What predicting needs of a config; the rest (hooks, loops, evaluators) is left out.
KEPT_KEYS = (
    'model', 'test_dataloader', 'test_pipeline', 'default_scope', 'custom_imports',
    'visualizer',
)  # fmt: skip
IMPORTS = ('glipv2',)
REGISTRIES = ('MODELS', 'TASK_UTILS', 'TRANSFORMS', 'DATASETS', 'VISUALIZERS')
# Detectors are left out: some read other config files when they are built.
PACKAGES = (
    'glipv2', 'torch.nn', 'mmcv.cnn', 'mmcv.ops', 'mmcv.transforms', 'mmengine.model',
    'mmengine.dataset', 'mmdet.datasets', 'mmdet.visualization',
    *(f'mmdet.models.{room}' for room in (
        'backbones', 'data_preprocessors', 'dense_heads', 'layers', 'losses', 'necks',
        'roi_heads', 'task_modules',
    )),
)  # fmt: skip
# What mmdet and mmcv look up in mmcv's operators by name, or evaluate.
OPERATORS = ('nms', 'soft_nms', 'RoIAlign', 'RoIPool')
SCOPES = ('mmengine', 'mmcv', 'mmdet')
# Left out: the weights are there, images come from the caller, and each may name other
# files or servers.
LEFT_OUT = ('init_cfg', 'backend_args', 'file_client_args')
# What is looked up in the hub if it is no folder: the hub would be asked for a
# stranger's name, and would send what its owner likes.
HUB_KEYS = ('source', 'tokenizer', 'tokenizer_name', 'lang_model_name')
HUB_NAMES = (
    'bert-base-uncased', 'roberta-base', 'openai/clip-vit-base-patch32',
    'openai/clip-vit-large-patch14',
)  # fmt: skip
NO_HUB_NAME = ('package:', '/', './', '../', '~')
LARGEST = 1 << 20  # number of a model: more than a vocabulary has
_NAME = re.compile(rf'(?:(?:{"|".join(SCOPES)})\.)?([A-Za-z]\w*)')


def plain_config(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what predicting needs, and refuse what a registry does not hold.

    Args:
        values: The config.

    Returns:
        Its kept keys, without initialisations: the weights are there, and some would
        read other files.

    Raises:
        ValueError: If something else than glipv2 is to be imported, or a ``type`` is no
            registered part (names it), or a text would be fetched from the hub.
    """
    kept = {key: values[key] for key in KEPT_KEYS if key in values}
    imports = kept.get('custom_imports', {})
    names = imports.get('imports', ()) if isinstance(imports, Mapping) else (imports,)
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in IMPORTS:
            raise ValueError(f'it imports {name!r}')
    scope = kept.get('default_scope', SCOPES[-1])
    if scope not in SCOPES:
        raise ValueError(f'its default_scope is {scope!r}')
    # Of a loader its pipeline is used, of a visualiser its style.
    if 'test_dataloader' in kept:
        kept['test_dataloader'] = _only(kept['test_dataloader'], 'dataset')
    if kept.get('visualizer'):
        kept['visualizer'] = _without(kept['visualizer'], 'vis_backends')
    _refuse_huge(kept.get('model'))
    known = registered_names()
    return {
        key: value if key == 'custom_imports' else _checked(value, known)
        for key, value in kept.items()
    }


def registered_names() -> frozenset[str]:
    """List the parts of a model that a config may name.

    Returns:
        The names under which registries hold them.
    """
    names = set(OPERATORS)
    for name in REGISTRIES:
        holder: Registry | None = getattr(registry, name)
        while holder is not None:
            for key, part in holder.module_dict.items():
                module = getattr(part, '__module__', '')
                if any(module == x or module.startswith(f'{x}.') for x in PACKAGES):
                    names.add(key)
            holder = holder.parent
    return frozenset(names)


def _checked(value: Any, known: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        if '_scope_' in value and value['_scope_'] not in SCOPES:
            raise ValueError(f'a part has the scope {value["_scope_"]!r}')
        if 'type' in value:
            kind = value['type']
            name = _NAME.fullmatch(kind) if isinstance(kind, str) else None
            if name is None or name[1] not in known:
                raise ValueError(f'{kind!r} is no registered part of a model')
        for key in HUB_KEYS:
            _refuse_hub_name(key, value.get(key))
        return {
            key: None if key in LEFT_OUT else _checked(item, known)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set)):
        return type(value)(_checked(item, known) for item in value)
    return value


def _refuse_hub_name(key: str, value: Any) -> None:
    is_own = isinstance(value, str) and value not in HUB_NAMES
    if is_own and not value.startswith(NO_HUB_NAME):
        raise ValueError(f'its {key} {value!r} would be fetched from the hub')


def _refuse_huge(value: Any) -> None:
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set)):
        for item in value:
            _refuse_huge(item)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(f'no model needs a number above {LARGEST}, but one is there')


def _only(part: Any, key: str) -> dict[str, Any]:
    return {key: part[key]} if isinstance(part, Mapping) and key in part else {}


def _without(part: Any, key: str) -> dict[str, Any]:
    return {k: v for k, v in dict(part).items() if k != key}
