"""Predictions on the frames of a video."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np
from mmengine.logging import print_log
from rich.progress import track

from .defaults import SCORE
from .inferencer import GLIPv2Inferencer

DEFAULT_FPS = 25.0  # of a video without a rate; our choice
PATIENCE = 100  # broken frames in a row that end a video; our choice
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

    A broken frame is left out; one that cannot be computed is written as it is, and its
    line says why. Both are counted in a warning.

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
        ValueError: If no frame can be computed, or the video not be written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    fps = reader.fps or DEFAULT_FPS
    codec = cv2.VideoWriter_fourcc(*'mp4v')
    writer = cv2.VideoWriter(str(out), codec, fps, reader.resolution)
    if not writer.isOpened():
        raise ValueError(f'cannot write {out}; give --out with the ending .mp4')
    call.update(batch_size=batch_size, return_datasamples=True)
    threshold = call.get('pred_score_thr', SCORE)
    frames = track(_read_frames(reader), description='Video', total=reader.frame_cnt)
    count, computed_count, errors = 0, 0, []
    with open(out.with_suffix('.jsonl'), 'w', encoding='utf-8') as lines:
        for batch in _batches_of(frames, every * batch_size):
            computed = batch[::every]
            samples = inferencer([frame for _, frame in computed], **call)
            for (number, _), sample in zip(computed, samples['predictions']):
                result = inferencer.postprocess(sample)
                computed_count += 1
                if 'error' in result:
                    errors.append(f'frame {number}: {result["error"]}')
                line = dict(frame=number, seconds=round(number / fps, 3), **result)
                lines.write(json.dumps(line, ensure_ascii=False) + '\n')
            for place, (_, frame) in enumerate(batch):
                sample = samples['predictions'][place // every]
                drawn = inferencer.visualize(frame, sample, pred_score_thr=threshold)
                written = frame if drawn is None else drawn[..., ::-1]
                writer.write(np.ascontiguousarray(written))
                count += 1
    writer.release()
    if not count:
        raise ValueError('the video holds no frame that can be read')
    if len(errors) == computed_count:
        raise ValueError(f'no frame can be computed; {errors[0]}')
    broken = max(0, reader.frame_cnt - count)
    if broken or errors:
        print_log(
            f'{broken} of {reader.frame_cnt} frames are broken and left out; '
            f'{len(errors)} cannot be computed{"".join(f" ({x})" for x in errors[:1])}',
            logger='current',
            level=logging.WARNING,
        )
    return count


def _read_frames(reader: mmcv.VideoReader) -> Iterator[Frame]:
    """Read the frames that are not broken.

    mmcv's iterator ends at the first that is, and its cache reads that again and again.
    """
    number, broken = 0, 0
    while broken < PATIENCE and (number < reader.frame_cnt or not broken):
        is_read, frame = reader.vcap.read()
        broken = 0 if is_read else broken + 1
        if is_read:
            yield number, frame
        number += 1


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
        batch.append((number, frame))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
