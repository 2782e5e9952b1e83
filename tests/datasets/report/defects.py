"""Data sets with planted defects, and what the check says of them."""

import json
from collections.abc import Mapping
from pathlib import Path

from glipv2.datasets.report.inspect_dataset import (
    Findings,
    TextSettings,
    inspect_dataset,
)

TOKENIZER = 'bert-base-uncased'
CROSS = [[10, 10, 30, 10, 30, 30, 10, 30]]  # the square from 10 to 30


def image(number: int, name: str, width: int = 60) -> dict:
    """Describe an image."""
    return dict(id=number, file_name=name, height=40, width=width)


def annotation(number: int, image_id: int, box: list, **keys: object) -> dict:
    """Describe a box."""
    return dict(id=number, image_id=image_id, category_id=1, bbox=box, area=1, **keys)


def coco_config(folder: Path, content: Mapping, **keys: object) -> dict:
    """Write a COCO file and describe its data set."""
    (folder / 'instances.json').write_text(json.dumps(content))
    return dict(
        type='CocoTextDataset',
        data_root=str(folder),
        ann_file='instances.json',
        data_prefix=dict(img=''),
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadTextMasks'),
            dict(type='PackTextDetInputs'),
        ],
        **keys,
    )


def inspect(config: Mapping, settings: TextSettings, num_samples: int = 4) -> Findings:
    """Check a data set."""
    return inspect_dataset('train', config, settings, num_samples, shown=3, jobs=1)


def told(found: Findings) -> dict[str, int]:
    """Count the problems of each kind."""
    return {kind.title: count for kind, count in found.problems.counts.items()}


def examples(found: Findings, title: str) -> str:
    """Read the examples of a kind."""
    kinds = [kind for kind in found.problems.counts if kind.title == title]
    return '\n'.join(found.problems.examples[kinds[0]])


def odvg_config(folder: Path, lines: list) -> dict:
    """Write ODVG lines and describe their data set."""
    text = '\n'.join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    (folder / 'data.jsonl').write_text(text)
    return dict(
        type='StreamingODVGDataset',
        data_root=str(folder),
        ann_file='data.jsonl',
        data_prefix=dict(img=''),
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(type='SampleDetectionPrompt', tokenizer=TOKENIZER, max_tokens=24),
            dict(type='PackTextDetInputs'),
        ],
    )


def grounding(caption: str, *regions: dict) -> dict:
    """Make an ODVG record."""
    return dict(
        filename='a.png', height=40, width=60,
        grounding=dict(caption=caption, regions=regions),
    )  # fmt: skip


def region(spans: list, boxes: list) -> dict:
    """Make a phrase of it."""
    return dict(phrase='a dog', tokens_positive=spans, bbox=boxes)
