"""Boxes of a teacher for the noun phrases of captions: the data of self-training."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from mmdet.structures import DetDataSample
from mmengine.utils import ProgressBar
from PIL import Image
from torch import nn

from ..datasets.line_index import LineIndex
from ..datasets.load_image import is_truncated
from ..engine.line_journal import LineJournal
from ..text.noun_phrases import find_noun_phrases
from .inference import init_model, predict_entries


@dataclass(frozen=True)
class LabelJob:
    """What is labelled.

    Args:
        config: Of the teacher.
        checkpoint: Of the teacher.
        captions: JSON lines with ``filename`` and ``caption``.
        images: Folder of the images.
        out: ODVG file to write.
        batch_size: Images computed at once.
        device: ``'cuda'``: one GPU per process.
        score_thr: Least score of a box that is written.
    """

    config: Path
    checkpoint: Path
    captions: Path
    images: Path
    out: Path
    batch_size: int = 1
    device: str = 'cpu'
    score_thr: float = 0.3


def write_pseudo_labels(job: LabelJob) -> None:
    """Label all captions (GLIP section 3.3, GLIPv2 section 4).

    Processes started by torchrun share the lines; a killed job is resumed.
    """
    lines = LineIndex(job.captions)
    rank, processes = (
        int(os.environ.get('RANK', 0)),
        int(os.environ.get('WORLD_SIZE', 1)),
    )
    if processes > 1:
        # Processes wait for each other only at the end, which may take days.
        dist.init_process_group('gloo', timeout=timedelta(days=30))
    device = job.device
    if device == 'cuda':
        device = f'cuda:{os.environ.get("LOCAL_RANK", 0)}'
    model = init_model(job.config, job.checkpoint, device)
    journal = LineJournal(job.out, rank)
    if processes > 1:
        dist.barrier()  # all have cut what a kill left unfinished
    done = journal.done(len(lines))
    if processes > 1:
        dist.barrier()  # nobody writes before all have read
    todo = [i for i in range(rank, len(lines), processes) if not done[i]]
    bar = ProgressBar(len(todo)) if rank == 0 and todo else None
    for start in range(0, len(todo), job.batch_size):
        chosen = todo[start : start + job.batch_size]
        journal.write(label_batch(model, job, lines, chosen))
        if bar is not None:
            bar.update(len(chosen))
    if processes > 1:
        dist.barrier()
    if rank == 0:
        skipped = job.out.with_name(f'{job.out.name}.skipped')
        written, left_out = journal.merge(skipped)
        print(f'\n{job.out}: {written} lines; {skipped}: {left_out}')


def label_batch(
    model: nn.Module, job: LabelJob, lines: LineIndex, chosen: list[int]
) -> list[tuple[int, dict]]:
    """Label some captions.

    Returns:
        Per line its ODVG record, or as ``skipped`` why it cannot be used.
    """
    results, entries, records = [], [], []
    for line in chosen:
        try:
            record, spans = read_caption(lines[line], job.images)
        except (OSError, ValueError) as error:
            number = lines.line_number(line)
            reason = f'{job.captions}, line {number}: {error}'
            results.append((line, dict(skipped=reason)))
            continue
        records.append((line, record, spans))
        entries.append(
            dict(
                img_path=str(job.images / record['filename']),
                img_id=line,
                text=record['caption'],
                custom_entities=False,
                tokens_positive=[[span] for span in spans],
            )
        )
    found = predict_entries(model, entries, len(entries)) if entries else []
    for (line, record, spans), sample in zip(records, found):
        results.append((line, odvg_record(record, spans, sample, job.score_thr)))
    return results


def read_caption(text: bytes, folder: Path) -> tuple[dict, list[list[int]]]:
    """Read a caption's line and its image's size, and find its phrases.

    Returns:
        The record with the image's ``height`` and ``width``, and the phrases'
        characters [start, end).

    Raises:
        OSError: If the image is missing or broken.
        ValueError: If the line is no record or has no noun phrase.
    """
    record = json.loads(text)
    if not isinstance(record, dict) or not {'filename', 'caption'} <= record.keys():
        raise ValueError('no JSON object with filename and caption')
    path = folder / record['filename']
    if is_truncated(path.read_bytes()):
        raise OSError(f'the image {path} is truncated')
    with Image.open(path) as image:
        record['width'], record['height'] = image.size
    spans = [list(span) for span in find_noun_phrases(record['caption'])]
    if not spans:
        raise ValueError(f'no noun phrase in {record["caption"]!r}')
    return record, spans


def odvg_record(
    record: dict, spans: list[list[int]], sample: DetDataSample, score_thr: float
) -> dict:
    """Write a prediction as an ODVG record.

    Args:
        record: ``filename``, ``caption``, ``height``, ``width``.
        spans: Characters of each phrase.
        sample: With ``pred_instances``; labels count phrases.
        score_thr: Least score.

    Returns:
        The record; a phrase without a box has no region. Without any box it is one
        of the skipped.
    """
    found = sample.pred_instances
    found = found[found.scores >= score_thr]
    caption = record['caption']
    regions = []
    for label in torch.unique(found.labels).tolist():
        of_phrase = found[found.labels == label]
        start, end = spans[label]
        regions.append(
            dict(
                bbox=[[round(x, 2) for x in box] for box in of_phrase.bboxes.tolist()],
                score=[round(score, 4) for score in of_phrase.scores.tolist()],
                phrase=caption[start:end],
                tokens_positive=[[start, end]],
            )
        )
    if not regions:
        return dict(skipped=f'{record["filename"]}: no box above {score_thr}')
    return dict(
        filename=record['filename'],
        height=record['height'],
        width=record['width'],
        grounding=dict(caption=caption, regions=regions),
    )
