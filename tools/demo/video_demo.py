"""Find, ask or describe in a video: an annotated video and JSON lines.

python tools/demo/video_demo.py VIDEO CONFIG CHECKPOINT --texts "red apple" --every 5
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np
from rich.progress import track

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.command_line import (
    add_call_arguments,
    add_model_arguments,
    build_inferencer,
    call_arguments,
)

DEFAULT_FPS = 25.0  # of a video that does not say; our choice
Frame = tuple[int, np.ndarray]


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
        reader = mmcv.VideoReader(str(args.video))
        if not reader.opened or not reader.width:
            raise ValueError(f'{args.video} is no video that can be read')
        inferencer = build_inferencer(args, show_progress=False)
        count = annotate(reader, inferencer, args)
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'video_demo.py: error: {error}') from error
    print(f'{count} frames are in {args.out} and {args.out.with_suffix(".jsonl")}')


def annotate(
    reader: mmcv.VideoReader, inferencer: GLIPv2Inferencer, args: argparse.Namespace
) -> int:
    """Write the annotated video, and a JSON line for each computed frame.

    Args:
        reader: The video.
        inferencer: The model.
        args: Of the command line.

    Returns:
        How many frames were written.

    Raises:
        ValueError: If a frame cannot be computed, or the video not be written.
    """
    args.out.parent.mkdir(parents=True, exist_ok=True)
    fps = reader.fps or DEFAULT_FPS
    codec = cv2.VideoWriter_fourcc(*'mp4v')
    writer = cv2.VideoWriter(str(args.out), codec, fps, reader.resolution)
    if not writer.isOpened():
        raise ValueError(f'cannot write {args.out}; give --out with the ending .mp4')
    call = dict(call_arguments(args), return_datasamples=True)
    threshold = call['pred_score_thr']
    frames = track(enumerate(reader), description='Video', total=reader.frame_cnt)
    count = 0
    with open(args.out.with_suffix('.jsonl'), 'w', encoding='utf-8') as lines:
        for batch in batches_of(frames, args.every * args.batch_size):
            computed = batch[:: args.every]
            samples = inferencer([frame for _, frame in computed], **call)
            for (number, _), sample in zip(computed, samples['predictions']):
                result = inferencer.postprocess(sample)
                if 'error' in result:
                    raise ValueError(f'frame {number}: {result["error"]}')
                line = dict(frame=number, seconds=round(number / fps, 3), **result)
                lines.write(json.dumps(line, ensure_ascii=False) + '\n')
            for place, (_, frame) in enumerate(batch):
                sample = samples['predictions'][place // args.every]
                drawn = inferencer.visualize(frame, sample, pred_score_thr=threshold)
                writer.write(np.ascontiguousarray(drawn[..., ::-1]))
                count += 1
    writer.release()
    if not count:
        raise ValueError(f'{args.video} holds no frame that can be read')
    return count


def batches_of(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    """Cut the frames into batches; the last may be shorter.

    Args:
        frames: Numbers and pixels.
        size: Frames of a batch.

    Yields:
        The batches.
    """
    batch: list[Frame] = []
    for number, frame in frames:
        if frame is None:  # a damaged end
            break
        batch.append((number, frame))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


if __name__ == '__main__':
    main()
