"""Convert any COCO annotation file to ODVG lines and a label map.

    python tools/dataset_converters/coco2odvg.py instances.json --out lines.json

The label map holds all categories in the file's order. Both are for
StreamingODVGDataset (docs/pretraining.md has the command for each set).
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.datasets.bad_items import ON_BAD
from glipv2.datasets.coco_to_odvg import coco_to_odvg


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', type=Path, help='COCO annotation file')
    parser.add_argument('--out', type=Path, help='lines (default: SOURCE_od.json)')
    parser.add_argument(
        '--label-map', type=Path, help='names by label (default: OUT_label_map.json)'
    )
    parser.add_argument(
        '--images', type=Path, help='folder of the images, for sizes that are missing'
    )
    parser.add_argument(
        '--on-bad', choices=ON_BAD, default='error', help='for bad boxes and entries'
    )
    parser.add_argument(
        '--cut-folders', nargs='+', default=(), metavar='FOLDER/',
        help='beginnings of file names that are cut off',
    )  # fmt: skip
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    stem = args.source.with_suffix('')
    out = args.out or stem.with_name(f'{stem.name}_od.json')
    label_map = args.label_map or out.with_name(f'{out.stem}_label_map.json')
    try:
        images, boxes = coco_to_odvg(
            args.source, out, label_map, args.images, args.on_bad, args.cut_folders
        )
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f'{out}: {images} images, {boxes} boxes; {label_map}')


if __name__ == '__main__':
    main()
