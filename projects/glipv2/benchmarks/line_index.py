"""How fast a large ODVG file opens, and what it needs of memory."""

import json
import random
import time
from pathlib import Path

from ..datasets import StreamingODVGDataset
from .measure import own_peak

READS = 1000


def measure_line_index(folder: Path, lines: int) -> dict[str, float]:
    """Open a file twice, the first time without its index.

    Args:
        folder: For the file, which stays there.
        lines: Of the file.

    Returns:
        The figures of the table.
    """
    path = write_records(folder, lines)
    base = own_peak()
    found = {'lines': lines, 'GB': round(path.stat().st_size / 1e9, 1)}
    for index in folder.glob(f'.{path.name}.*'):
        index.unlink()
    for what in ('opened first, s', 'opened again, s'):
        start = time.perf_counter()
        dataset = StreamingODVGDataset(ann_file=str(path), pipeline=[])
        assert len(dataset) == lines
        found[what] = round(time.perf_counter() - start, 2)
    start = time.perf_counter()
    for _ in range(READS):
        dataset.get_data_info(random.randrange(lines))
    taken = (time.perf_counter() - start) / READS
    found['a record at random, ms'] = round(taken * 1e3, 2)
    found['memory, MB'] = round(own_peak() - base)
    return found


def write_records(folder: Path, lines: int) -> Path:
    """Write a file of caption records unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'captions_{lines}.jsonl'
    if not path.is_file():
        record = dict(
            filename='{:09d}.jpg', height=480, width=640,
            grounding=dict(
                caption='a dog on a bench in the park',
                regions=[dict(phrase='a dog', bbox=[10, 20, 300, 400],
                              tokens_positive=[[0, 5]], score=0.7)],
            ),
        )  # fmt: skip
        line = json.dumps(record).replace('{', '{{').replace('}', '}}') + '\n'
        line = line.replace('{{:09d}}', '{:09d}')
        with open(path, 'w') as file:
            file.writelines(line.format(number) for number in range(lines))
    return path
