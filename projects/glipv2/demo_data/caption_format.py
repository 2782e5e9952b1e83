"""Captions of scenes in COCO's layout."""

from collections.abc import Sequence

from .captions import Caption
from .coco_format import file_head


def caption_file(images: Sequence[dict], captions: Sequence[Sequence[Caption]]) -> dict:
    """Join images and their captions.

    Returns:
        The content of a captions_*.json.
    """
    pairs = [
        (image['id'], caption.text)
        for image, several in zip(images, captions)
        for caption in several
    ]
    return dict(
        file_head(images),
        annotations=[
            dict(id=number, image_id=image_id, caption=text)
            for number, (image_id, text) in enumerate(pairs, 1)
        ],
    )
