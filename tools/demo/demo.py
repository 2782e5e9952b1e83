"""Show every task on the shipped images with the shipped weights: `make demo`.

    python tools/demo/demo.py
    python tools/demo/demo.py --contact-sheet docs/quickstart.jpg

Writes OUT/index.html, which opens without a server, and OUT/contact_sheet.jpg.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import shutil
import sys
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('work_dirs/demo'),
        help='folder of the report',
    )
    parser.add_argument('--model', default='emoji', help='weights of all tasks')
    parser.add_argument(
        '--contact-sheet', type=Path, help='where to copy the contact sheet'
    )
    args = parser.parse_args()
    start = time.time()
    from glipv2.quickstart.demo import make_demo  # takes seconds

    try:
        make_demo(args.out_dir, args.model)
        if args.contact_sheet is not None:
            shutil.copyfile(args.out_dir / 'contact_sheet.jpg', args.contact_sheet)
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'{Path(sys.argv[0]).name}: error: {error}') from error
    print(f'\nopen {args.out_dir / "index.html"}  ({time.time() - start:.0f} s)')


if __name__ == '__main__':
    main()
