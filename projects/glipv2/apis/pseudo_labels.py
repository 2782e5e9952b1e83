"""Boxes of a teacher for the noun phrases of captions: the data of self-training."""

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from mmdet.structures import DetDataSample
from torch import nn
from transformers import PreTrainedTokenizerFast

from ..datasets.files.line_index import LineIndex
from ..datasets.images.decode_image import reason_of
from ..datasets.transforms.grounding_prompt import end_of_room
from ..engine.line_journal import LineJournal
from ..progress import progress
from ..text.noun_phrases import find_noun_phrases
from .defaults import SCORE
from .inference import init_model, predict_entries

GPU_FAILED = 'CUDA error'  # beginning of CUDA's errors, after which nothing can run


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
    score_thr: float = SCORE


def write_pseudo_labels(job: LabelJob) -> None:
    """Label all captions (GLIP section 3.3, GLIPv2 section 4).

    Processes started by torchrun share the lines; a killed job is resumed.

    Raises:
        OSError: If the folder of the images is missing or empty.
    """
    refuse_lost_images(job.images)
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
    batches = [
        todo[start : start + job.batch_size]
        for start in range(0, len(todo), job.batch_size)
    ]
    shown = progress(batches, 'Captions', len(todo), len) if rank == 0 else batches
    for chosen in shown:
        journal.write(label_batch(model, job, lines, chosen))
    if processes > 1:
        dist.barrier()
    if rank == 0:
        skipped = job.out.with_name(f'{job.out.name}.skipped')
        written, left_out = journal.merge(skipped)
        print(f'{job.out}: {written} lines; {skipped}: {left_out}')


def label_batch(
    model: nn.Module, job: LabelJob, lines: LineIndex, chosen: list[int]
) -> list[tuple[int, dict]]:
    """Label some captions.

    Returns:
        Per line its ODVG record, or as ``skipped`` why it cannot be used.

    Raises:
        OSError: If the folder of the images is gone.
        RuntimeError: If the GPU has failed.
    """
    try:
        return list(zip(chosen, _label(model, job, [lines[x] for x in chosen])))
    except Exception as error:  # of any decoder, or a text that does not fit
        refuse_lost_images(job.images)
        if isinstance(error, RuntimeError) and GPU_FAILED in str(error):
            raise
        if len(chosen) > 1:
            return [label_batch(model, job, lines, [line])[0] for line in chosen]
        where = f'{job.captions}, line {lines.line_number(chosen[0])}'
        return [(chosen[0], dict(skipped=f'{where}: {reason_of(error)}'))]


def read_caption(
    text: bytes, tokenizer: PreTrainedTokenizerFast, max_tokens: int
) -> tuple[dict, list[list[int]]]:
    """Read a caption's line, and find its phrases.

    Args:
        text: The line.
        tokenizer: The text encoder's.
        max_tokens: A longer caption is cut after a word.

    Returns:
        The record, and the phrases' characters [start, end).

    Raises:
        ValueError: If the line is no record or has no noun phrase.
    """
    record = json.loads(text)
    values = record if isinstance(record, dict) else {}
    if not all(isinstance(values.get(key), str) for key in ('filename', 'caption')):
        raise ValueError('no JSON object with filename and caption, both strings')
    caption = record['caption']
    caption = caption[: end_of_room(caption, tokenizer, max_tokens)]
    spans = [list(span) for span in find_noun_phrases(caption)]
    if not spans:
        raise ValueError(f'no noun phrase in {record["caption"]!r}')
    return dict(filename=record['filename'], caption=caption), spans


def _label(model: nn.Module, job: LabelJob, texts: list[bytes]) -> list[dict]:
    encoder = model.text_encoder
    read = [read_caption(text, encoder.tokenizer, encoder.max_tokens) for text in texts]
    entries = [
        dict(
            img_path=str(job.images / record['filename']),
            img_id=index,
            text=record['caption'],
            custom_entities=False,
            tokens_positive=[[span] for span in spans],
        )
        for index, (record, spans) in enumerate(read)
    ]
    found = predict_entries(model, entries, len(entries))
    return [
        odvg_record(*record_and_spans, sample, job.score_thr)
        for record_and_spans, sample in zip(read, found)
    ]


def refuse_lost_images(folder: Path) -> None:
    """Stop a job whose images are all gone, as with a lost mount.

    Raises:
        OSError: If the folder is missing or empty.
    """
    if not folder.is_dir() or next(folder.iterdir(), None) is None:
        raise OSError(f'the folder of the images {folder} is missing or empty')


def odvg_record(
    record: dict, spans: list[list[int]], sample: DetDataSample, score_thr: float
) -> dict:
    """Write a prediction as an ODVG record.

    Args:
        record: ``filename`` and ``caption``.
        spans: Characters of each phrase.
        sample: With ``pred_instances`` and ``ori_shape``; labels count phrases.
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
    height, width = sample.ori_shape
    return dict(
        filename=record['filename'],
        height=height,
        width=width,
        grounding=dict(caption=caption, regions=regions),
    )
