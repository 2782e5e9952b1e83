"""A web page for every task.

python tools/demo/web_demo.py                    # the weights in the package
python tools/demo/web_demo.py CONFIG CHECKPOINT
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
import tempfile
from pathlib import Path

from glipv2.apis.command_line import add_model_arguments, build_inferencer
from glipv2.apis.defaults import MODEL, SCORE
from glipv2.apis.web.examples import photographs, working_examples
from glipv2.quickstart.examples import EXAMPLES, FOLDER


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_model_arguments(parser, MODEL)
    parser.add_argument(
        '--host', default='127.0.0.1', help='0.0.0.0: every machine may use the page'
    )
    parser.add_argument('--port', type=int, default=7860, help='of the page')
    parser.add_argument('--max-upload', default='20mb', help='largest file')
    parser.add_argument(
        '--max-megapixels', type=float, default=20, help='larger images are refused'
    )
    parser.add_argument(
        '--pred-score-thr',
        type=float,
        default=SCORE,
        help='least score of a box at first, 0 to 1',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        from glipv2.apis.web.page import build_page, serve
        from glipv2.apis.web.server import listen
        from glipv2.apis.web.uploads import bytes_of
        from glipv2.labels.page_tab import TITLE, add_label_tab
    except ImportError as error:
        message = f'{error}; pip install "gradio>=6.17,<6.18"'
        raise SystemExit(f'{Path(sys.argv[0]).name}: error: {message}') from error

    with tempfile.TemporaryDirectory() as folder:
        try:
            # Before the model is loaded, which takes long.
            bytes_of(args.max_upload)
            listener = listen(args.host, args.port)
            inferencer = build_inferencer(args, show_progress=False)
            shipped = [(str(FOLDER / x.image), x.task, x.text) for x in EXAMPLES]
            candidates = [*shipped, *photographs(Path(folder))]
            examples = working_examples(inferencer, candidates, args.pred_score_thr)
            page = build_page(
                inferencer,
                examples,
                args.max_megapixels,
                args.pred_score_thr,
                tabs=[(TITLE, add_label_tab)],
            )
            serve(page, max_upload=args.max_upload, listener=listener)
        except (OSError, ValueError) as error:
            raise SystemExit(f'{Path(sys.argv[0]).name}: error: {error}') from error


if __name__ == '__main__':
    main()
