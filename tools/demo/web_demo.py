"""A web page for every task.

python tools/demo/web_demo.py                    # after `make quickstart`
python tools/demo/web_demo.py CONFIG CHECKPOINT
"""

import argparse
import tempfile
from pathlib import Path

from glipv2.apis.command_line import build_inferencer
from glipv2.apis.web.examples import example_images

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / 'work_dirs' / 'quickstart' / 'quickstart.pth'
SCENES = ROOT / 'data' / 'emoji_scenes'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'model',
        nargs='?',
        default=str(QUICKSTART),
        help='config, name of the model index, or .pth that holds its config',
    )
    parser.add_argument('checkpoint', nargs='?', help='.pth, unless given before')
    parser.add_argument('--weights', help='.pth, as in mmdet')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--palette', default='none', help='colours, by mmdet name')
    parser.add_argument(
        '--host', default='127.0.0.1', help='0.0.0.0: every machine may use the page'
    )
    parser.add_argument('--port', type=int, default=7860)
    parser.add_argument('--max-upload', default='20mb', help='largest file')
    parser.add_argument('--max-megapixels', type=float, default=20)
    parser.add_argument('--pred-score-thr', type=float, default=0.3)
    args = parser.parse_args()
    if args.model == str(QUICKSTART) and not QUICKSTART.is_file():
        parser.error(
            f'there is no {QUICKSTART}: run `make quickstart`, or name a model'
        )
    return args


def main() -> None:
    args = parse_args()
    try:
        from glipv2.apis.web.page import build_page, serve
        from glipv2.apis.web.server import listen
        from glipv2.apis.web.uploads import bytes_of
    except ImportError as error:
        raise SystemExit(
            f'web_demo.py: error: {error}; pip install "gradio>=6.17,<6.18"'
        ) from error

    with tempfile.TemporaryDirectory() as folder:
        try:
            # Before the model is loaded, which takes long.
            bytes_of(args.max_upload)
            listener = listen(args.host, args.port)
            inferencer = build_inferencer(args, show_progress=False)
            examples = example_images(Path(folder), SCENES, inferencer.tasks)
            page = build_page(
                inferencer, examples, args.max_megapixels, args.pred_score_thr
            )
            serve(page, max_upload=args.max_upload, listener=listener)
        except (OSError, ValueError) as error:
            raise SystemExit(f'web_demo.py: error: {error}') from error


if __name__ == '__main__':
    main()
