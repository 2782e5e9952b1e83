"""Convert PhraseCut's refer_*.json to ODVG lines with masks.

    python tools/dataset_converters/phrasecut2odvg.py refer_val.json images val.jsonl

A line is an image with one phrase and all its instances (boxes and polygons), for
StreamingODVGDataset with LoadTextMasks.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import sys
from pathlib import Path

from PIL import Image

from glipv2.datasets import PhraseCutDataset
from glipv2.progress import progress
from glipv2.whole_file import replaced


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('tasks', type=Path, help='refer_{train,val,test,miniv}.json')
    parser.add_argument('images', type=Path, help='folder of the images')
    parser.add_argument('out', type=Path, help='file of lines')
    parser.add_argument('--img-suffix', default='.jpg', help='ending of the images')
    args = parser.parse_args()
    try:
        dataset = PhraseCutDataset(
            ann_file=str(args.tasks), data_prefix=dict(img=str(args.images)),
            img_suffix=args.img_suffix, pipeline=[], test_mode=True,
        )  # fmt: skip
        with replaced(args.out) as file:
            for entry in progress(dataset, 'Phrases', len(dataset)):
                file.write(json.dumps(record_of(entry)).encode() + b'\n')
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f'{len(dataset)} phrases are in {args.out}')


def record_of(entry: dict) -> dict:
    """Describe a task as one line."""
    with Image.open(entry['img_path']) as image:
        width, height = image.size
    phrase = entry['text']
    region = dict(
        phrase=phrase,
        tokens_positive=[[0, len(phrase)]],
        bbox=[instance['bbox'] for instance in entry['instances']],
        segmentation=[instance['mask'] for instance in entry['instances']],
    )
    return dict(
        filename=Path(entry['img_path']).name, height=height, width=width,
        grounding=dict(caption=phrase, regions=[region]),
    )  # fmt: skip


if __name__ == '__main__':
    main()
