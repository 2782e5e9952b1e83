"""ODVG lines of scenes: detection records and grounding records (mmdet's format)."""

from collections.abc import Sequence

from ..structures.corners import corners_of
from .captions import Caption
from .categories import category_id


def detection_record(
    image: dict, annotations: Sequence[dict], categories: Sequence[str]
) -> dict:
    """Describe an image's boxes; a label is an index into ``categories``.

    Returns:
        The record of one line.
    """
    label_of = {category_id(name): label for label, name in enumerate(categories)}
    labels = [label_of[annotation['category_id']] for annotation in annotations]
    return dict(
        _image(image),
        detection=dict(
            instances=[
                dict(
                    bbox=corners_of(annotation['bbox']),
                    label=label,
                    category=categories[label],
                )
                for annotation, label in zip(annotations, labels)
            ]
        ),
    )


def grounding_record(
    image: dict, annotations: Sequence[dict], caption: Caption
) -> dict:
    """Describe a caption of an image with the boxes of its phrases.

    Returns:
        The record of one line.
    """
    regions = [
        dict(
            phrase=caption.text[phrase.start : phrase.end],
            tokens_positive=[[phrase.start, phrase.end]],
            bbox=[corners_of(annotations[index]['bbox']) for index in phrase.objects],
        )
        for phrase in caption.phrases
    ]
    return dict(_image(image), grounding=dict(caption=caption.text, regions=regions))


def label_map(categories: Sequence[str]) -> dict[str, str]:
    """Name the labels of the detection records.

    Returns:
        Names by label, the labels as strings.
    """
    return {str(label): name for label, name in enumerate(categories)}


def _image(image: dict) -> dict:
    return dict(
        filename=image['file_name'], height=image['height'], width=image['width']
    )
