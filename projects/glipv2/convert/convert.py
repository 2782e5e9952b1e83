"""Strict conversion: every key is mapped or named as ignored, every target filled."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .names import Entry, Shape

SHOWN_KEYS = 20
Ignored = Sequence[tuple[str, str]]  # patterns of keys, and why they are left out


# In front of the numbers of what reads examples: MQ-GLIP's name and ours.
GATED = (
    'language_backbone.body.model.encoder.qv_layer.',
    'text_encoder.example_reader.gated.',
)
TARGET = (
    'language_backbone.body.model.pre_select.layers.',
    'text_encoder.example_reader.target.',
)


def read_shape(keys: Sequence[str], swin: str, tower: str, bert: str) -> Shape:
    """Read a GLIP's depths from the keys of its file.

    Args:
        keys: All keys.
        swin: Prefix of the backbone's stages.
        tower: Prefix of the blocks of fusion and DyConv.
        bert: Prefix of BERT's layers.

    Raises:
        ValueError: If one of the three parts is missing (names it).
    """
    depths = read_depths(keys, swin)
    blocks, layers = count(keys, tower), count(keys, bert)
    # In published files attention, text layer and DyConv count as three.
    published = any(key.startswith(tower) and '.b_attn.' in key for key in keys)
    ours = any(
        key.startswith(tower) and '.attention.norm_visual.' in key for key in keys
    )
    return Shape(
        depths, blocks // 3 if published else blocks, published or ours, layers,
        gated=_count_any(keys, GATED), target=_count_any(keys, TARGET),
    )  # fmt: skip


def _count_any(keys: Sequence[str], prefixes: Sequence[str]) -> int:
    """Count parts that a model may lack, by the prefix that its keys have."""
    for prefix in prefixes:
        if any(key.startswith(prefix) for key in keys):
            return count(keys, prefix)
    return 0


def read_depths(keys: Sequence[str], prefix: str) -> tuple[int, ...]:
    """Count the blocks of each stage of a Swin.

    Raises:
        ValueError: If there is no stage.
    """
    stages = range(count(keys, prefix))
    return tuple(count(keys, f'{prefix}{stage}.blocks.') for stage in stages)


def convert(
    source: Mapping[str, Tensor],
    names: Mapping[str, Entry],
    ignored: Ignored,
    target: Mapping[str, torch.Size],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Convert published weights to ours.

    Args:
        source: Published weights.
        names: Ours by theirs.
        ignored: Patterns of keys that are left out, and why.
        target: Shapes of all of our weights.

    Returns:
        Our weights, and those left out.

    Raises:
        ValueError: If a key is unknown, a target stays empty or a shape differs.
    """
    state, unused, unknown, shapes = {}, {}, [], []
    for key, value in source.items():
        if any(re.search(pattern, key) for pattern, _ in ignored):
            unused[key] = value
            continue
        found = _find(key, names)
        if found is None:
            unknown.append(key)
            continue
        name, entry = found
        value = entry.form.forth(value)
        if name in target and value.shape != target[name]:
            shapes.append(
                f'{key} {tuple(source[key].shape)}, the model needs '
                f'{tuple(target[name])} in {name}'
            )
        state[name] = value
    problems = {
        'keys that the model does not have': unknown,
        'weights that the file lacks': sorted(target.keys() - state.keys()),
        'weights that the model lacks': sorted(state.keys() - target.keys()),
        'weights of another size': shapes,
    }
    _raise_any(problems)
    return state, unused


def revert(
    state: Mapping[str, Tensor],
    names: Mapping[str, Entry],
    unused: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """Convert our weights back to published names.

    Args:
        state: Our weights.
        names: Ours by theirs.
        unused: What :func:`convert` left out; put back as it was.

    Raises:
        ValueError: If one of our keys has no published name, or one is missing.
    """
    back = {entry.target: Entry(name, entry.form) for name, entry in names.items()}
    published, unknown, used = {}, [], set()
    for key, value in state.items():
        found = _find(key, back)
        if found is None:
            unknown.append(key)
            continue
        published[found[0]] = found[1].form.back(value)
        used.add(found[1].target)
    missing = sorted(
        entry.target for entry in back.values() if entry.target not in used
    )
    _raise_any({'keys that GLIP has no name for': unknown, 'missing parts': missing})
    return {**published, **unused}


def _find(key: str, names: Mapping[str, Entry]) -> tuple[str, Entry] | None:
    """Find a key's entry, or that of its module."""
    if key in names:
        return names[key].target, names[key]
    module, _, leaf = key.rpartition('.')
    if leaf in ('weight', 'bias') and module in names:
        return f'{names[module].target}.{leaf}', names[module]
    return None


def needed(weights: Mapping[str, Tensor], key: str) -> Tensor:
    """Take a weight by which a model is told.

    Args:
        weights: All weights of a file.
        key: Its name.

    Raises:
        ValueError: If it is not there.
    """
    if key not in weights:
        raise ValueError(f'the file is of another model or form: it has no key {key}')
    return weights[key]


def count(keys: Sequence[str], prefix: str) -> int:
    """Count parts that are numbered in the names of weights.

    Args:
        keys: All names.
        prefix: In front of the numbers.

    Raises:
        ValueError: If there is none.
    """
    found = (re.match(re.escape(prefix) + r'(\d+)\.', key) for key in keys)
    numbers = [int(match.group(1)) for match in found if match]
    if not numbers:
        raise ValueError(
            f'the file is of another model or form: it has no key {prefix}0..., but '
            f'begins with {", ".join(list(keys)[:3])}'
        )
    return max(numbers) + 1


def _raise_any(problems: Mapping[str, Sequence[str]]) -> None:
    listed = []
    for what, keys in problems.items():
        if keys:
            more = f', and {len(keys) - SHOWN_KEYS} more' * (len(keys) > SHOWN_KEYS)
            listed.append(f'{len(keys)} {what}: {", ".join(keys[:SHOWN_KEYS])}{more}')
    if listed:
        raise ValueError('nothing was written. ' + '; '.join(listed))
