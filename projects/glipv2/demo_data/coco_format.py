"""COCO instance annotations of scenes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pycocotools import mask as rle

from .categories import category_id
from .scene import Scene, SceneObject

JPEG_QUALITY = 92
INFO = dict(description='EmojiScenes', version='1.0')
LICENCE = dict(
    id=1,
    name='emoji: SIL OFL 1.1 (Noto), MIT (Fluent), CC BY 4.0 (Twemoji); photographs: '
    'public domain',
    url='',
)


def annotation_of(scene_object: SceneObject) -> dict:
    """Describe an object, without its own id and its image's.

    Args:
        scene_object: An object of a scene.

    Returns:
        COCO annotation: category_id, bbox (xywh, pixels), area, segmentation (RLE),
        iscrowd, and as extra keys what the composer chose.
    """
    encoded = rle.encode(np.asfortranarray(scene_object.mask.astype(np.uint8)))
    return dict(
        category_id=category_id(scene_object.category),
        bbox=list(scene_object.box),
        area=int(scene_object.mask.sum()),
        segmentation=dict(
            size=[int(side) for side in encoded['size']],
            counts=encoded['counts'].decode('ascii'),
        ),
        iscrowd=0,
        visible=round(scene_object.visible, 3),
        angle=round(scene_object.angle, 1),
        flipped=scene_object.flipped,
        style=scene_object.style,
    )


def write_scene(
    scene: Scene, folder: Path, index: int, name: str | None = None
) -> tuple[dict, list[dict]]:
    """Write the image of a scene.

    Args:
        scene: The scene.
        folder: Of the split.
        index: Of the image in its split.
        name: File name; None: by the index.

    Returns:
        COCO's image entry, and the annotations of :func:`annotation_of`.
    """
    width, height = scene.image.size
    name = name or f'{index:06d}.jpg'
    scene.image.save(folder / name, quality=JPEG_QUALITY)
    image = dict(id=index + 1, file_name=name, height=height, width=width)
    return image, [annotation_of(each) for each in scene.objects]


def file_head(images: Sequence[dict]) -> dict:
    """Write what annotation files of all formats begin with."""
    return dict(
        info=INFO, licenses=[LICENCE], images=[dict(x, license=1) for x in images]
    )


def coco_file(
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    categories: Sequence[str],
) -> dict:
    """Join images and their annotations in COCO's layout.

    Args:
        images: Per image id, file_name, height, width.
        annotations: Per image its annotations, of :func:`annotation_of`.
        categories: Names of the split's categories.

    Returns:
        The content of an instances_*.json.
    """
    joined = [
        dict(annotation, image_id=image['id'])
        for image, of_image in zip(images, annotations)
        for annotation in of_image
    ]
    return dict(
        file_head(images),
        annotations=[dict(a, id=number) for number, a in enumerate(joined, 1)],
        categories=[
            dict(id=category_id(name), name=name, supercategory='emoji')
            for name in categories
        ],
    )
