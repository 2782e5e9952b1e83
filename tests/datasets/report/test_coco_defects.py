"""The data check on COCO files: every planted defect is reported, and nothing else."""

import json
from pathlib import Path

import pytest
from mmdet.registry import DATASETS

from glipv2.datasets.report.inspect_dataset import TextSettings
from tests.datasets.report.defects import (
    CROSS,
    annotation,
    coco_config,
    examples,
    image,
    inspect,
    told,
)


def test_good_coco_data_has_no_problem(folder: Path, settings: TextSettings) -> None:
    content = dict(
        images=[image(1, 'a.png'), image(2, 'b.png')],
        annotations=[
            annotation(1, 1, [10, 10, 20, 20], segmentation=CROSS),
            annotation(2, 2, [0, 0, 60, 40]),
        ],
        categories=[dict(id=1, name='dog')],
    )
    found = inspect(coco_config(folder, content), settings)
    assert told(found) == {}
    assert (found.num_items, found.num_images, found.num_boxes) == (2, 2, 2)
    assert found.counts == {'dog': 2}
    assert len(found.samples) == 2
    # [CLS] dog [SEP]
    assert [(x.names, x.num_tokens) for x in found.chunks] == [(('dog',), 3)]


def test_every_defect_of_a_coco_file_is_told(
    folder: Path, settings: TextSettings
) -> None:
    nan = float('nan')
    content = dict(
        images=[
            image(1, 'a.png'),
            image(2, 'b.png', width=50),
            image(3, 'cut.png'),
            image(4, 'lost.png'),
            image(4, 'lost.png'),
            dict(id=5),
        ],
        annotations=[
            annotation(1, 1, [10, 10, 0, 20]),
            annotation(2, 1, [nan, 10, 5, 20]),
            annotation(3, 1, [70, 10, 5, 5]),
            annotation(4, 1, [40, 10, 50, 5]),
            annotation(5, 1, [10, 10, 0.5, 5]),
            annotation(6, 1, [40, 20, 10, 10], segmentation=CROSS),
            annotation(7, 1, [10, 10, 20, 20], segmentation=[[1, 2, 3, 4]]),
            annotation(8, 99, [1, 1, 5, 5]),
            dict(annotation(9, 1, [1, 1, 5, 5]), category_id=7),
            dict(annotation(10, 1, [1, 1, 5, 5]), category_id=2),
            dict(id=11),
        ],
        categories=[dict(id=i, name=n) for i, n in enumerate(('dog', 'cat', '漢'), 1)],
    )
    config = coco_config(folder, content, metainfo=dict(classes=('漢', 'dog')))
    found = inspect(config, settings)
    assert told(found) == {
        'image missing': 1,
        'image broken': 1,
        'image of another size than stated': 1,
        'duplicate id': 1,
        'broken entry': 2,  # image 5, annotation 11
        'repaired when read': 1,  # annotation 8 of the image 99
        'box without area or not finite': 2,
        'box outside the image': 1,
        'box over the edge': 1,
        'box thinner than a pixel, left out': 1,
        'mask does not match': 2,
        'classes and categories': 2,  # the id 7; cats are not wanted
        'class without boxes': 1,
    }
    assert 'annotation 1 of a.png' not in examples(found, 'broken entry')
    assert 'lost.png' in examples(found, 'image missing')
    assert 'annotation 3' in examples(found, 'box outside the image')
    assert "1 annotations are of 'cat'" in examples(found, 'classes and categories')
    assert 'stated 50 x 40, but is 60 x 40' in examples(
        found, 'image of another size than stated'
    )


def test_allowed_defects_are_warnings(folder: Path, settings: TextSettings) -> None:
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[
            annotation(1, 1, [10, 10, 0, 20]),
            dict(annotation(2, 1, [1, 1, 5, 5]), category_id=2),
            annotation(3, 1, [1, 1, 5, 5]),
        ],
        categories=[dict(id=1, name='dog'), dict(id=2, name='cat')],
    )
    found = inspect(
        coco_config(
            folder,
            content,
            metainfo=dict(classes=('dog',)),
            on_bad='skip',
            allow_partial=True,
        ),
        settings,
    )
    assert told(found) == {'box without area or outside the image, left out': 1}
    assert found.problems.num_errors == 0


@pytest.mark.parametrize('on_bad', ['error', 'skip'])
@pytest.mark.parametrize(
    ('stated', 'box', 'title'),
    [
        ((40, 60), [5, 5, 9, 9], None),
        ((60, 40), [5, 5, 9, 9], 'height and width change places by EXIF'),
        ((60, 40), [5, 45, 9, 9], 'image of another size than stated'),
        ((80, 120), [5, 5, 9, 9], 'image of another size than stated'),
        ((80, 120), [70, 50, 9, 9], 'image of another size than stated'),
    ],
)
def test_training_and_the_check_agree_on_sizes(
    folder: Path, settings: TextSettings, stated: tuple, box: list, title: str | None,
    on_bad: str,
) -> None:  # fmt: skip
    wrong = dict(image(1, 'a.png'), height=stated[0], width=stated[1])
    content = dict(
        images=[wrong, image(2, 'b.png')],
        annotations=[annotation(1, 1, box), annotation(2, 2, [1, 1, 9, 9])],
        categories=[dict(id=1, name='dog')],
    )
    config = coco_config(folder, content)
    config['pipeline'][0]['on_bad'] = on_bad
    is_wrong = title is not None and 'another' in title
    if is_wrong and on_bad == 'skip':
        title = 'image missing, broken or of another size than stated, skipped'
    found = inspect(config, settings, num_samples=0)
    assert told(found) == ({} if title is None else {title: 1})
    assert found.problems.num_errors == (is_wrong and on_bad == 'error')
    dataset = DATASETS.build(config)
    if is_wrong and on_bad == 'error':
        with pytest.raises(OSError, match=r'a\.png is 60 x 40, but'):
            dataset.prepare_data(0)
    else:
        assert (dataset.prepare_data(0) is None) == is_wrong


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'there is no file'),
        ('{', 'is not valid JSON'),
        ({'images': []}, "the lists ['annotations', 'categories'] are missing"),
        (
            dict(images=[], annotations=[], categories=[dict(id=1, name=' ')]),
            'has no name',
        ),
    ],
)
def test_an_unusable_coco_file(
    folder: Path, settings: TextSettings, content: object, message: str
) -> None:
    config = coco_config(folder, {})
    file = folder / 'instances.json'
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    if content is None:
        file.unlink()
    found = inspect(config, settings)
    assert found.problems.num_errors == 1
    assert message in str(dict(found.problems.examples))


def test_sizes_and_masks_of_another_form_stop_nothing(
    folder: Path, settings: TextSettings
) -> None:
    rle = dict(size=[40, 60], counts=[1, 'x'])
    content = dict(
        images=[dict(image(1, 'a.png'), height='40')],
        annotations=[annotation(1, 1, [10, 10, 20, 20], segmentation=rle)],
        categories=[dict(id=1, name='dog')],
    )
    found = inspect(coco_config(folder, content), settings)
    assert told(found) == {
        'repaired when read': 1,
        'mask does not match': 1,
    }
