"""Find, ask or describe in images; draw it and write it as JSON.

python tools/demo/image_demo.py IMAGE CONFIG CHECKPOINT --texts "red apple . dog face"
python tools/demo/image_demo.py FOLDER CHECKPOINT --task vqa --texts "what is it?"
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import sys
from pathlib import Path

from glipv2.apis.command_line import (
    add_call_arguments,
    add_model_arguments,
    build_inferencer,
    call_arguments,
)
from glipv2.apis.images import list_images
from glipv2.apis.nothing_found import Finds
from glipv2.apis.predictions import to_dict


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('image', help='an image, a folder or a pattern ("a/*.jpg")')
    add_model_arguments(parser)
    add_call_arguments(parser)
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('outputs'),
        help='folder for drawn images and JSON files',
    )
    parser.add_argument('--show', action='store_true', help='in a window')
    parser.add_argument(
        '--no-save-vis', action='store_true', help='write no drawn images'
    )
    parser.add_argument(
        '--no-save-pred', action='store_true', help='write no JSON files'
    )
    parser.add_argument(
        '--print-result', action='store_true', help='print the results as JSON'
    )
    args = parser.parse_args()
    try:
        args.images = [image.source for image in list_images(args.image)]
    except ValueError as error:
        parser.error(str(error))
    if args.images == [args.image] and not Path(args.image).is_file():
        parser.error(f'there is no image {args.image}')
    return args


def main() -> None:
    args = parse_args()
    saves = not (args.no_save_vis and args.no_save_pred)
    try:
        inferencer = build_inferencer(args)
        found = inferencer(
            args.images,
            out_dir=args.out_dir if saves else '',
            show=args.show,
            no_save_vis=args.no_save_vis,
            no_save_pred=args.no_save_pred,
            return_datasamples=True,
            **call_arguments(args),
        )['predictions']
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'{Path(sys.argv[0]).name}: error: {error}') from error
    failed = 0
    finds = Finds(args.pred_score_thr, inferencer.learnt)
    for image, prediction in zip(args.images, found):
        finds.add(prediction)
        if isinstance(prediction, dict):
            failed += 1
            print(
                f'{Path(sys.argv[0]).name}: error: {prediction["error"]}',
                file=sys.stderr,
            )
        elif args.print_result:
            print(image, json.dumps(to_dict(prediction), ensure_ascii=False))
    nothing = finds.explain_nothing()
    if nothing:
        print(f'image_demo.py: {nothing}', file=sys.stderr)
    if saves and failed < len(found):
        done = f'results of {len(found) - failed} images are in {args.out_dir}'
        print(done, file=sys.stderr)
    if failed:
        raise SystemExit(1)


if __name__ == '__main__':
    main()
