"""D3 as published: pickles of its toolkit, COCO-format files, images."""

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
