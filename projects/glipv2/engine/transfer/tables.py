"""Markdown tables of the transfer grid."""

import statistics
from collections.abc import Sequence

from .cells import MODES, ZERO_SHOT


def summary_tables(
    results: Sequence[dict], sets: Sequence[str], shots: Sequence[str]
) -> str:
    """Write mean and spread over seeds, of the mean over sets, per mode and shot.

    Args:
        results: Of the finished cells.
        sets: Names of the sets that the mean is to cover.
        shots: Columns.

    Returns:
        A table of the new tasks, one of the old task if it was measured, and one of
        each set.
    """
    parts = [
        f'AP on the test splits, mean of {len(sets)} sets ({", ".join(sets)}), '
        '± standard deviation over seeds:',
        _by_shot(results, sets, shots, 'new'),
    ]
    if any('old' in result for result in results):
        parts += [
            'AP on the old task after each run (0: before):',
            _by_shot(results, sets, shots, 'old'),
        ]
    parts += ['AP of each set, before → after:', _by_set(results, sets, shots)]
    return '\n\n'.join(parts) + '\n'


def over_sets(
    results: Sequence[dict],
    sets: Sequence[str],
    mode: str,
    shot: str | None,
    key: str = 'new',
) -> list[float]:
    """Average AP over the sets.

    Args:
        results: Of the finished cells.
        sets: Names of the sets.
        mode: One of ``MODES``.
        shot: One of ``COPIES``; None for the zero-shot runs.
        key: ``'new'`` or ``'old'``: the task that is tested.

    Returns:
        One mean of each seed that has all sets, 0 to 1.
    """
    chosen = [r for r in _chosen(results, mode, shot) if key in r]
    means = []
    for seed in sorted({r['seed'] for r in chosen}):
        values = {r['dataset']: r[key] for r in chosen if r['seed'] == seed}
        if set(sets) <= values.keys():
            means.append(statistics.mean(values[name] for name in sets))
    return means


def _by_shot(
    results: Sequence[dict], sets: Sequence[str], shots: Sequence[str], key: str
) -> str:
    lines = [f'| mode | 0 | {" | ".join(shots)} |', f'|---|---|{"---|" * len(shots)}']
    zero = _shown(over_sets(results, sets, ZERO_SHOT, None, key))
    modes = [mode for mode in MODES[1:] if _chosen(results, mode)]
    for mode in modes or [ZERO_SHOT]:
        found = [_shown(over_sets(results, sets, mode, shot, key)) for shot in shots]
        lines.append(f'| {mode} | {" | ".join([zero, *found])} |')
    return '\n'.join(lines)


def _by_set(results: Sequence[dict], sets: Sequence[str], shots: Sequence[str]) -> str:
    lines = [f'| mode, shots | {" | ".join(sets)} |', f'|---|{"---|" * len(sets)}']
    before = {r['dataset']: r['new'] for r in _chosen(results, ZERO_SHOT)}
    cells = [_shown([before.get(name)]) for name in sets]
    lines.append(f'| zero-shot | {" | ".join(cells)} |')
    for mode in MODES[1:]:
        for shot in shots:
            chosen = _chosen(results, mode, shot)
            if not chosen:
                continue
            cells = [
                _shown([r['new'] for r in chosen if r['dataset'] == name])
                for name in sets
            ]
            lines.append(f'| {mode}, {shot} | {" | ".join(cells)} |')
    return '\n'.join(lines)


def _chosen(results: Sequence[dict], mode: str, shot: str | None = None) -> list[dict]:
    return [r for r in results if r['mode'] == mode and shot in (None, r['shot'])]


def _shown(values: Sequence[float | None]) -> str:
    """Show mean and spread in per cent; empty if there is nothing."""
    known = [100 * value for value in values if value is not None]
    if not known:
        return ''
    spread = f' ± {statistics.stdev(known):.1f}' if len(known) > 1 else ''
    return f'{statistics.mean(known):.1f}{spread}'
