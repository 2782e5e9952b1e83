"""Files with other words for names: descriptions, definitions, prompts as they are."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmengine.fileio import load

from ..data_page import missing_data
from .name_layout import WORDING_KEYS, clean_name

Wording = dict[str, dict[str, str]]
GPT_TEXTS = 3  # of GPT-3 that follow a definition, as GLIP's README has it
KINDS = (
    'DesCo\'s descriptions ([{"object", "gpt3_output"}, ...]), K-LITE\'s knowledge '
    '({name: {"clean_name", "def_wiki", ...}}) or caption prompts '
    '({name: {"prefix", "name", "suffix"}})'
)


def read_wording(file: str | Path) -> Wording:
    """Read other words for names; what the file is, is told by its content.

    Args:
        file: ``.json`` or ``.yaml``: DesCo's descriptions, K-LITE's knowledge, or
            ``{name: {prefix, name, suffix}}``.

    Returns:
        As ``caption_prompt`` of :func:`lay_out_names`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none of these (names the entry).
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise missing_data(path, 'file of descriptions')
    try:
        content = load(path)
    except Exception as error:  # of two parsers
        raise ValueError(f'{path} cannot be read as .json or .yaml: {error}') from error
    try:
        return _wording_of(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path} is none of: {KINDS}') from error


def described(name: str, kind: str, features: Sequence[str]) -> dict[str, str]:
    """Word a name as DesCo does: ``'mallet, a kind of tool, long handle, ...'``.

    The score is that of name, kind and the comma after it.

    Args:
        name: The class name as the user wrote it.
        kind: What it is, such as ``'a kind of tool'``.
        features: What it looks like.
    """
    words = f'{clean_name(name)}, {kind}'
    if not features:
        return dict(name=words)
    return dict(name=f'{words},', suffix=f' {", ".join(features)}')


def _wording_of(content: object) -> Wording:
    if isinstance(content, list):
        return {entry['object']: _of_desco(entry) for entry in content}
    if not isinstance(content, Mapping) or not content:
        raise TypeError
    entries = {str(name): entry for name, entry in content.items()}
    if all(set(entry) <= set(WORDING_KEYS) for entry in entries.values()):
        return {name: dict(entry) for name, entry in entries.items()}
    return {name: _of_klite(entry) for name, entry in entries.items() if name}


def _of_desco(entry: Mapping[str, str]) -> dict[str, str]:
    """Read an answer of GPT-3; some are no JSON, and these are plain objects there."""
    try:
        answer = json.loads(entry['gpt3_output'].strip('\n'))
        kind, features = f'a kind of {answer["type"]}', answer['description']
        return described(entry['object'], kind, features.split('; '))
    except (ValueError, KeyError, TypeError, AttributeError):
        return described(entry['object'], 'object', ())


def _of_klite(entry: Mapping) -> dict[str, str]:
    name, definition = entry['clean_name'], entry['def_wiki'] or ''
    texts = (entry.get('gpt3') or [])[:GPT_TEXTS]
    known = f'{definition}{" ".join(texts)}'
    return dict(name=name, suffix=f': {known}') if known else dict(name=name)
