"""Options of a command line, and those that a config's other values follow."""

import argparse
import ast
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config, DictAction

from ..renamed import refuse_old_names

# mmengine's `{{$NAME:default}}`, which it pastes into a config before it reads it.
PASTED = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:')
# What a config reads itself may have any characters.
READ = re.compile(r'os\.environ\.get\(\s*[\'"](\w+)[\'"]')
BRACKETS = ('[]', '()')
# A dictionary, or a list of some, as configs write it; mmengine's action knows none.
WITH_DICT = re.compile(r'^[\[(\s]*(dict\s*\(.*\)|\{.*:.*\})[\])\s,]*$', re.DOTALL)
SPACE = '\ue000'  # of Unicode's private use: nobody types it


class Options(dict):
    """Values by key; ``texts`` has them as they were typed."""

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(values or {})
        self.texts = dict(texts or {})


class ConfigOptions(DictAction):
    """mmengine's ``--cfg-options`` action, with errors that argparse can show.

    Spaces in values are kept, and an apostrophe at one end, so that paths arrive.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Add the options to the namespace.

        Args:
            parser: Its parser.
            namespace: Where they go.
            values: Options, each ``key=value``.
            option_string: How the user spelled the argument.

        Raises:
            ArgumentError: If one is no ``key=value``, or its brackets do not match.
        """
        before = getattr(namespace, self.dest, None) or {}
        options = Options(before, getattr(before, 'texts', {}))
        for option in values:
            key, sign, text = option.partition('=')
            if not key or not sign:
                raise argparse.ArgumentError(self, f'{option!r} is not key=value')
            try:
                options[key] = parse_value(text)
            except AssertionError as error:
                raise argparse.ArgumentError(self, str(error)) from error
            options.texts[key] = _unquoted(text)
        setattr(namespace, self.dest, options)


def parse_value(text: str) -> Any:
    """Parse a value as mmengine's ``DictAction`` does, but keep spaces in it.

    Args:
        text: A number, ``True``, ``None``, a list in brackets or with commas,
            ``dict(key=value)`` or a list of these, or a string.

    Raises:
        AssertionError: If brackets of a list do not match, or a dictionary is not
            written as in a config.
    """
    text = _unquoted(text)
    if WITH_DICT.match(text):
        try:
            return _value_of(ast.parse(text.strip(), mode='eval').body)
        except (SyntaxError, ValueError) as error:
            raise AssertionError(
                f'{text!r} is no dict(key=value) as configs have it: {error}'
            ) from error
    is_list = _is_bracketed(text)
    if not is_list and ',' not in text:
        return DictAction._parse_int_float_bool(text)
    together = re.sub(r'\s*([,()\[\]])\s*', r'\1', text).replace(' ', SPACE)
    try:
        return _with_spaces(DictAction._parse_iterable(together))
    except AssertionError:
        if is_list:
            raise
        return text  # a path


def read_config(path: str | Path) -> Config:
    """Read a config.

    Args:
        path: Its file.

    Returns:
        The config.

    Raises:
        ValueError: If it cannot be read (says why).
    """
    return _read(path, f'the config {path} cannot be read')


def read_config_with(path: str | Path, options: Mapping[str, Any]) -> Config:
    """Read a config, with options that its other values follow.

    An option ``data_root=...`` that is merged into a config that was read comes too
    late for the paths made of it. A config may therefore read
    ``os.environ.get('DATA_ROOT', 'data/')``, or let mmengine paste
    ``{{$DATA_ROOT:data/}}``: then the option is filled in first.

    Args:
        path: The config.
        options: As of ``--cfg-options``. Where the config has a path, an option that
            was typed is taken as it was typed.

    Returns:
        The config with all options.

    Raises:
        KeyError: If an option does not fit the config.
        TypeError: If an option does not fit the config.
        ValueError: If the config uses an old name (says the new one), or cannot be
            read, also with what is pasted into it.
    """
    texts = getattr(options, 'texts', {})
    before = dict(os.environ)
    safe = {name: _for_pasting(value) for name, value in before.items()}
    with _environment(safe):  # to find the names
        config = read_config(path)
    read = set(READ.findall(config.text))  # includes its bases
    pasted = set(PASTED.findall(config.text)) - read
    early = {
        key: texts.get(key, str(value))
        for key, value in options.items()
        if key.upper() in read | pasted
    }
    if early or any(safe.get(name) != before.get(name) for name in read):
        wanted = before | {key.upper(): value for key, value in early.items()}
        for name in pasted & wanted.keys():
            wanted[name] = _for_pasting(wanted[name])
        with _environment(wanted):
            config = _read_pasted(path, early)
    late = {
        key: _as_typed(value, texts.get(key), _present(config, key))
        for key, value in options.items()
        if key not in early
    }
    config.merge_from_dict(late)
    refuse_old_names(config)
    return config


def _read_pasted(path: str | Path, early: Mapping[str, str]) -> Config:
    given = ', '.join(f'{key}={value!r}' for key, value in early.items())
    return _read(path, f'{path} cannot be read with {given}')


def _read(path: str | Path, refusal: str) -> Config:
    try:
        return Config.fromfile(path)
    except Exception as error:  # of any code
        said = ' '.join(str(error).split())
        raise ValueError(f'{refusal}: {type(error).__name__}: {said}') from error


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _for_pasting(value: str) -> str:
    """Write a value as inside a string of Python, then as mmengine's regex needs it."""
    quoted = value.replace('\\', '\\\\').replace('\n', '\\n')
    for quote in ('"', "'"):
        quoted = quoted.replace(quote, f'\\{quote}')
    return quoted.replace('\\', '\\\\')


def _as_typed(value: Any, text: str | None, present: Any) -> Any:
    """Choose the text of an option where the config has a path."""
    if text is None or value is None or isinstance(value, bool) or _is_bracketed(text):
        return value
    is_path = isinstance(present, str) and re.search(r'[/\\]', present + text)
    return text if is_path else value


def _present(config: Config, key: str) -> Any:
    value: Any = config
    for part in key.split('.'):
        if isinstance(value, (list, tuple)) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, (Config, Mapping)) else None
    return value


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in ('"', "'")
    return text[1:-1] if is_quoted else text


def _is_bracketed(text: str) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] + text[-1] in BRACKETS


def _value_of(node: ast.expr) -> Any:
    """Read a value with dictionaries; only ``dict`` is called."""
    if isinstance(node, ast.List):
        return [_value_of(each) for each in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_value_of(each) for each in node.elts)
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [ast.literal_eval(key) for key in node.keys]
        return dict(zip(keys, map(_value_of, node.values)))
    if isinstance(node, ast.Call):
        names = [keyword.arg for keyword in node.keywords]
        is_dict = isinstance(node.func, ast.Name) and node.func.id == 'dict'
        if not is_dict or node.args or None in names:
            raise ValueError(f'{ast.unparse(node)} is not dict(key=value)')
        return {each.arg: _value_of(each.value) for each in node.keywords}
    return ast.literal_eval(node)


def _with_spaces(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_with_spaces(each) for each in value)
    return value.replace(SPACE, ' ') if isinstance(value, str) else value
