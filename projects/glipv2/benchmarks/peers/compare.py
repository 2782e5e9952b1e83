"""Time, memory and outputs of a case against a peer, and where the time goes."""

import tempfile
from functools import partial
from pathlib import Path

from ..measure import REST, count_operations, peak_of_child, split_time, time_in_turns
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
    title_of,
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
) -> dict[str, object]:
    """Measure one case against one peer.

    Returns:
        A row of the table.
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
    title = title_of(case, size, classes)
    return result_of(title, peer, (ours_s, peer_s), first_s, peaks, difference)


def run_once(case: str, size: tuple[int, int], who: str, classes: int) -> None:
    """Run a case once; ``who`` is ``'ours'`` or a peer."""
    if who == DINO:
        build_forward(names_of(case, classes), size)()
    else:
        with tempfile.TemporaryDirectory() as folder:
            model = build_ours() if who == 'ours' else build_theirs(Path(folder))
        model.test_cfg.update(settings_of(case))
        make_run(case, model, size, classes)()


def split(classes: int) -> list[dict[str, object]]:
    """Measure where a first image's time goes, and its operations, at 480x640.

    Returns:
        A row for each part.
    """
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = build_twins(Path(folder))
    rows = {part: {'part': part} for part in (*dict.fromkeys(OUR_PARTS.values()), REST)}
    for title, model, parts in (
        ('here', ours, OUR_PARTS), ('mmdet', theirs, THEIR_PARTS),
    ):  # fmt: skip
        run = make_run('names80', model, SIZES[0], classes)
        if model is ours:
            run = partial(run_cold, ours, run)
        run()
        seconds = split_time(model, parts, run)
        operations = count_operations(model, parts, run)
        for part, row in rows.items():
            row[f'{title}, s'] = round(seconds.get(part, 0), 2)
            row[f'{title}, 1e9'] = round(operations.get(part, 0))
    return list(rows.values())
