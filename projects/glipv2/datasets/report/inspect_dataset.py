"""Inspection of a data set: file, images, boxes, words and some samples."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from mmdet.datasets import BaseDetDataset
from mmdet.registry import DATASETS
from mmdet.structures import DetDataSample
from transformers import PreTrainedTokenizerFast

from ...progress import progress
from ...text.sample_text import prompt_of
from ...text.tokens import tokenize_prompts
from ..coco_karpathy import CocoKarpathyDataset
from ..coco_text import CocoTextDataset
from ..odvg_stream import StreamingODVGDataset
from ..phrasecut import PhraseCutDataset
from ..vqa import VQADataset
from .check_item import ImageSizes, check_boxes, check_image, check_text
from .check_names import Chunk, check_names
from .item import Item
from .problems import BAD_BOX, LOADING, PIPELINE, SKIPPED_BOX, Problems
from .read_coco import class_names, read_coco
from .read_language import read_captions, read_phrasecut, read_vqa
from .read_odvg import read_odvg

Reader = Callable[[BaseDetDataset, Problems], Iterator[Item]]
READERS: dict[type, Reader] = {
    CocoTextDataset: read_coco,
    StreamingODVGDataset: read_odvg,
    PhraseCutDataset: read_phrasecut,
    VQADataset: read_vqa,
    CocoKarpathyDataset: read_captions,
}
LANGUAGE_TASKS = ('vqa', 'caption')
BATCH = 256  # items whose images are read at once


@dataclass(frozen=True)
class TextSettings:
    """The text settings of a model.

    Args:
        tokenizer: Tokenizer of its text encoder.
        max_tokens: Most tokens of a prompt.
        chunked_size: Most names of a test prompt; -1: as many as fit.
    """

    tokenizer: PreTrainedTokenizerFast
    max_tokens: int
    chunked_size: int = -1


@dataclass
class Findings:
    """Contents and problems of a data set.

    Args:
        name: Its dotted name in the config.
        kind: Its type.
        problems: The problems found.
        num_items: Samples of its file.
        num_images: Different images read.
        num_boxes: Boxes of its file.
        counts: Counts of class names, phrases or answers.
        chunks: Prompts of its class list.
        sentence_tokens: Number of tokens of each sentence.
        num_sampled: Samples run through the pipeline.
        samples: The packed samples that the pipeline returned.
    """

    name: str
    kind: str
    problems: Problems
    num_items: int = 0
    num_images: int = 0
    num_boxes: int = 0
    counts: Counter = field(default_factory=Counter)
    chunks: list[Chunk] = field(default_factory=list)
    sentence_tokens: list[int] = field(default_factory=list)
    num_sampled: int = 0
    samples: list[dict] = field(default_factory=list)


def inspect_dataset(
    name: str,
    config: Mapping,
    settings: TextSettings,
    num_samples: int,
    shown: int,
    jobs: int,
) -> Findings:
    """Inspect a data set; no problem of it stops the inspection.

    Args:
        name: Its dotted name in the config.
        config: Config of a data set that reads files.
        settings: Text settings of the model.
        num_samples: Samples to run through the pipeline, evenly spaced.
        shown: Number of examples of each kind of problem.
        jobs: Images read at once.

    Returns:
        The findings.
    """
    problems = Problems(shown)
    found = Findings(name, str(config.get('type')), problems)
    try:
        dataset = DATASETS.build({**config, 'lazy_init': True, 'pipeline': []})
    except Exception as error:  # any error is part of the report
        problems.add(LOADING, name, f'{type(error).__name__}: {error}')
        return found
    reader = next((r for t, r in READERS.items() if isinstance(dataset, t)), None)
    if reader is not None:
        try:
            _inspect_names(dataset, settings, found)
            items = progress(reader(dataset, problems), name)
            _inspect_items(items, dataset, config, settings, found, jobs)
        except Exception as error:  # a file of another format
            problems.add(LOADING, name, f'{type(error).__name__}: {error}')
    _run_samples(config, settings, num_samples, found)
    return found


def _inspect_names(
    dataset: BaseDetDataset, settings: TextSettings, found: Findings
) -> None:
    names: Sequence[str] = ()
    if isinstance(dataset, CocoTextDataset):
        names = class_names(dataset, found.problems)
    elif getattr(dataset, 'label_map', None):
        names = list(dataset.label_map.values())
    if names:
        found.counts.update(dict.fromkeys(names, 0))
        found.chunks = check_names(
            names,
            getattr(dataset, 'caption_prompt', None),
            settings.tokenizer,
            (settings.max_tokens, settings.chunked_size),
            dataset.ann_file,
            found.problems,
            getattr(dataset, 'names_chosen', False),
        )


def _inspect_items(
    items: Iterator[Item],
    dataset: BaseDetDataset,
    config: Mapping,
    settings: TextSettings,
    found: Findings,
    jobs: int,
) -> None:
    pipeline = config.get('pipeline', [])
    sizes = ImageSizes(pipeline)
    trains_masks = any(_needs_masks(step) for step in pipeline)
    skips = isinstance(dataset, CocoTextDataset) and dataset.on_bad == 'skip'
    bad_box = SKIPPED_BOX if skips else BAD_BOX
    with ThreadPoolExecutor(jobs) as pool:
        while batch := list(islice(items, BATCH)):
            read = pool.map(sizes.read, dict.fromkeys(item.path for item in batch))
            by_path = dict(zip(dict.fromkeys(item.path for item in batch), read))
            for item in batch:
                found.num_items += 1
                found.num_boxes += len(item.boxes)
                found.counts.update(item.counted)
                size = check_image(
                    item, by_path[item.path], sizes.skips_broken, found.problems
                )
                check_boxes(item, size, bad_box, trains_masks, found.problems)
                if item.text is not None:
                    tokens = check_text(
                        item, settings.tokenizer, settings.max_tokens, found.problems
                    )
                    found.sentence_tokens.append(tokens)
    found.num_images = len(sizes)


def _needs_masks(step: Mapping) -> bool:
    """Check whether a transform loads masks and stops at a bad one."""
    if step['type'] == 'LoadTextMasks':
        return step.get('on_bad', 'error') == 'error'
    return step['type'] == 'LoadAnnotations' and bool(step.get('with_mask'))


def _run_samples(
    config: Mapping, settings: TextSettings, num_samples: int, found: Findings
) -> None:
    """Load the set as training does and run some samples through its pipeline."""
    problems, found_before = found.problems, found.problems.num_errors
    try:
        dataset = DATASETS.build(dict(config))
        dataset.full_init()
        size = len(dataset)
        if size == 0:
            raise ValueError('no sample is left (see filter_cfg)')
    except Exception as error:
        # Problems of single items were already reported.
        if not found_before:
            problems.add(LOADING, found.name, f'{type(error).__name__}: {error}')
        return
    count = min(num_samples, size)
    for index in np.linspace(0, size - 1, count).astype(int).tolist():
        found.num_sampled += 1
        try:
            sample = dataset.prepare_data(index)
            if sample is not None:
                _check_prompt(sample['data_samples'], settings, dataset.test_mode)
                found.samples.append(sample)
        except Exception as error:
            where = f'{found.name}, sample {index}'
            problems.add(PIPELINE, where, f'{type(error).__name__}: {error}')
    if count and not found.samples and not problems.num_errors:
        problems.add(LOADING, found.name, f'none of {count} samples has a box to use')


def _check_prompt(
    sample: DetDataSample, settings: TextSettings, test_mode: bool
) -> None:
    """Make the prompt that training makes; tests cut long lists."""
    if sample.get('task') not in LANGUAGE_TASKS:
        prompt = prompt_of(sample)
        if not test_mode:
            tokenize_prompts([prompt], settings.tokenizer, settings.max_tokens)
