"""Descriptions of scenes as D3 has them: a COCO file whose categories are texts."""

from collections.abc import Sequence

from .coco_format import file_head
from .descriptions import Asked


def description_file(
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    asked: Sequence[Sequence[Asked]],
) -> dict:
    """Join images and their descriptions.

    Args:
        images: Per image id, file_name, height, width.
        annotations: Per image its annotations.
        asked: Per image what it is asked for.

    Returns:
        The content of a descriptions_*.json: categories have ``is_negative``, images
        ``sent_ids``, the categories that they are asked for; D3 has both in its
        pickles. An object is there once for each description that fits it.
    """
    ids: dict[str, int] = {}
    is_negative = {}
    for each in (each for of_image in asked for each in of_image):
        ids.setdefault(each.text, len(ids) + 1)
        is_negative[each.text] = each.is_negative
    joined = [
        dict(
            image_id=image['id'],
            category_id=ids[each.text],
            **{key: of_image[index][key] for key in ('bbox', 'area', 'segmentation')},
            iscrowd=0,
        )
        for image, of_image, of_asked in zip(images, annotations, asked)
        for each in of_asked
        for index in each.objects
    ]
    sentences = [sorted(ids[each.text] for each in of_image) for of_image in asked]
    return dict(
        file_head([dict(image, sent_ids=own) for image, own in zip(images, sentences)]),
        annotations=[dict(a, id=number) for number, a in enumerate(joined, 1)],
        categories=[
            dict(id=number, name=text, is_negative=is_negative[text])
            for text, number in ids.items()
        ],
    )
