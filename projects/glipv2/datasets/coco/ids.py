"""Ids of entries, which writers store as numbers or as text."""

import re
from collections.abc import Hashable

from .findings import CATEGORY, DUPLICATE, ENTRY, Findings

# Not '1e3': a name of letters and digits.
WHOLE_NUMBER = re.compile(r'[+-]?[0-9]{1,18}(\.0*)?')


def id_key(value: object) -> int | str | None:
    """Find what an id is, however it is written.

    Args:
        value: An id of the file.

    Returns:
        The same for 7, 7.0, '7' and ' 7.0 '; other text without spaces around it;
        None: no id.
    """
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        is_number = WHOLE_NUMBER.fullmatch(text)
        return int(text.partition('.')[0]) if is_number else text or None
    return None


def index_ids(entries: list[dict], what: str, findings: Findings) -> dict:
    """Index entries by id; those without an id of their own are faults and left out.

    Args:
        entries: Images or categories; faulty ones are taken out of the list.
        what: 'image' or 'category', for faults.
        findings: Receives faults.

    Returns:
        Entries by :func:`id_key`.
    """
    of_key: dict[int | str, dict] = {}
    for number, entry in enumerate(entries):
        key = id_key(entry.get('id')) if isinstance(entry, dict) else None
        if key is None:
            found = repr(entry.get('id')) if isinstance(entry, dict) else 'no entry'
            what_is = "lacks ['id']" if found == 'None' else f'its id is {found}'
            findings.add_fault(ENTRY, f'{what} {number} of the list', what_is)
        elif key in of_key:
            where = f'{what} {entry["id"]}'
            findings.add_fault(DUPLICATE, where, 'the id is a duplicate')
        else:
            of_key[key] = entry
    entries[:] = of_key.values()
    return of_key


def link_annotations(
    annotations: list[dict], images: dict, categories: dict, findings: Findings
) -> None:
    """Let annotations name image and category as these name themselves.

    Annotations of absent images are taken out, faulty ones, too.

    Args:
        annotations: The list, changed in place.
        images: By :func:`id_key`.
        categories: By :func:`id_key`.
        findings: Receives faults and repairs.
    """
    kept = []
    own_image, own_category = _own_ids(images), _own_ids(categories)
    for number, entry in enumerate(annotations):
        try:
            image = own_image[entry['image_id']]
            category = own_category[entry['category_id']]
            entry['bbox']
        except (KeyError, TypeError):
            linked = _link_one(number, entry, images, categories, findings)
            if linked is None:
                continue
            image, category = linked
        entry['image_id'], entry['category_id'] = image, category
        kept.append(entry)
    annotations[:] = kept


def renumber(annotations: list[dict], findings: Findings) -> None:
    """Give all annotations new ids, unless theirs are those that pycocotools needs.

    It takes a match with an annotation of id 0 for none.

    Args:
        annotations: The annotations, changed in place.
        findings: Receives repairs.
    """
    ids = [entry.get('id') for entry in annotations]
    are_numbers = all(type(own) is int and own > 0 for own in ids)
    if not are_numbers or len(set(ids)) < len(ids):
        for number, entry in enumerate(annotations, 1):
            entry['id'] = number
        findings.notes.append('renumbered the ids of the annotations')


def place_of(images: dict, annotation: dict) -> str:
    """Say where an annotation is: its image's file and its own id."""
    image = images.get(id_key(annotation.get('image_id')))
    if image is None:
        name = f'image id {annotation.get("image_id")}'
    else:
        name = image.get('file_name') or f'image {image["id"]}'
    return f'{name}, annotation {annotation.get("id")}'


def _own_ids(entries: dict) -> dict[Hashable, Hashable]:
    return {key: entry['id'] for key, entry in entries.items() if type(key) is int}


def _link_one(
    number: int, entry: object, images: dict, categories: dict, findings: Findings
) -> tuple[Hashable, Hashable] | None:
    if not isinstance(entry, dict):
        findings.add_fault(ENTRY, f'annotation {number} of the list', 'is no entry')
        return None
    where = place_of(images, entry)
    lacking = [
        key for key in ('image_id', 'category_id') if id_key(entry.get(key)) is None
    ]
    if lacking or 'bbox' not in entry:
        lacking += [] if 'bbox' in entry else ['bbox']
        findings.add_fault(ENTRY, where, f'lacks the fields {lacking}')
        return None
    image = images.get(id_key(entry['image_id']))
    category = categories.get(id_key(entry['category_id']))
    if image is None:
        findings.repairs['left out {} annotations of absent images'] += 1
        return None
    if category is None:
        what = f'no category has the id {entry["category_id"]!r}'
        findings.add_fault(CATEGORY, where, what)
        return None
    return image['id'], category['id']
