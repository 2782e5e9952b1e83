"""Predictions on the frames of a video."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from mmengine.logging import print_log

from ...ahead import do_behind, read_ahead
from ...progress import progress
from ..defaults import SCORE
from ..inferencer import GLIPv2Inferencer
from .read import Frame, Frames, Video, rate_of
from .track import Tracker
from .write import VideoWriter


@dataclass
class Counts:
    """What happened to the frames."""

    written: int = 0
    computed: int = 0
    errors: list[str] = field(default_factory=list)


def annotate_video(
    reader: Video,
    inferencer: GLIPv2Inferencer,
    out: Path,
    every: int = 1,
    batch_size: int = 1,
    max_frames: int | None = None,
    track: bool = False,
    colour_by_id: bool = False,
    **call: object,
) -> int:
    """Write the annotated video, and a JSON line for each computed frame.

    A broken frame is left out; one that cannot be computed is written as it is, and its
    line says why. Both are counted in a warning. Ctrl-C ends the video; both files are
    whole.

    Args:
        reader: Of :func:`~glipv2.apis.video.read.open_video`.
        inferencer: The model.
        out: Video to write; the lines go beside it.
        every: Every N-th frame is computed; the others repeat its result.
        batch_size: Frames computed at once.
        max_frames: Most frames to write; None: to the end.
        track: Whether boxes get ``track_ids`` through the video; a place then has one
            name unless ``one_name_per_place=False``.
        colour_by_id: Whether a tracked object keeps a colour of its own.
        **call: Further arguments of the inferencer's call.

    Returns:
        How many frames were written.

    Raises:
        ImportError: If ``track`` needs a package.
        ValueError: If no frame can be computed, or the video not be written.
    """
    if max_frames is not None and max_frames < 1:
        raise ValueError(f'max_frames must be at least 1, but it is {max_frames}')
    fps = rate_of(reader)
    threshold = call.get('pred_score_thr', SCORE)
    if call.get('precision') is not None:
        threshold = 0.0  # the call leaves out what is below its own
    tracker = Tracker(fps, threshold) if track else None
    if track:
        call.setdefault('one_name_per_place', True)
    call.update(batch_size=batch_size, return_datasamples=True)
    counts, frames = Counts(), Frames(reader, max_frames)
    total = min(reader.frame_cnt or max_frames, max_frames or reader.frame_cnt) or None
    batches = _batches_of(read_ahead(frames), every * batch_size)
    computed = _predict(batches, every, inferencer, call)
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        VideoWriter(out, fps) as writer,
        open(out.with_suffix('.jsonl'), 'w', encoding='utf-8') as lines,
    ):

        def write(batch: list[Frame], samples: list) -> None:
            for (number, _), sample in zip(batch[::every], samples):
                seconds = number / fps
                if tracker is not None and not isinstance(sample, dict):
                    tracker.follow(sample, seconds)
                result = inferencer.postprocess(sample)
                _write_line(lines, number, seconds, result, counts)
            for place, (_, frame) in enumerate(batch):
                drawn = inferencer.visualize(
                    frame, samples[place // every], pred_score_thr=threshold,
                    colour_by_id=colour_by_id,
                )  # fmt: skip
                writer.write(frame if drawn is None else drawn[..., ::-1])
                counts.written += 1

        try:
            shown = progress(computed, 'Frames', total, lambda pair: len(pair[0]))
            for _ in do_behind(write, shown):
                pass
        except KeyboardInterrupt:
            _warn(f'stopped by Ctrl-C; {out} ends here')
    if not counts.written:
        raise ValueError('the video holds no frame that can be read')
    if len(counts.errors) == counts.computed:
        raise ValueError(f'no frame can be computed; {counts.errors[0]}')
    if frames.broken or counts.errors:
        _warn(
            f'{frames.broken} of {counts.written + frames.broken} frames are broken '
            f'and left out; {len(counts.errors)} cannot be computed'
            f'{"".join(f" ({x})" for x in counts.errors[:1])}'
        )
    return counts.written


def _predict(
    batches: Iterable[list[Frame]], every: int, inferencer: GLIPv2Inferencer, call: dict
) -> Iterator[tuple[list[Frame], list]]:
    """Yield each batch with the predictions of its every N-th frame."""
    for batch in batches:
        images = [frame for _, frame in batch[::every]]
        yield batch, inferencer(images, **call)['predictions']


def _write_line(
    lines: TextIO, number: int, seconds: float, result: dict, counts: Counts
) -> None:
    counts.computed += 1
    if 'error' in result:
        counts.errors.append(f'frame {number}: {result["error"]}')
    line = dict(frame=number, seconds=round(seconds, 3), **result)
    lines.write(json.dumps(line, ensure_ascii=False) + '\n')


def _warn(text: str) -> None:
    print_log(text, logger='current', level=logging.WARNING)


def _batches_of(frames: Iterable[Frame], size: int) -> Iterator[list[Frame]]:
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
