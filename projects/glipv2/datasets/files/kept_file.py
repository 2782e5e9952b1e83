"""Files made once from others and kept: by one process, while the others wait."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from mmengine.dist import barrier, get_rank
from torch.utils.data import get_worker_info

from ...progress import working
from ...whole_file import replaced


def kept_file(
    sources: Sequence[Path],
    ending: str,
    write: Callable[[BinaryIO], None],
    waits: bool = True,
) -> Path:
    """Find the file that is made from others, or make it.

    It is hidden beside the first of them, or, if that folder is read-only, in the
    user's cache. Its name holds their sizes and times: changed files get another one.

    Args:
        sources: The files that it is made from.
        ending: End of its name.
        write: Writes its content.
        waits: Whether the processes of a training make it together: the first one
            writes it (and the first of each machine that does not see it then), and
            all wait. False: without the others.

    Returns:
        The file.

    Raises:
        OSError: If it can be written nowhere.
    """
    places = _places(sources, ending)
    if waits and get_worker_info() is None:
        fault: Exception | None = None
        for turn in (get_rank() == 0, int(os.environ.get('LOCAL_RANK', 0)) == 0):
            try:
                if turn and fault is None and _seen(places) is None:
                    with working(f'Reading {sources[0]}'):
                        _make(places, write)
            except Exception as error:  # once all have met; the others find it, too
                fault = error
            barrier()
        if fault is not None:
            raise fault
    return _seen(places) or _make(places, write)


def _places(sources: Sequence[Path], ending: str) -> tuple[Path, Path]:
    states = [source.stat() for source in sources]
    tag = '_'.join(f'{state.st_size}-{state.st_mtime_ns}' for state in states)
    name = f'{sources[0].name}.{tag}{ending}'
    folders = ' '.join(str(source.resolve().parent) for source in sources)
    cache = Path(os.environ.get('XDG_CACHE_HOME', Path.home() / '.cache'))
    own = hashlib.sha256(folders.encode()).hexdigest()[:16]
    return sources[0].parent / f'.{name}', cache / 'glipv2' / own / name


def _seen(places: Sequence[Path]) -> Path | None:
    return next((place for place in places if place.is_file()), None)


def _make(places: Sequence[Path], write: Callable[[BinaryIO], None]) -> Path:
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with replaced(place) as file:
                write(file)
        except OSError:
            continue
        return place
    raise OSError(
        f'{places[1].name} cannot be stored: neither {places[0].parent} nor '
        f'{places[1].parent} can be written to'
    )
