"""Convert OpenImages' tables of boxes to ODVG lines and a label map.

    python tools/dataset_converters/openimages2odvg.py data/OpenImages

reads annotations/ and OpenImages/train/ there, and writes the lines to annotations/.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.datasets.bad_items import ON_BAD
from glipv2.datasets.openimages_to_odvg import openimages_to_odvg


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('root', type=Path, help='folder of annotations/ and images')
    parser.add_argument('--images', default='OpenImages/train', help='below root')
    parser.add_argument(
        '--boxes',
        default='oidv6-train-annotations-bbox.csv',
        help='file of the boxes, below root',
    )
    parser.add_argument(
        '--names',
        default='class-descriptions-boxable.csv',
        help='file of the names, below root',
    )
    parser.add_argument(
        '--out', type=Path, help='lines (default: oidv6-train-annotations_od.json)'
    )
    parser.add_argument(
        '--label-map',
        type=Path,
        help='names by label (default: openimages_label_map.json)',
    )
    parser.add_argument(
        '--on-bad', choices=ON_BAD, default='error', help='for images and rows'
    )
    args = parser.parse_args()
    folder = args.root / 'annotations'
    out = args.out or folder / 'oidv6-train-annotations_od.json'
    label_map = args.label_map or folder / 'openimages_label_map.json'
    try:
        lines, boxes = openimages_to_odvg(
            folder / args.boxes,
            folder / args.names,
            args.root / args.images,
            out,
            label_map,
            args.on_bad,
        )
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f'{out}: {lines} images, {boxes} boxes; {label_map}')


if __name__ == '__main__':
    main()
