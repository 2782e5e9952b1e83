"""Captions of scenes in the layout of MDETR's Flickr30k Entities files."""

from collections.abc import Sequence

from .captions import Caption
from .coco_format import file_head


def flickr_file(
    images: Sequence[dict],
    annotations: Sequence[Sequence[dict]],
    captions: Sequence[Caption],
) -> dict:
    """Join images, one caption each, and the boxes of its phrases.

    Returns:
        The content of a flickr_*.json, as mmdet's ``Flickr30kDataset`` reads it.
    """
    out_images, boxes = [], []
    for image, of_image, caption in zip(images, annotations, captions):
        spans = [[[phrase.start, phrase.end]] for phrase in caption.phrases]
        out_images.append(
            dict(
                image, caption=caption.text, tokens_positive_eval=spans,
                dataset_name='emoji_scenes', original_img_id=image['id'],
            )
        )  # fmt: skip
        for number, phrase in enumerate(caption.phrases):
            for index in phrase.objects:
                boxes.append(
                    dict(
                        id=len(boxes) + 1,
                        image_id=image['id'],
                        bbox=of_image[index]['bbox'],
                        area=of_image[index]['area'],
                        category_id=1,
                        iscrowd=0,
                        phrase_ids=number,
                        tokens_positive=spans[number],
                    )
                )
    return dict(
        file_head(out_images),
        annotations=boxes,
        categories=[dict(id=1, name='object', supercategory='object')],
    )
