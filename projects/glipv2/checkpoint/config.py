"""Configs inside checkpoints, read without running them."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .config_types import plain_config

NUMBERS = {'inf': float('inf'), 'nan': float('nan')}


def config_of(checkpoint: Mapping, path: str | Path) -> Config:
    """Take the config out of a checkpoint.

    It is stored as Python code, which mmengine runs to read it. Here only assignments
    of plain values are read, and only what predicting needs is kept.

    Args:
        checkpoint: A checkpoint of mmengine's runner.
        path: Its file, for errors.

    Returns:
        The config. Its ``custom_imports`` name glipv2 alone, which is imported.

    Raises:
        ValueError: If there is no config, it holds other code, or it names something
            that is no registered part of a model.
    """
    runtime = checkpoint.get('message_hub', {}).get('runtime_info', {})
    text = runtime.get('cfg') or checkpoint.get('meta', {}).get('cfg')
    if not isinstance(text, str):
        raise ValueError(
            f'{path} carries no config; give the config that it was trained with, too'
        )
    try:
        return Config(plain_config(_read_assignments(text)))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(
            f'the config in {path} is refused: {error}. Give the config file, too'
        ) from error


def _read_assignments(text: str) -> dict:
    values = {}
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.Assign):
            raise ValueError(f'line {statement.lineno} is no assignment')
        for target in statement.targets:
            if not isinstance(target, ast.Name):
                raise ValueError(f'line {statement.lineno} is no assignment')
            values[target.id] = _value_of(statement.value)
    return values


def _value_of(node: ast.expr | None) -> Any:
    """Evaluate literals, and ``dict(...)`` of them."""
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == 'dict'):
            raise ValueError(f'line {node.lineno} calls {ast.unparse(node.func)}')
        parts = [_value_of(part) for part in node.args]
        named = {
            key.arg: _value_of(key.value)
            for key in node.keywords
            if key.arg is not None
        }
        parts += [_value_of(key.value) for key in node.keywords if key.arg is None]
        return {key: value for part in (*parts, named) for key, value in part.items()}
    if isinstance(node, ast.Dict):
        return {
            _value_of(key): _value_of(value)
            for key, value in zip(node.keys, node.values)
        }
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        kind = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return kind(_value_of(item) for item in node.elts)
    if isinstance(node, ast.Name) and node.id in NUMBERS:
        return NUMBERS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value_of(node.operand)
    if node is None:
        raise ValueError('a dict is unpacked')
    return ast.literal_eval(node)
