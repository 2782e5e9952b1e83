"""Predictions on the frames of a video."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np
from rich.progress import track

from .inferencer import GLIPv2Inferencer

DEFAULT_FPS = 25.0  # of a video without a rate; our choice
Frame = tuple[int, np.ndarray]  # its number and pixels


def open_video(path: Path) -> mmcv.VideoReader:
    """Open a video; ValueError if it cannot be read."""
    reader = mmcv.VideoReader(str(path))
    if not reader.opened or not reader.width:
        raise ValueError(f'{path} is no video that can be read')
    return reader


def annotate_video(
    reader: mmcv.VideoReader,
    inferencer: GLIPv2Inferencer,
    out: Path,
    every: int = 1,
    batch_size: int = 1,
    **call: object,
) -> int:
    """Write the annotated video, and a JSON line for each computed frame.

    Args:
        reader: Of :func:`open_video`.
        inferencer: The model.
        out: Video to write; the lines go beside it.
        every: Every N-th frame is computed; the others repeat its result.
        batch_size: Frames computed at once.
        **call: Further arguments of the inferencer's call.

    Returns:
        How many frames were written.

    Raises:
        ValueError: If a frame cannot be computed, or the video not be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    fps = reader.fps or DEFAULT_FPS
    codec = cv2.VideoWriter_fourcc(*'mp4v')
    writer = cv2.VideoWriter(str(out), codec, fps, reader.resolution)
    if not writer.isOpened():
        raise ValueError(f'cannot write {out}; give --out with the ending .mp4')
    call.update(batch_size=batch_size, return_datasamples=True)
    threshold = call.get('pred_score_thr', 0.3)
    frames = track(enumerate(reader), description='Video', total=reader.frame_cnt)
    count = 0
    with open(out.with_suffix('.jsonl'), 'w', encoding='utf-8') as lines:
        for batch in _batches_of(frames, every * batch_size):
            computed = batch[::every]
            samples = inferencer([frame for _, frame in computed], **call)
            for (number, _), sample in zip(computed, samples['predictions']):
                result = inferencer.postprocess(sample)
                if 'error' in result:
                    raise ValueError(f'frame {number}: {result["error"]}')
                line = dict(frame=number, seconds=round(number / fps, 3), **result)
                lines.write(json.dumps(line, ensure_ascii=False) + '\n')
            for place, (_, frame) in enumerate(batch):
                sample = samples['predictions'][place // every]
                drawn = inferencer.visualize(frame, sample, pred_score_thr=threshold)
                writer.write(np.ascontiguousarray(drawn[..., ::-1]))
                count += 1
    writer.release()
    if not count:
        raise ValueError('the video holds no frame that can be read')
    return count


def _batches_of(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
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
