"""COCO as published: instances and captions of 2017, images of 2014, Karpathy's file.

Also what others tell about COCO's images: VQAv2's questions, MDETR's RefCOCO files.
"""

from itertools import count
from pathlib import Path

from mmdet.datasets import CocoDataset

from tests.public_layouts.scenes import SCENES, Scene, write_image, write_json

NAMES = CocoDataset.METAINFO['classes']
# 80 of 90 numbers are used.
UNUSED = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
IDS = dict(zip(NAMES, (n for n in range(1, 91) if n not in UNUSED)))
# The images of train2017 that have a box without height, and these boxes' numbers.
FLAT_BOXES = {200365: 918, 550395: 2206849}
IMAGE_IDS = {
    'train2017': (200365, 550395, 9),
    'val2017': (139, 285, 632),
    'train2014': (57870, 384029, 222016),
    'val2014': (391895, 522418, 184613),
}
LICENCE = dict(
    url='http://creativecommons.org/licenses/by-nc-sa/2.0/',
    id=1,
    name='Attribution-NonCommercial-ShareAlike License',
)
INFO = dict(
    description='COCO 2017 Dataset', url='http://cocodataset.org', version='1.0',
    year=2017, contributor='COCO Consortium', date_created='2017/09/01',
)  # fmt: skip
ANSWERS = 3129  # of the usual list for VQAv2


def write_coco(data: Path) -> None:
    """Write ``data/coco`` and ``data/vqav2``."""
    coco = data / 'coco'
    for split, image_ids in IMAGE_IDS.items():
        for image_id, scene in zip(image_ids, SCENES):
            write_image(coco / split / file_name(split, image_id), scene.size)
    for split in ('train2017', 'val2017'):
        write_json(coco / f'annotations/instances_{split}.json', instances(split))
        write_json(coco / f'annotations/captions_{split}.json', captions(split))
    write_json(coco / 'annotations/dataset_coco.json', karpathy())
    write_refcoco(coco / 'mdetr_annotations')
    write_vqa(data / 'vqav2')


def file_name(split: str, image_id: int) -> str:
    """Name an image as COCO does; since 2017 without the split."""
    prefix = '' if split.endswith('2017') else f'COCO_{split}_'
    return f'{prefix}{image_id:012d}.jpg'


def image_entry(split: str, image_id: int, scene: Scene) -> dict:
    """Describe an image with COCO's keys."""
    width, height = scene.size
    name = file_name(split, image_id)
    return dict(
        license=1, file_name=name, height=height, width=width, id=image_id,
        coco_url=f'http://images.cocodataset.org/{split}/{name}',
        date_captured='2013-11-14 17:02:52',
        flickr_url='http://farm8.staticflickr.com/7006/6413705793_a1e0bb8b31_z.jpg',
    )  # fmt: skip


def images_of(split: str) -> list[dict]:
    """Describe the images of a split."""
    return [image_entry(split, *each) for each in zip(IMAGE_IDS[split], SCENES)]


def instances(split: str) -> dict:
    """Make an instances file; no person, and the last image has no annotations."""
    numbers = count(1000)
    annotations = []
    for image_id, scene in list(zip(IMAGE_IDS[split], SCENES))[:2]:
        for thing in scene.things:
            annotations.append(
                dict(
                    segmentation=[thing.polygon],
                    area=thing.box[2] * thing.box[3] * 0.75,
                    iscrowd=0,
                    image_id=image_id,
                    bbox=list(thing.box),
                    category_id=IDS[thing.name],
                    id=next(numbers),
                )
            )
        if image_id in FLAT_BOXES:
            annotations.append(
                dict(
                    segmentation=[[10.0, 20.0, 11.0, 20.0, 11.0, 20.0, 10.0, 20.0]],
                    area=0.0,
                    iscrowd=0,
                    image_id=image_id,
                    bbox=[10.0, 20.0, 1.03, 0.0],
                    category_id=IDS['cup'],
                    id=FLAT_BOXES[image_id],
                )
            )
        width, height = scene.size
        outside, inside = width * height - 4 * height, 4 * height
        annotations.append(
            dict(
                segmentation=dict(counts=[0, inside, outside], size=[height, width]),
                area=inside,
                iscrowd=1,
                image_id=image_id,
                bbox=[0, 0, 4, height],
                category_id=IDS['car'],
                id=900100000000 + image_id,
            )
        )
    categories = [
        dict(supercategory='thing', id=number, name=name)
        for name, number in IDS.items()
    ]
    return dict(
        info=INFO, licenses=[LICENCE], images=images_of(split),
        annotations=annotations, categories=categories,
    )  # fmt: skip


