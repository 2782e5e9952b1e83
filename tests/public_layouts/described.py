"""Sets of descriptions as published: D3's pickles and files, OmniLabel's file."""

import pickle
from pathlib import Path

from tests.public_layouts.scenes import SCENES, write_image, write_json

# Of a scene: a description of its first object, and one of what is lacking.
PRESENT, LACKING = 'a {} at the left side of it', 'a {} without a label'


def write_d3(data: Path) -> None:
    """Write ``data/d3``: three images, each a group of two descriptions."""
    root = data / 'd3'
    images, sentences, groups, objects = {}, {}, {}, {}
    for number, scene in enumerate(SCENES):
        width, height = scene.size
        name = f'scene {number}/{number}.jpg'
        write_image(root / 'd3_images' / name, scene.size)
        (thing, *_), group = scene.things, number + 1
        ids = (2 * group - 1, 2 * group)
        for sentence, form, is_negative in zip(ids, (PRESENT, LACKING), (False, True)):
            sentences[sentence] = dict(
                id=sentence, anno_id=[group], group_id=[group], is_negative=is_negative,
                raw_sent=form.format(thing.name), raw_sent_zh='',
            )  # fmt: skip
        objects[group] = dict(
            id=group, sent_id=list(ids), image_id=number, bbox=[*map(int, thing.box)],
            area=int(thing.box[2] * thing.box[3]), iscrowd=0, group_id=group,
        )  # fmt: skip
        images[number] = dict(
            id=number, file_name=name, height=height, width=width, flickr_url='',
            anno_id=[group], group_id=group, license='',
        )  # fmt: skip
        groups[group] = dict(
            id=group, pos_sent_id=list(ids), inner_sent_id=list(ids), outer_sent_id=[],
            img_id=[number], scene=['street'], group_name='a', group_name_zh='',
        )  # fmt: skip
    tables = dict(
        sentences=sentences, annotations=objects, images=images, groups=groups
    )
    (root / 'd3_pkl').mkdir(parents=True)
    for name, table in tables.items():
        (root / 'd3_pkl' / f'{name}.pkl').write_bytes(pickle.dumps(table))
    parts = dict(full=(False, True), pres=(False,), abs=(True,))
    for part, kinds in parts.items():
        chosen = {k: x for k, x in sentences.items() if x['is_negative'] in kinds}
        write_json(root / f'd3_json/d3_{part}_annotations.json', dict(
            images=[dict(images[number]) for number in images],
            categories=[dict(id=k, name=x['raw_sent']) for k, x in chosen.items()],
            annotations=[
                {**thing, 'id': 10 * thing['id'] + k, 'category_id': k}
                for thing in objects.values() for k in thing['sent_id'] if k in chosen
            ],
        ))  # fmt: skip


def write_omnilabel(data: Path) -> None:
    """Write ``data/omnilabel``: images of two sources, asked for names and more."""
    root, images, objects = data / 'omnilabel', [], []
    texts: dict[str, dict] = {}
    for number, scene in enumerate(SCENES):
        name = ('coco/{}.jpg', 'object365/patch1/{}.jpg')[number % 2].format(number)
        write_image(root / 'imgs' / name, scene.size)
        images.append(dict(id=number, file_name=name))
        for thing in scene.things:
            asked = (
                (thing.name, 'object_category'),
                (PRESENT.format(thing.name) + '.', 'object_description'),
                (LACKING.format(thing.name), 'object_description'),
            )
            for text, kind in asked:
                known = texts.setdefault(text, dict(
                    id=len(texts) + 1, text=text, image_ids=[],
                    anno_info=dict(type=kind, orig_id=len(texts)),
                ))  # fmt: skip
                known['image_ids'] = sorted({*known['image_ids'], number})
            objects.append(dict(
                id=len(objects) + 1, image_id=number, bbox=list(thing.box), iscrowd=0,
                description_ids=[texts[text]['id'] for text, _ in asked[:2]],
            ))  # fmt: skip
    write_json(root / 'dataset_all_val_v0.1.3.json', dict(
        info=dict(name='OmniLabel', version='0.1.3', url=''),
        images=images, descriptions=[*texts.values()], annotations=objects,
    ))  # fmt: skip
