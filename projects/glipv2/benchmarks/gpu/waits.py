"""How often the host waits for the GPU in a training step, and where."""

import warnings
from collections import Counter
from pathlib import Path

import torch

from .equality import step
from .random_models import HEADS, build_model, make_batch
from .settings import CannotRunError, Findings, Settings

IMAGES = (2, 8)
SHOWN = 8  # places of ours that are named
MARK = 'synchronizing CUDA operation'


def check(settings: Settings) -> Findings:
    """Count the waits that torch warns of, by batch size and head.

    Returns:
        Waits of our code and of all code.

    Raises:
        CannotRunError: On the CPU, which waits for nothing.
    """
    if settings.self_test:
        raise CannotRunError('only a GPU is waited for')
    rows, places = [], Counter()
    for head in HEADS:
        for images in IMAGES:
            found = count(head, images, settings.device)
            ours = Counter({k: n for k, n in found.items() if k.startswith('glipv2')})
            rows.append(
                dict(head=head, images=images, ours=ours.total(), all=found.total())
            )
            places |= ours
    notes = [f'{place}: {number}' for place, number in places.most_common(SHOWN)]
    return Findings(rows, None, notes)


def count(head: str, images: int, device: str) -> Counter[str]:
    """Count the waits of one step by file and line.

    Args:
        head: Of ``HEADS``.
        images: B.
        device: The GPU.
    """
    model = build_model('quickstart', head).to(device)
    batch = make_batch('quickstart', head, images)
    step(model, batch)  # the first step sets up what the others find
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        torch.cuda.set_sync_debug_mode('warn')
        try:
            step(model, batch)
        finally:
            torch.cuda.set_sync_debug_mode('default')
    return Counter(
        f'{"/".join(Path(x.filename).parts[-3:])}:{x.lineno}'
        for x in caught
        if MARK in str(x.message)
    )
