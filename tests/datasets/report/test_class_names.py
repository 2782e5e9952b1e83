"""The data check on class names: their prompts, and names that say nothing."""

from pathlib import Path

from glipv2.datasets.report.inspect_dataset import TextSettings
from tests.datasets.report.defects import (
    annotation,
    coco_config,
    examples,
    image,
    inspect,
    told,
)


def test_names_are_cut_into_prompts(folder: Path, settings: TextSettings) -> None:
    names = [
        f'thing number {word}'
        for word in ['one', 'two', 'three', 'four', 'five', 'six']
    ]
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[annotation(1, 1, [1, 1, 9, 9])],
        categories=[dict(id=i, name=name) for i, name in enumerate(names, 1)],
    )
    config = coco_config(folder, content, test_mode=True)
    found = inspect(config, settings)
    assert [name for chunk in found.chunks for name in chunk.names] == names
    # a name has three tokens, its separator one, and [CLS] and [SEP] two: 5 names
    assert [chunk.num_tokens for chunk in found.chunks] == [21, 5]
    assert told(found) == {'class without boxes': 5}


def test_names_that_say_nothing_or_the_same(
    folder: Path, settings: TextSettings
) -> None:
    names = ['dog', 'Dog_', '🦖']
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[
            dict(annotation(i, 1, [1, 1, 9, 9]), category_id=i) for i in (1, 2, 3)
        ],
        categories=[dict(id=i, name=name) for i, name in enumerate(names, 1)],
    )
    found = inspect(coco_config(folder, content), settings)
    assert told(found) == {'classes and categories': 1, 'only unknown words': 1}
    assert "'dog' and 'Dog_' read the same" in examples(found, 'classes and categories')


def test_chosen_names_may_read_the_same(folder: Path, settings: TextSettings) -> None:
    names = ['dog', 'Dog_']
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[
            dict(annotation(i, 1, [1, 1, 9, 9]), category_id=i) for i in (1, 2)
        ],
        categories=[dict(id=i, name=name) for i, name in enumerate(names, 1)],
    )
    config = dict(coco_config(folder, content), metainfo=dict(classes=names))
    assert told(inspect(config, settings)) == {'names that read the same': 1}
