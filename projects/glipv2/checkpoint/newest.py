"""The newest checkpoint of a work dir that can be read."""

import re
from collections.abc import Callable
from pathlib import Path

from .loading import load_checkpoint_safely

LAST = 'last_checkpoint'  # mmengine's file with the path of the last one
# mmengine has `epoch_2.pth` and `iter_300.pth`, a run that was asked to stop has
# `epoch_2_iter_250.pth`.
STEP = re.compile(r'(?:epoch|iter)_\d+(?:_iter_\d+)?\.pth')


def newest_readable(work_dir: Path, report: Callable[[str], object]) -> Path | None:
    """Find the checkpoint to resume from.

    That is the one of ``last_checkpoint``; if it is missing or damaged, the one of the
    latest step that is neither. Times of files are not used: clocks jump.

    Args:
        work_dir: Of the run.
        report: Called with a line if it is another than the last.

    Returns:
        Its path; None if there is no checkpoint.

    Raises:
        ValueError: If there are some, but none can be read (names the latest).
    """
    last = _last_of(work_dir)
    folders = dict.fromkeys([work_dir, *([] if last is None else [last.parent])])
    found = [path for folder in folders for path in folder.glob('*.pth')]
    found = [path for path in found if STEP.fullmatch(path.name)]
    found.sort(key=_step_of, reverse=True)
    if last is not None:
        moved = work_dir / last.name
        found = [last, *(path for path in (moved, *found) if path != last)]
    problem = None
    for path in dict.fromkeys(found):
        try:
            load_checkpoint_safely(path)
        except (ValueError, OSError) as error:
            problem = problem or str(error)
            continue
        if problem is not None:
            report(f'{problem}; resuming from {path}, the newest that can be read')
        return path
    if problem is not None:
        raise ValueError(
            f'no checkpoint in {work_dir} can be read: {problem}. To start from the '
            'beginning, leave out --resume'
        )
    return None


def _last_of(work_dir: Path) -> Path | None:
    try:
        name = (work_dir / LAST).read_text('utf-8').strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Path(name) if name and '\0' not in name and '\n' not in name else None


def _step_of(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r'\d+', path.name))
