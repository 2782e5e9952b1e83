"""Put the figures of docs/results into the tables of README.md and docs.

The table of docs/weights.md is made of the model index.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.results import fill_tables
from glipv2.weights.page import fill_page

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--root', type=Path, default=ROOT, help='of the repository')
    root = parser.parse_args().root
    for file in [root / 'README.md', *sorted((root / 'docs').glob('*.md'))]:
        text = file.read_text('utf-8')
        filled = fill_page(fill_tables(text, root / 'docs' / 'results'))
        if filled != text:
            file.write_text(filled, encoding='utf-8')
            print(f'{file.relative_to(root)} is brought up to date')


if __name__ == '__main__':
    main()
