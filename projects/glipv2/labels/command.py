"""``glipv2 label``: from its options to a labelled folder."""

from pathlib import Path

from ..apis.tasks import text_keys
from ..text.prompt import build_prompt
from .filters import Filters
from .job import LabelJob, Wanted
from .run import label_folder
from .write import describe


def run(
    folder: Path,
    out: Path,
    names: str | None,
    captions: Path | None,
    formats: tuple[str, ...],
    score: float,
    score_of: tuple[tuple[str, float], ...],
    val_share: float,
    uncertain: int,
    review: bool,
    model: str,
    checkpoint: str | None,
    floor: float,
    mirrored: bool,
    limit: int | None,
    tiles: int | None,
    device: str | None,
    batch_size: int,
    processes: int,
    engine: str,
    **filters: object,
) -> str:
    """Label a folder.

    Args:
        folder: Of the images.
        out: Of the labels.
        names: One text with names.
        captions: A file.
        formats: Of the labels.
        score: Least score of a box.
        score_of: Least scores of names.
        val_share: Share of the images.
        uncertain: How many are listed.
        review: Whether there is a page.
        model: Name, config or weights.
        checkpoint: Weights of a config.
        floor: Least score that is kept.
        mirrored: Whether there is a second view.
        limit: Most images.
        tiles: Side of a tile, px; None: no tiles.
        device: None: a GPU if there is one.
        batch_size: Images computed at once.
        processes: How many.
        engine: What starts them.
        **filters: Further arguments of ``Filters``.

    Returns:
        What was done; empty of torchrun's processes but the first.

    Raises:
        OSError: If a file is missing.
        ValueError: If something wanted cannot be.
        RuntimeError: If a process died.
        ImportError: If the engine is not installed.
    """
    job = LabelJob(
        folder, out, names_of(names) if names else (), captions, model, checkpoint,
        floor, mirrored, limit, tiles or 0,
    )  # fmt: skip
    wanted = Wanted(
        tuple(dict.fromkeys(formats)),
        Filters(score=score, score_of=dict(score_of), **filters),
        val_share,
        uncertain,
        review,
    )
    summary = label_folder(job, wanted, device, batch_size, processes, engine)
    return f'{describe(summary)}\nin {out}' if summary.images else ''


def names_of(text: str) -> tuple[str, ...]:
    """Read names.

    Args:
        text: Such as ``'red apple . dog face'``.

    Returns:
        The names.

    Raises:
        ValueError: If it is a sentence.
    """
    keys = text_keys('detection', text)
    keys.pop('task', None)
    return tuple(build_prompt(**keys).phrases)
