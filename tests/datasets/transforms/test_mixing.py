"""Transforms that join images refuse images of several texts."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from mmdet.registry import DATASETS, TRANSFORMS
from PIL import Image

import glipv2  # noqa: F401 (registers the transforms)

SIZE = (64, 64)
LOAD = [dict(type='LoadImage'), dict(type='LoadAnnotations', with_bbox=True)]
END = [
    dict(
        type='SampleDetectionPrompt', tokenizer='bert-base-uncased',
        num_categories=-1, shuffle=False,
    ),
    dict(type='PackTextDetInputs'),
]  # fmt: skip
MIXES = (
    dict(type='Mosaic', img_scale=SIZE),
    dict(type='MixUp', img_scale=SIZE),
    dict(type='CopyPaste', max_num_pasted=2, paste_by_box=True),
)
CACHED = (
    dict(type='CachedMosaic', img_scale=SIZE, max_cached_images=5, random_pop=False),
    dict(
        type='CachedMixUp', img_scale=SIZE, ratio_range=(1, 1), max_cached_images=5,
        random_pop=False,
    ),
)  # fmt: skip


def coco(folder: Path, names: tuple[str, ...], pipeline: list[dict]) -> dict:
    """Write a file of six images and describe its data set."""
    boxes = [
        dict(id=i + 1, image_id=i + 1, category_id=i % len(names) + 1, iscrowd=0,
             bbox=[8, 8, 40, 40], area=1600, segmentation=[[8, 8, 48, 8, 48, 48]])
        for i in range(6)
    ]  # fmt: skip
    images = [
        dict(id=i + 1, file_name=f'{i}.png', width=64, height=64) for i in range(6)
    ]
    for image in images:
        Image.new('RGB', SIZE, (90, 20, 20)).save(folder / image['file_name'])
    categories = [dict(id=i + 1, name=name) for i, name in enumerate(names)]
    file = folder / f'{"_".join(names)}.json'
    file.write_text(
        json.dumps(dict(images=images, annotations=boxes, categories=categories))
    )
    return dict(
        type='CocoTextDataset', ann_file=str(file), data_prefix=dict(img=str(folder)),
        pipeline=pipeline,
    )  # fmt: skip


def captions(folder: Path, pipeline: list[dict]) -> dict:
    """Write captions of one phrase and describe their data set."""
    lines = []
    for i, text in enumerate(('a red cat', 'a blue dog', 'a bird', 'a cow', 'a hen')):
        Image.new('RGB', SIZE, (20, 90, 20)).save(folder / f'c{i}.png')
        region = dict(
            phrase=text, bbox=[[8, 8, 40, 40]], tokens_positive=[[0, len(text)]]
        )
        grounding = dict(caption=text, regions=[region])
        lines.append(
            json.dumps(
                dict(filename=f'c{i}.png', height=64, width=64, grounding=grounding)
            )
        )
    file = folder / 'captions.jsonl'
    file.write_text('\n'.join(lines))
    return dict(
        type='StreamingODVGDataset', ann_file=str(file),
        data_prefix=dict(img=str(folder)), pipeline=pipeline,
    )  # fmt: skip


def mixed(dataset: dict, step: dict) -> dict:
    """Describe a data set whose images a transform joins."""
    return dict(type='MultiImageMixDataset', dataset=dataset, pipeline=[step, *END])


def read_all(config: dict) -> list:
    """Read each sample."""
    np.random.seed(0)
    dataset = DATASETS.build(config)
    return [dataset[i]['data_samples'] for i in range(len(dataset))]


@pytest.mark.parametrize('step', MIXES, ids=lambda step: step['type'])
def test_one_class_list_is_joined_and_captions_are_not(
    tmp_path: Path, step: dict
) -> None:
    samples = read_all(mixed(coco(tmp_path, ('cat', 'dog'), LOAD), step))
    assert all(sample.text == ('cat', 'dog') for sample in samples)
    most = max(len(sample.gt_instances) for sample in samples)
    assert most > 1 or step['type'] == 'CopyPaste'  # whose copy covers the other
    with pytest.raises(ValueError, match=f'{step["type"]} would join .*png with .*png'):
        read_all(mixed(captions(tmp_path, LOAD), step))


@pytest.mark.parametrize('step', CACHED, ids=lambda step: step['type'])
def test_cached_images_likewise(tmp_path: Path, step: dict) -> None:
    samples = read_all(coco(tmp_path, ('cat', 'dog'), [*LOAD, step, *END]))
    assert max(len(sample.gt_instances) for sample in samples) > 1
    with pytest.raises(ValueError, match='whose text is another'):
        read_all(captions(tmp_path, [*LOAD, step, *END]))


def test_two_class_lists_and_sampled_names_are_refused(tmp_path: Path) -> None:
    both = dict(
        type='ConcatDataset',
        datasets=[
            coco(tmp_path, ('cat', 'dog'), LOAD),
            coco(tmp_path, ('hen', 'cow', 'bird'), LOAD),
        ],
    )
    with pytest.raises(ValueError, match="text is another .*'cat', 'dog'"):
        read_all(mixed(both, MIXES[0]))
    sampled = dict(END[0], num_categories=1)
    early = coco(tmp_path, ('cat', 'dog', 'hen'), [*LOAD, sampled])
    with pytest.raises(ValueError, match='before SampleDetectionPrompt'):
        read_all(mixed(early, MIXES[0]))


@pytest.mark.parametrize('step', [*MIXES, *CACHED], ids=lambda step: step['type'])
def test_workers_can_get_them(step: dict) -> None:
    transform = TRANSFORMS.build(step)
    assert type(pickle.loads(pickle.dumps(transform))) is type(transform)


def test_pasted_objects_bring_their_masks(tmp_path: Path) -> None:
    load = [dict(type='LoadImage'), dict(type='LoadTextMasks')]
    step = dict(type='CopyPaste', mask_occluded_thr=0)
    samples = read_all(mixed(coco(tmp_path, ('cat', 'dog'), load), step))
    for sample in samples:
        truth = sample.gt_instances
        assert len(truth.masks) == len(truth.labels)
        assert (truth.masks.areas > 700).any()
