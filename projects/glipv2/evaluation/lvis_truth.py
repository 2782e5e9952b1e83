"""The ground truth of an LVIS file, as its evaluators need it."""

from collections.abc import Hashable, Mapping, Sequence

from ..datasets.coco.ids import id_key
from .coco_truth import number_ids, read_mask

LISTS = ('neg_category_ids', 'not_exhaustive_category_ids')


def refuse_other_formats(content: Mapping, file: str) -> None:
    """Refuse a file that lacks what LVIS has and COCO has not.

    Args:
        content: The file's content.
        file: What the error calls it.

    Raises:
        ValueError: If an image or category lacks a key (names it).
    """
    asked = [('image', key, content['images']) for key in LISTS]
    asked.append(('category', 'frequency', content['categories']))
    lacking = [
        f'{what} {entry["id"]} lacks {key}'
        for what, key, entries in asked
        for entry in entries
        if entry.get(key) is None
    ]
    if lacking or not content['images']:
        first = lacking[0] if lacking else 'it has no images'
        more = f' and {len(lacking) - 1} more' if len(lacking) > 1 else ''
        raise ValueError(f'{file} is no LVIS annotation file: {first}{more}')


def link_categories(content: Mapping) -> None:
    """Let the lists of categories of the images name categories as these do.

    Args:
        content: The file's content, changed in place; absent categories are taken out.
    """
    own = {id_key(category['id']): category['id'] for category in content['categories']}
    for image in content['images']:
        for key in LISTS:
            keys = map(id_key, image[key])
            image[key] = [own[number] for number in keys if number in own]


def without_maskless(
    content: Mapping, sizes: Mapping[Hashable, tuple[int, int]]
) -> tuple[dict, bool]:
    """Leave out objects without a mask that can be read.

    Their images then count as not exhaustively annotated for their categories, so that
    what is found there is not wrong.

    Args:
        content: The file's content; stays as it is.
        sizes: Heights and widths of loaded images, pixels, by id; the file's count for
            the others.

    Returns:
        The content with normalised masks, and whether any mask was another before.
    """
    images = {
        image['id']: dict(image, not_exhaustive_category_ids=[*image[LISTS[1]]])
        for image in content['images']
    }
    kept, changed = [], False
    for entry in content['annotations']:
        image = images[entry['image_id']]
        size = sizes.get(entry['image_id'], (image['height'], image['width']))
        mask, _ = read_mask(entry.get('segmentation'), *size)
        changed |= mask != entry.get('segmentation')
        if mask is None:
            image[LISTS[1]].append(entry['category_id'])
        else:
            kept.append(dict(entry, segmentation=mask))
    made = dict(content, images=list(images.values()), annotations=kept)
    return made, changed


def numbered(content: Mapping) -> dict:
    """Give images and categories whole numbers as ids.

    Args:
        content: The file's content; stays as it is.

    Returns:
        The changed content.
    """
    images, categories = (number_ids(content[x]) for x in ('images', 'categories'))

    def renamed(ids: Sequence) -> list[int]:
        return [categories[own] for own in ids]

    return dict(
        content,
        images=[
            dict(x, id=images[x['id']], **{key: renamed(x[key]) for key in LISTS})
            for x in content['images']
        ],
        categories=[dict(x, id=categories[x['id']]) for x in content['categories']],
        annotations=[
            dict(
                x,
                image_id=images[x['image_id']],
                category_id=categories[x['category_id']],
            )
            for x in content['annotations']
        ],
    )