def captions(split: str) -> dict:
    """Make a captions file: five captions of each image."""
    numbers = count(1)
    annotations = [
        dict(image_id=image_id, id=next(numbers), caption=scene.sentence.capitalize())
        for image_id, scene in zip(IMAGE_IDS[split], SCENES)
        for _ in range(5)
    ]
    return dict(
        info=INFO, images=images_of(split), licenses=[LICENCE], annotations=annotations
    )


def karpathy() -> dict:
    """Make Karpathy's file; restval, val and test are images of val2014."""
    images = []
    sentence_ids = count()
    places = [('train2014', i, 'train') for i in range(3)]
    places += [
        ('val2014', i, kind) for i, kind in enumerate(('restval', 'val', 'test'))
    ]
    for number, (folder, index, split) in enumerate(places):
        scene = SCENES[index]
        sentences = [
            dict(
                tokens=scene.sentence.removesuffix(' .').split(),
                raw=scene.sentence.capitalize(), imgid=number,
                sentid=next(sentence_ids),
            )
            for _ in range(5)
        ]  # fmt: skip
        image_id = IMAGE_IDS[folder][index]
        images.append(
            dict(
                filepath=folder,
                sentids=[each['sentid'] for each in sentences],
                filename=file_name(folder, image_id),
                imgid=number,
                split=split,
                sentences=sentences,
                cocoid=image_id,
            )
        )
    return dict(images=images, dataset='coco')


def write_refcoco(folder: Path) -> None:
    """Write MDETR's files: an image is a sentence, with one box."""
    names = {
        'final_refexp_val': ('refcoco', 'refcoco+', 'refcocog'),
        'finetune_refcoco_testA': ('refcoco',),
        'finetune_refcoco_testB': ('refcoco',),
        'finetune_refcoco+_testA': ('refcoco+',),
        'finetune_refcoco+_testB': ('refcoco+',),
        'finetune_refcocog_test': ('refcocog',),
    }
    for file, datasets in names.items():
        images, annotations = [], []
        for name in datasets:
            for image_id, scene in zip(IMAGE_IDS['train2014'], SCENES):
                number, thing = len(images), scene.things[0]
                images.append(
                    dict(
                        file_name=file_name('train2014', image_id),
                        height=scene.size[1],
                        width=scene.size[0],
                        id=number,
                        original_id=image_id,
                        caption=f'the {thing.name} on the left',
                        dataset_name=name,
                        tokens_negative=[[0, 100]],
                    )
                )
                annotations.append(
                    dict(
                        area=thing.box[2] * thing.box[3],
                        iscrowd=0,
                        image_id=number,
                        category_id=IDS[thing.name],
                        id=number,
                        bbox=list(thing.box),
                        original_id=1000 + number,
                        tokens_positive=[[4, 4 + len(thing.name)]],
                    )
                )
        content = dict(
            info=INFO, licenses=[LICENCE], images=images, annotations=annotations,
            categories=instances('val2017')['categories'],
        )  # fmt: skip
        write_json(folder / f'{file}.json', content)


def write_vqa(folder: Path) -> None:
    """Write VQAv2's official files and a list of its usual length."""
    head = dict(
        info=dict(
            description='This is v2.0 of the VQA dataset.', url='http://visualqa.org',
            version='2.0', year=2017, contributor='VQA Team',
            date_created='2017-04-26 17:00:44',
        ),
        license=dict(
            url='http://creativecommons.org/licenses/by/4.0/',
            name='Creative Commons Attribution 4.0 International License',
        ),
        data_type='mscoco',
    )  # fmt: skip
    for split in ('train2014', 'val2014'):
        questions, annotations = [], []
        for image_id, scene in zip(IMAGE_IDS[split], SCENES):
            number = 1000 * image_id
            questions.append(
                dict(
                    image_id=image_id, question='Is there a dog in the image?',
                    question_id=number,
                )
            )  # fmt: skip
            truth = 'yes' if scene.things[0].name == 'dog' else 'no'
            answers = [truth] * 7 + ['maybe', '2', 'a dog']
            annotations.append(
                dict(
                    question_type='is there a',
                    multiple_choice_answer=truth,
                    answers=[
                        dict(answer=answer, answer_confidence='yes', answer_id=place)
                        for place, answer in enumerate(answers, start=1)
                    ],
                    image_id=image_id,
                    answer_type='yes/no',
                    question_id=number,
                )
            )
        write_json(
            folder / f'v2_OpenEnded_mscoco_{split}_questions.json',
            dict(head, data_subtype=split, task_type='Open-Ended', questions=questions),
        )
        write_json(
            folder / f'v2_mscoco_{split}_annotations.json',
            dict(head, data_subtype=split, annotations=annotations),
        )
    rare = (f'answer {number}' for number in range(ANSWERS - 3))
    write_json(folder / 'vqav2_answers.json', ['yes', 'no', '2', *rare])
