"""How fast a large ODVG file opens, and what it needs of memory.

    python tools/analysis_tools/benchmark_line_index.py /tmp/lines --lines 10000000

Writes a file of made-up caption records, opens it twice (the first time its lines are
indexed) and reads records at random.
"""

import argparse
import json
import random
import time
from pathlib import Path

from glipv2.benchmarks.peers.measure import own_peak
from glipv2.datasets import StreamingODVGDataset

READS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='for the file; it stays there')
    parser.add_argument('--lines', type=int, default=10_000_000)
    args = parser.parse_args()
    path = write(args.folder, args.lines)
    base = own_peak()
    print(f'{args.lines} lines, {path.stat().st_size / 1e9:.1f} GB')
    for index in Path(args.folder).glob(f'.{path.name}.*'):
        index.unlink()
    for what in ('opened the first time', 'opened again'):
        start = time.perf_counter()
        dataset = StreamingODVGDataset(ann_file=str(path), pipeline=[])
        assert len(dataset) == args.lines
        print(f'{what}: {time.perf_counter() - start:.2f} s')
    start = time.perf_counter()
    for _ in range(READS):
        dataset.get_data_info(random.randrange(args.lines))
    print(f'a record at random: {(time.perf_counter() - start) / READS * 1e3:.2f} ms')
    print(f'peak memory: {own_peak() - base:.0f} MB above {base:.0f} MB of imports')


def write(folder: Path, lines: int) -> Path:
    """Write the records unless they are there."""
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


if __name__ == '__main__':
    main()
