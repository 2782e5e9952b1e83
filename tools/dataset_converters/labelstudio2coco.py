"""Convert what was corrected in Label Studio (its JSON export) to a COCO file.

python tools/dataset_converters/labelstudio2coco.py export.json corrected.json
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.labels.from_labelstudio import labelstudio_to_coco


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('export', type=Path, help="Label Studio's export, as JSON")
    parser.add_argument('out', type=Path, help='COCO file to write')
    parser.add_argument(
        '--names', default='', help='categories in their order: "red apple . dog face"'
    )
    parser.add_argument(
        '--images', type=Path, help='folder of the images, for sizes that are missing'
    )
    parser.add_argument(
        '--keep-predictions', action='store_true',
        help='of tasks that nobody has looked at; else these are left out',
    )  # fmt: skip
    args = parser.parse_args()
    names = [name.strip() for name in args.names.strip(' .').split(' . ') if name]
    try:
        images, boxes = labelstudio_to_coco(
            args.export, args.out, names, args.images, args.keep_predictions
        )
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f'{args.out}: {images} images, {boxes} boxes')


if __name__ == '__main__':
    main()
