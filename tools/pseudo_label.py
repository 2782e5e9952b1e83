"""Let a trained model find the noun phrases of captions: boxes for self-training.

    python tools/pseudo_label.py CONFIG CHECKPOINT captions.jsonl IMAGES out.jsonl
    torchrun --nproc_per_node 8 tools/pseudo_label.py CONFIG ... --device cuda

(GLIP section 3.3, GLIPv2 section 4: the teacher's part of self-training.) A line of the
captions is ``{"filename": "a.jpg", "caption": "a dog on a sofa"}``. OUT gets ODVG lines
with scores, for StreamingODVGDataset; OUT.skipped what could not be used, and why. A
killed run goes on where it was when it is started again.
"""

import argparse
import json
import os
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
from mmdet.structures import DetDataSample
from mmengine.utils import ProgressBar
from PIL import Image
from torch import nn

from glipv2.apis import init_model, predict_entries
from glipv2.datasets.line_index import LineIndex
from glipv2.datasets.load_image import is_truncated
from glipv2.engine.line_journal import LineJournal
from glipv2.text.noun_phrases import find_noun_phrases


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path, help='of the teacher')
    parser.add_argument('captions', type=Path, help='JSON lines: filename, caption')
    parser.add_argument('images', type=Path, help='folder of the images')
    parser.add_argument('out', type=Path, help='ODVG file to write')
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument('--device', default='cpu', help='cuda: one GPU per process')
    parser.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        help='least score of a box that is written (training takes those above 0.5)',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.out.is_file():
        raise SystemExit(f'{args.out} is there already; remove it to start over')
    lines = LineIndex(args.captions)
    rank, processes = (
        int(os.environ.get('RANK', 0)),
        int(os.environ.get('WORLD_SIZE', 1)),
    )
    if processes > 1:
        # Processes wait for each other only at the end, which may take days.
        dist.init_process_group('gloo', timeout=timedelta(days=30))
    device = args.device
    if device == 'cuda':
        device = f'cuda:{os.environ.get("LOCAL_RANK", 0)}'
    model = init_model(args.config, args.checkpoint, device)
    journal = LineJournal(args.out, rank)
    if processes > 1:
        dist.barrier()  # all have cut what a kill left unfinished
    done = journal.done(len(lines))
    if processes > 1:
        dist.barrier()  # nobody writes before all have read
    todo = [i for i in range(rank, len(lines), processes) if not done[i]]
    bar = ProgressBar(len(todo)) if rank == 0 and todo else None
    for start in range(0, len(todo), args.batch_size):
        chosen = todo[start : start + args.batch_size]
        journal.write(label_batch(model, args, lines, chosen))
        if bar is not None:
            bar.update(len(chosen))
    if processes > 1:
        dist.barrier()
    if rank == 0:
        skipped = args.out.with_name(f'{args.out.name}.skipped')
        written, left_out = journal.merge(skipped)
        print(f'\n{args.out}: {written} lines; {skipped}: {left_out}')


def label_batch(
    model: nn.Module, args: argparse.Namespace, lines: LineIndex, chosen: list[int]
) -> list[tuple[int, dict]]:
    """Label some captions; one that cannot be used says why."""
    results, entries, records = [], [], []
    for line in chosen:
        try:
            record, spans = read_caption(lines[line], args.images)
        except (OSError, ValueError) as error:
            number = lines.line_number(line)
            reason = f'{args.captions}, line {number}: {error}'
            results.append((line, dict(skipped=reason)))
            continue
        records.append((line, record, spans))
        entries.append(
            dict(
                img_path=str(args.images / record['filename']),
                img_id=line,
                text=record['caption'],
                custom_entities=False,
                tokens_positive=[[span] for span in spans],
            )
        )
    found = predict_entries(model, entries, len(entries)) if entries else []
    for (line, record, spans), sample in zip(records, found):
        results.append((line, odvg_record(record, spans, sample, args.score_thr)))
    return results


def read_caption(text: bytes, folder: Path) -> tuple[dict, list[list[int]]]:
    """Read a caption's line, find its phrases and look at its image.

    Args:
        text: The line.
        folder: Of the images.

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


if __name__ == '__main__':
    main()
