"""Time, memory and outputs of a case against a peer, and where the time goes."""

import tempfile
from functools import partial
from pathlib import Path

from ..measure import count_operations, peak_of_child, split_time, time_in_turns
from .cases import (
    DINO,
    MMDET,
    SIZES,
    largest_difference,
    make_batch,
    make_run,
    names_of,
    result_of,
    run_cold,
    settings_of,
)
from .hf_grounding_dino import build_forward
from .mmdet_glip import build_ours, build_theirs, build_twins

OUR_PARTS = {
    'SwinTransformer': 'backbone',
    'FPN': 'backbone',
    'TextEncoder': 'text',
    'BiAttention': 'fusion attention',
    'TextLayer': 'text layers',
    'DyConv': 'DyConv',
}
THEIR_PARTS = {
    'SwinTransformer': 'backbone',
    'FPN': 'backbone',
    'BertModel': 'text',
    'VLFuse': 'fusion attention',
    'BertEncoderLayer': 'text layers',
    'DyConv': 'DyConv',
}


def compare(
    case: str, peer: str, size: tuple[int, int], classes: int, repeats: int
) -> dict:
    """Measure one case against one peer.

    Returns:
        An entry of the JSON file.
    """
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = build_twins(Path(folder), test_cfg=settings_of(case))
    run_ours = make_run(case, ours, size, classes)
    difference = None
    if peer == MMDET:
        run_peer = make_run(case, theirs, size, classes)
        batch = make_batch(case, size, classes)
        difference = largest_difference(case, theirs, ours, batch)
    else:
        run_peer = build_forward(names_of(case, classes), size)
    ours_s, peer_s = time_in_turns((run_ours, run_peer), repeats)
    (first_s,) = time_in_turns((lambda: run_cold(ours, run_ours),), 1)
    child = [f'--classes={classes}', '--child', case, *map(str, size)]
    peaks = [peak_of_child([*child, who]) for who in ('ours', peer)]
    return result_of(case, size, peer, (ours_s, peer_s), first_s, peaks, difference)


def run_once(case: str, size: tuple[int, int], who: str, classes: int) -> None:
    """Run a case once; ``who`` is ``'ours'`` or a peer."""
    if who == DINO:
        build_forward(names_of(case, classes), size)()
    else:
        with tempfile.TemporaryDirectory() as folder:
            model = build_ours() if who == 'ours' else build_theirs(Path(folder))
        model.test_cfg.update(settings_of(case))
        make_run(case, model, size, classes)()


def row_of(result: dict) -> str:
    """Write one result as a row of a table."""
    difference = result['max_abs_diff']
    shown = '-' if difference is None else f'{difference:.1e}'
    return (
        f'| {result["case"]} | {result["peer"]} | {result["ours_s"]:.2f} '
        f'({result["ours_first_s"]:.2f}) | {result["peer_s"]:.2f} '
        f'| {result["time_ratio"]:.2f} | {result["ours_peak_mb"]} '
        f'| {result["peer_peak_mb"]} | {result["memory_ratio"]:.2f} | {shown} |'
    )


def print_split(classes: int) -> None:
    """Print where a first image's time goes, and its operations, at 480x640."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = build_twins(Path(folder))
    for title, model, parts in (
        ('ours', ours, OUR_PARTS), (MMDET, theirs, THEIR_PARTS),
    ):  # fmt: skip
        run = make_run('names80', model, SIZES[0], classes)
        if model is ours:
            run = partial(run_cold, ours, run)
        run()
        seconds = split_time(model, parts, run)
        operations = count_operations(model, parts, run)
        for part in (*dict.fromkeys(parts.values()), 'rest'):
            print(
                f'| {title} | {part} | {seconds.get(part, 0):.2f} '
                f'| {operations.get(part, 0):.0f} |'
            )
