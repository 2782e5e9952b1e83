"""How far an exported file's boxes are from the model's, on images of many sizes.

    python tools/analysis_tools/deployment_equality.py CONFIG CHECKPOINT FILE

Random images, or those of a folder, brought to ten sizes; masks too if the model has
them. ``--random-weights`` instead writes a checkpoint of random weights, so that
released models can be checked without theirs.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.apis import init_model
from glipv2.benchmarks.export_equality import (
    choose_images,
    compare,
    write_random_weights,
)
from glipv2.deployment import ExportedModel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='its weights')
    parser.add_argument('file', type=Path, nargs='?', help='.onnx, .xml or .pt2')
    parser.add_argument(
        '--random-weights', action='store_true', help='write the checkpoint and end'
    )
    parser.add_argument('--pictures', type=Path, help='folder; default: random ones')
    parser.add_argument(
        '--trust-code', action='store_true', help='also read .pt2 files: they run code'
    )
    args = parser.parse_args()
    if args.random_weights:
        write_random_weights(args.config, args.checkpoint)
        return
    if args.file is None:
        parser.error('the exported file is missing')
    try:
        images = choose_images(args.pictures)
    except ValueError as error:
        parser.error(str(error))
    exported = ExportedModel(args.file, trust_code=args.trust_code)
    model = init_model(args.config, args.checkpoint)
    all_equal = True
    for image in images:
        line, equal = compare(model, exported, image)
        print(line, flush=True)
        all_equal &= equal
    if not all_equal:
        raise SystemExit(f'{args.file} does not equal the model')
    print(f'{args.file} equals the model')


if __name__ == '__main__':
    main()
