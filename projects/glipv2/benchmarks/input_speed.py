"""Training samples a second of one worker, beside its images' reading and resizing."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmdet.registry import DATASETS, TRANSFORMS
from mmengine.config import Config
from mmengine.dataset import BaseDataset, Compose
from mmengine.registry import DefaultScope

from ..datasets.report.leaves import leaf_configs
from ..demo_data.emoji_scenes import SceneOptions, make_emoji_scenes
from ..quickstart.scripts import ROOT
from .measure import time_in_turns

SETS = ROOT / 'configs' / '_base_' / 'datasets' / 'emoji_sets.py'


@dataclass(frozen=True)
class Samples:
    """Training samples of a config.

    Args:
        config: Below ``configs``.
        content: The set of EmojiScenes that takes the place of the config's files.
        place: Of the set among those that the config mixes.
        categories: Of the images, as in ``SceneOptions``.
    """

    config: str
    content: str
    place: int = 0
    categories: str = 'quickstart'


PRETRAINING = 'pretrain/glipv2_swin-t_o365-goldg-cap4m.py'
SAMPLES = {
    'boxes of a COCO file': Samples('coco/glipv2_swin-t_coco.py', 'boxes'),
    'lists of 1,108 names': Samples(PRETRAINING, 'class_lists', 0, 'all'),
    'captions, several in a prompt': Samples(PRETRAINING, 'phrases', 1),
    'masks of a COCO file': Samples('coco/glipv2_swin-t_coco_mask_stage.py', 'boxes'),
    'phrases with masks': Samples(
        'phrasecut/glipv2_swin-t_phrasecut_mask_stage.py', 'phrase_masks'
    ),
    'questions': Samples('vqa/glipv2_swin-t_vqav2.py', 'questions'),
    'captions to write': Samples('caption/glipv2_swin-t_coco_caption.py', 'captions'),
}
READING = ('LoadImage', 'LoadImageFromFile', 'RandomChoiceResize', 'FixScaleResize')


def make_scenes(folder: Path, images: int, size: int) -> None:
    """Make images with every kind of annotation, unless they are there.

    Args:
        folder: Gets an EmojiScenes for each list of categories.
        images: Training images of each.
        size: Side of an image in pixels.
    """
    for categories in {each.categories for each in SAMPLES.values()}:
        if not (folder / categories).exists():
            options = SceneOptions(
                size, train=images, val=1, val_unseen=1, categories=categories,
                objects=(4, 12), object_size=(size // 8, size // 3),
            )  # fmt: skip
            make_emoji_scenes(folder / categories, options)


def measure_input(
    folder: Path, names: Sequence[str], repeats: int
) -> list[dict[str, object]]:
    """Time pipelines of the configs on the same images, in turns with bare reading.

    Args:
        folder: Of :func:`make_scenes`.
        names: Of ``SAMPLES``.
        repeats: Timed runs of each over all images.

    Returns:
        Rows of a table; the last column is the share of the time that reading and
        resizing take.
    """
    torch.set_num_threads(1)  # as in a worker
    rows = []
    with DefaultScope.overwrite_default_scope('mmdet'):
        for name in names:
            whole, reading = _passes(folder, SAMPLES[name])
            seconds, alone = time_in_turns([whole.run, reading.run], repeats)
            rows.append(
                {
                    'training samples': name,
                    'samples per second': round(whole.images / seconds, 1),
                    'reading and resizing alone': round(whole.images / alone, 1),
                    'share of reading and resizing': round(alone / seconds, 2),
                }
            )
    return rows


class _Pass:
    """Read a set once, with the same random numbers in each pass.

    Args:
        dataset: The set.
        pipeline: Of its samples.
        indices: Of the samples, one of each image.
    """

    def __init__(
        self, dataset: BaseDataset, pipeline: Callable, indices: Sequence[int]
    ) -> None:
        self.dataset, self.pipeline, self.indices = dataset, pipeline, indices
        self.images = len(indices)

    def run(self) -> None:
        """Read all samples."""
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        for index in self.indices:
            self.pipeline(self.dataset.get_data_info(index))


def _passes(folder: Path, samples: Samples) -> tuple[_Pass, _Pass]:
    """Build a config's pipeline, and its part that reads and resizes."""
    pipeline = _pipeline_of(ROOT / 'configs' / samples.config, samples.place)
    found = Config.fromfile(SETS).emoji_train[samples.content]
    settings = dict(found, data_root=f'{folder / samples.categories}/')
    dataset: BaseDataset = DATASETS.build(dict(settings, pipeline=[]))
    dataset.full_init()
    chosen: dict[str, int] = {}
    for index in range(len(dataset)):
        chosen.setdefault(dataset.get_data_info(index)['img_path'], index)
    build = partial(_compose, dataset, tuple(chosen.values()))
    return build(pipeline), build([x for x in pipeline if x['type'] in READING])


def _compose(
    dataset: BaseDataset, indices: Sequence[int], pipeline: Sequence[Mapping[str, Any]]
) -> _Pass:
    return _Pass(dataset, Compose([TRANSFORMS.build(x) for x in pipeline]), indices)


def _pipeline_of(config: Path, place: int) -> list[Mapping[str, Any]]:
    """Read the pipeline of a config's training set, of those it mixes by place."""
    training = Config.fromfile(config).train_dataloader.dataset
    return [leaf['pipeline'] for _, leaf in leaf_configs(training, 'train')][place]
