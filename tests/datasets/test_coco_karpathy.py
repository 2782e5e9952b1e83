"""COCO captions: Karpathy's file and COCO's own."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glipv2.datasets import CocoKarpathyDataset
from glipv2.text.sources import load_tokenizer

CAPTIONS = ['A dog on grass.', 'two cats']


def karpathy_image(number: int, split: str, captions: list = CAPTIONS) -> dict:
    return dict(
        filepath='val2014', filename=f'{number}.jpg', cocoid=number, split=split,
        sentences=[dict(raw=text, tokens=text.lower().split()) for text in captions],
    )  # fmt: skip


def coco_file(images: list[int], captions: list[tuple[int, int, str]]) -> dict:
    return dict(
        images=[dict(id=number, file_name=f'{number}.jpg') for number in images],
        annotations=[
            dict(id=number, image_id=image, caption=text)
            for number, image, text in captions
        ],
    )


def open_set(folder: Path, content: object, **options) -> CocoKarpathyDataset:
    (folder / 'captions.json').write_text(json.dumps(content))
    return CocoKarpathyDataset(
        ann_file='captions.json', data_root=str(folder), data_prefix=dict(img='img'),
        **options,
    )  # fmt: skip


def karpathy_file() -> dict:
    splits = ('train', 'restval', 'val', 'test')
    return dict(
        dataset='coco',
        images=[karpathy_image(number, split) for number, split in enumerate(splits)],
    )


def test_training_has_a_caption_a_sample(tmp_path: Path) -> None:
    dataset = open_set(tmp_path, karpathy_file(), split=['train', 'restval'])
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    assert [(info['img_id'], info['text']) for info in infos] == [
        (0, 'A dog on grass.'), (0, 'two cats'), (1, 'A dog on grass.'), (1, 'two cats')
    ]  # fmt: skip
    assert {info['task'] for info in infos} == {'caption'}
    assert infos[0]['img_path'].endswith('img/val2014/0.jpg')
    assert 'gt_captions' not in infos[0]


def test_testing_has_a_image_a_sample_in_both_layouts(tmp_path: Path) -> None:
    (tmp_path / 'img' / 'val2014').mkdir(parents=True)
    for path in ('3.jpg', 'val2014/3.jpg'):
        image = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
        image.save(tmp_path / 'img' / path)
    pipeline = [dict(type='LoadImage'), dict(type='PackTextDetInputs')]
    options = dict(test_mode=True, pipeline=pipeline)
    coco = coco_file([3], [(1, 3, CAPTIONS[0]), (2, 3, CAPTIONS[1])])
    for dataset in (
        open_set(tmp_path, karpathy_file(), split='test', **options),
        open_set(tmp_path, coco, **options),
    ):
        assert len(dataset) == 1
        sample = dataset[0]['data_samples']
        assert (sample.img_id, sample.task, sample.text) == (3, 'caption', '')
        assert sample.gt_captions == CAPTIONS


def test_a_prompt_begins_every_caption(tmp_path: Path) -> None:
    content = coco_file([3], [(1, 3, 'a dog')])
    train = open_set(tmp_path, content, prompt='an image of ')
    assert train.get_data_info(0)['text'] == 'an image of a dog'
    test = open_set(tmp_path, content, prompt='an image of ', test_mode=True)
    assert test.get_data_info(0)['text'] == 'an image of '
    assert test.get_data_info(0)['gt_captions'] == ['a dog']


def test_the_test_split_has_no_captions(tmp_path: Path) -> None:
    content = dict(images=[dict(id=1, file_name='1.jpg')])
    dataset = open_set(tmp_path, content, test_mode=True)
    assert 'gt_captions' not in dataset.get_data_info(0)
    with pytest.raises(ValueError, match='image 1 has no captions'):
        open_set(tmp_path, content)


@pytest.mark.parametrize(
    ('content', 'options', 'message'),
    [
        ([], {}, "has no list 'images'"),
        (karpathy_file(), {}, r"splits \['restval', 'test', 'train', 'val'\]"),
        (karpathy_file(), dict(split='minival'), r"not to \['minival'\]"),
        (dict(images=[karpathy_image(5, 'val')] * 2), dict(split='val'),
         'image id 5 is a duplicate'),
        (dict(images=[karpathy_image(5, 'val', [])]), dict(split='val'),
         'image 5 has no captions'),
        (dict(images=[karpathy_image(5, 'val', ['...'])]), dict(split='val'),
         r"caption of image 5 has no words \('\.\.\.'\)"),
        (coco_file([3], [(1, 3, 'a')]), dict(split='val'), "not Karpathy's file"),
        (coco_file([3], [(1, 3, 'a'), (2, 4, 'a')]), {},
         "caption 2 belongs to image 4, which is not among"),
        (coco_file([3], [(1, 3, 'a'), (1, 3, 'b')]), {}, 'caption 1 is a duplicate'),
        (coco_file([3, 4], [(1, 3, 'a')]), {}, 'image 4 has no captions'),
        (karpathy_file(), dict(long_captions='forget'), 'long_captions must be one'),
    ],
)  # fmt: skip
def test_bad_files_are_named(
    tmp_path: Path, content: object, options: dict, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        open_set(tmp_path, content, **options)


def test_long_captions_are_named_or_counted(tmp_path: Path) -> None:
    tokenizer = load_tokenizer('bert-base-uncased')
    fits, long = 'a dog sits and a cat runs', 'a dog sits near the extraordinarily'
    assert len(tokenizer(fits)['input_ids']) == 9
    assert len(tokenizer(long)['input_ids']) > 7
    content = coco_file([3], [(1, 3, fits), (2, 3, long)])
    options = dict(tokenizer=tokenizer, max_tokens=9)
    content['annotations'][1]['caption'] = long = long + ' hairy yak'
    with pytest.raises(
        ValueError, match=r'of .*3.jpg has \d+ tokens, but max_tokens 9'
    ):
        open_set(tmp_path, content, **options)
    dataset = open_set(tmp_path, content, long_captions='truncate', **options)
    assert dataset.num_truncated_captions == 1
    assert dataset.get_data_info(0)['text'] == fits
    cut = dataset.get_data_info(1)['text']
    assert long.startswith(cut + ' ')
    assert len(tokenizer(cut)['input_ids']) <= 9
    following = long[: long.find(' ', len(cut) + 1)]
    assert len(tokenizer(following)['input_ids']) > 9


def test_nothing_is_left_of_one_endless_word(tmp_path: Path) -> None:
    content = coco_file([3], [(1, 3, 'ab' * 40)])
    options = dict(tokenizer='bert-base-uncased', max_tokens=9)
    with pytest.raises(ValueError, match='3.jpg has .* tokens'):
        open_set(tmp_path, content, long_captions='truncate', **options)


def flickr_image(number: int, **keys: object) -> dict:
    """Describe an image as in Flickr8k's and Flickr30k's file."""
    return dict(
        imgid=number, filename=f'{number}.jpg', split='train',
        sentences=[dict(raw='a dog', imgid=number, sentid=number)], **keys,
    )  # fmt: skip


@pytest.mark.parametrize('without', [(), ('imgid',), ('split',), ('imgid', 'split')])
def test_flickrs_files_have_other_keys(tmp_path: Path, without: tuple) -> None:
    images = [flickr_image(number) for number in (3, 5)]
    for image in images:
        for key in without:
            del image[key]
    split = None if 'split' in without else 'train'
    dataset = open_set(tmp_path, dict(images=images, dataset='flickr8k'), split=split)
    infos = [dataset.get_data_info(index) for index in range(2)]
    assert [Path(info['img_path']).name for info in infos] == ['3.jpg', '5.jpg']
    assert len({info['img_id'] for info in infos}) == 2


def test_captions_need_no_ids_and_ids_may_be_text(tmp_path: Path) -> None:
    content = coco_file([3], [(1, 3, ' a dog\n'), (2, 3, 'a cat')])
    for annotation, image_id in zip(content['annotations'], ('3', 3.0)):
        del annotation['id']
        annotation['image_id'] = image_id
    content['images'][0]['file_name'] = 'sub\\3.jpg'
    dataset = open_set(tmp_path, content, test_mode=True)
    info = dataset.get_data_info(0)
    assert info['gt_captions'] == ['a dog', 'a cat']
    assert info['img_path'].endswith('img/sub/3.jpg')


BOXES = dict(id=1, image_id=3, bbox=[1, 1, 2, 2], category_id=1)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (coco_file([3], [(1, 3, None)]), r'of image 3 has no words \(None\)'),
        (coco_file([3], [(1, 3, '')]), r"of image 3 has no words \(''\)"),
        (coco_file([3], [(1, 3, 5)]), r'of image 3 has no words \(5\)'),
        (dict(coco_file([3], []), annotations=[BOXES]), 'boxes, not captions'),
        (dict(images=[dict(file_name='a.jpg')], annotations=[]), '1 .* lacks id'),
        (dict(images=[dict(id=3)], annotations=[]), 'image 3: file_name must name'),
        (dict(images=['a.jpg'], annotations=[]), 'item 1 of the images is no object'),
        (dict(coco_file([3], []), annotations={}), "'annotations' must be a list"),
        (dict(images=[dict(flickr_image(3), sentences=None)]), 'image 3 has no capt'),
        (dict(images=[dict(flickr_image(3), sentences=5)]), r'3 has no words \(5\)'),
        (dict(images=[dict(flickr_image(3), filepath=5)]), '1 .* has the filepath 5'),
    ],
)
def test_wrong_entries_are_named(tmp_path: Path, content: dict, message: str) -> None:
    split = 'train' if 'split' in str(content) else None
    with pytest.raises(ValueError, match=f'captions.json.*{message}'):
        open_set(tmp_path, content, split=split)
