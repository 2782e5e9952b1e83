"""Find, ask or describe in a video: an annotated video and JSON lines.

python tools/demo/video_demo.py VIDEO CONFIG CHECKPOINT --texts "red apple" --every 5
"""

import argparse
from pathlib import Path

from glipv2.apis.command_line import (
    add_call_arguments,
    add_model_arguments,
    build_inferencer,
    call_arguments,
)
from glipv2.apis.video import annotate_video, open_video


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('video', type=Path)
    add_model_arguments(parser)
    add_call_arguments(parser)
    parser.add_argument('--out', type=Path, default=Path('outputs') / 'video.mp4')
    parser.add_argument(
        '--every', type=int, default=1, help='compute every N-th frame; others repeat'
    )
    args = parser.parse_args()
    if not args.video.is_file():
        parser.error(f'there is no video {args.video}')
    if args.every < 1 or args.batch_size < 1:
        parser.error('--every and --batch-size must be at least 1')
    if args.out.resolve() == args.video.resolve():
        parser.error(f'--out {args.out} is the video itself')
    return args


def main() -> None:
    args = parse_args()
    try:
        reader = open_video(args.video)
        inferencer = build_inferencer(args, show_progress=False)
        count = annotate_video(
            reader, inferencer, args.out, args.every, **call_arguments(args)
        )
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'video_demo.py: error: {error}') from error
    print(f'{count} frames are in {args.out} and {args.out.with_suffix(".jsonl")}')


if __name__ == '__main__':
    main()
