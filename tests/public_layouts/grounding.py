"""Phrases in sentences: Flickr30k Entities and GoldG as MDETR's files, PhraseCut, and
the ODVG lines of captions that a teacher labelled.
"""

from itertools import count
from pathlib import Path

from tests.public_layouts.coco import IDS
from tests.public_layouts.scenes import (
    SCENES,
    Scene,
    Thing,
    corners,
    write_image,
    write_json,
    write_lines,
)

FLICKR_IMAGES = (1000092795, 1000268201, 1000344755)


def write_grounding_sets(data: Path) -> None:
    """Write Flickr30k Entities, GoldG, captions with pseudo labels, PhraseCut."""
    write_flickr30k(data / 'flickr30k_entities')
    write_gold(data / 'gqa')
    for folder in ('cap4m', 'cc15m_sbu'):
        write_captions(data / folder, f'{folder}_vg.jsonl')
    write_phrasecut(data / 'phrasecut')


def write_flickr30k(root: Path) -> None:
    """Write the files of three splits, the marked sentences, and the images."""
    files = [f'{number}.jpg' for number in FLICKR_IMAGES]
    numbers = count(1)
    for file, scene in zip(files, SCENES):
        write_image(root / 'flickr30k_images' / file, scene.size)
        marked = scene.sentence
        for thing in scene.things:
            phrase = f'a {thing.name}'
            mark = f'[/EN#{next(numbers)}/other {phrase}]'
            marked = marked.replace(phrase, mark)
        path = root / 'Sentences' / f'{file.removesuffix(".jpg")}.txt'
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'{marked}\n')
    for split in ('train', 'val', 'test'):
        content = sentences(files, 'flickr')
        for number, image in enumerate(content['images']):
            scene = SCENES[number]
            image.update(
                sentence_id=0, original_img_id=FLICKR_IMAGES[number],
                tokens_positive_eval=[[scene.span(each)] for each in scene.things],
            )  # fmt: skip
        for annotation in content['annotations']:
            scene = SCENES[annotation['image_id']]
            spans = [[scene.span(thing)] for thing in scene.things]
            annotation['phrase_ids'] = spans.index(annotation['tokens_positive'])
        name = f'final_flickr_separateGT_{split}'
        write_json(root / f'{name}.json', content)
        if split == 'train':
            write_lines(root / f'{name}_vg.json', grounding_lines(files))


def write_gold(root: Path) -> None:
    """Write MDETR's mixed file without COCO's images, as released with GLIP."""
    files = [f'{number}.jpg' for number in (2370799, 2370800, 2370801)]
    for file, scene in zip(files, SCENES):
        write_image(root / 'images' / file, scene.size)
    content = sentences(files, 'mixed')
    for image, file in zip(content['images'], files):
        image.update(data_source='vg', original_id=int(file.removesuffix('.jpg')))
    write_json(root / 'final_mixed_train_no_coco.json', content)
    write_lines(root / 'final_mixed_train_no_coco_vg.json', grounding_lines(files))


def sentences(files: list[str], name: str) -> dict:
    """Make a file in MDETR's form: a COCO file whose images are sentences."""
    images, annotations = [], []
    for number, (file, scene) in enumerate(zip(files, SCENES)):
        images.append(
            dict(
                file_name=file, height=scene.size[1], width=scene.size[0], id=number,
                caption=scene.sentence, dataset_name=name,
                tokens_negative=[[0, len(scene.sentence)]],
            )
        )  # fmt: skip
        annotations += [
            dict(
                area=thing.box[2] * thing.box[3], iscrowd=0, image_id=number,
                category_id=1, id=len(annotations) + place, bbox=list(thing.box),
                tokens_positive=[scene.span(thing)],
            )
            for place, thing in enumerate(scene.things)
        ]  # fmt: skip
    categories = [dict(supercategory='object', id=1, name='object')]
    return dict(
        info=[], licenses=[], images=images, annotations=annotations,
        categories=categories,
    )  # fmt: skip


def region(scene: Scene, thing: Thing) -> dict:
    """Describe a phrase as an ODVG line does."""
    return dict(
        bbox=corners(thing.box),
        phrase=f'a {thing.name}',
        tokens_positive=[scene.span(thing)],
    )


def grounding_lines(files: list[str]) -> list[dict]:
    """Make ODVG lines with sentences, as mmdet's goldg2odvg.py writes them."""
    return [
        dict(
            filename=file, height=scene.size[1], width=scene.size[0],
            grounding=dict(
                caption=scene.sentence,
                regions=[region(scene, thing) for thing in scene.things],
            ),
        )
        for file, scene in zip(files, SCENES)
    ]  # fmt: skip


def write_captions(root: Path, name: str) -> None:
    """Write lines with scores, as tools/pseudo_label.py does, and the images."""
    files = [f'{number:09d}.jpg' for number in range(3)]
    lines = grounding_lines(files)
    for line, scene in zip(lines, SCENES):
        write_image(root / 'images' / line['filename'], scene.size)
        for one in line['grounding']['regions']:
            one.update(bbox=[one['bbox']], score=[0.75])
    write_lines(root / name, lines)


def write_phrasecut(root: Path) -> None:
    """Write the tasks of all splits, and Visual Genome's images and their list."""
    listed = []
    for number, split in enumerate(('train', 'val', 'test', 'miniv')):
        tasks = []
        for place, scene in enumerate(SCENES):
            image_id = 2315000 + 10 * number + place
            write_image(root / 'images' / f'{image_id}.jpg', scene.size)
            width, height = scene.size
            listed.append(
                dict(
                    image_id=image_id,
                    coco_id=None,
                    flickr_id=None,
                    width=width,
                    height=height,
                    split=split,
                    url=f'https://cs.stanford.edu/people/rak248/VG_100K/{image_id}.jpg',
                )
            )
            for thing in scene.things:
                ann_id = 1000 + IDS[thing.name]
                points = thing.polygon
                tasks.append(
                    dict(
                        task_id=f'{image_id}__{ann_id}',
                        image_id=image_id,
                        ann_ids=[ann_id],
                        instance_boxes=[list(thing.box)],
                        phrase=f'red {thing.name}',
                        Polygons=[[list(zip(points[::2], points[1::2]))]],
                        phrase_structure=dict(
                            name=thing.name,
                            attributes=['red'],
                            relation_ids=[],
                            relation_descriptions=[],
                            type='attribute',
                        ),
                    )
                )
        write_json(root / f'refer_{split}.json', tasks)
    write_json(root / 'image_data_split.json', listed)
    write_json(
        root / 'name_att_rel_count.json',
        dict(cat=[['dog', 2]], att=[['red', 8]], rel=[['on', 1]]),
    )
