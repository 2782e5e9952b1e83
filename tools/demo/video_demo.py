"""Find, ask or describe in a video: an annotated video and JSON lines.

python tools/demo/video_demo.py VIDEO CONFIG CHECKPOINT --texts "red apple" --every 5
python tools/demo/video_demo.py 0 emoji --texts "red apple" --track --max-frames 500
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.apis.command_line import (
    add_call_arguments,
    add_model_arguments,
    build_inferencer,
    call_arguments,
)
from glipv2.apis.video import annotate_video, open_video
from glipv2.apis.video.write import check_ending


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'video', help='a file, the number of a camera, or the address of a stream'
    )
    add_model_arguments(parser)
    add_call_arguments(parser)
    parser.add_argument(
        '--out', type=Path, default=Path('outputs') / 'video.mp4', help='video to write'
    )
    parser.add_argument(
        '--every', type=int, default=1, help='compute every N-th frame; others repeat'
    )
    parser.add_argument('--max-frames', type=int, help='default: to the end')
    parser.add_argument('--track', action='store_true', help='ids through the video')
    parser.add_argument(
        '--colour-by-id',
        action='store_true',
        help='a tracked object keeps a colour of its own',
    )
    args = parser.parse_args()
    try:
        check_ending(args.out)
    except ValueError as error:
        parser.error(str(error))
    if args.every < 1 or args.batch_size < 1:
        parser.error('--every and --batch-size must be at least 1')
    if args.out.resolve() == Path(args.video).resolve():
        parser.error(f'--out {args.out} is the video itself')
    return args


def main() -> None:
    args = parse_args()
    try:
        reader = open_video(args.video)
        inferencer = build_inferencer(args, show_progress=False)
        count = annotate_video(
            reader, inferencer, args.out, args.every, max_frames=args.max_frames,
            track=args.track, colour_by_id=args.colour_by_id, **call_arguments(args),
        )  # fmt: skip
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'{Path(sys.argv[0]).name}: error: {error}') from error
    print(f'{count} frames are in {args.out} and {args.out.with_suffix(".jsonl")}')


if __name__ == '__main__':
    main()
