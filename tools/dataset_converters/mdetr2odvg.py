"""Convert MDETR's files of sentences with boxes (GoldG) to ODVG lines.

    python tools/dataset_converters/mdetr2odvg.py final_flickr_separateGT_train.json

writes final_flickr_separateGT_train_vg.json, for StreamingODVGDataset.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.datasets.bad_items import ON_BAD
from glipv2.datasets.mdetr_to_odvg import mdetr_to_odvg


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('source', type=Path, help='file of MDETR')
    parser.add_argument('--out', type=Path, help='lines (default: SOURCE_vg.json)')
    parser.add_argument(
        '--on-bad', choices=ON_BAD, default='error', help='for bad sentences'
    )
    args = parser.parse_args()
    stem = args.source.with_suffix('')
    out = args.out or stem.with_name(f'{stem.name}_vg.json')
    try:
        lines, phrases = mdetr_to_odvg(args.source, out, args.on_bad)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f'{out}: {lines} sentences, {phrases} phrases')


if __name__ == '__main__':
    main()
