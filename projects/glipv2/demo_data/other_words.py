"""Other words for trained categories, which no name that is trained has."""

import json
from collections.abc import Sequence

from ..shipped import PACKAGE

FILE = PACKAGE / 'assets' / 'other_words.json'


def other_words() -> dict[str, str]:
    """List other words for categories of the quickstart.

    Returns:
        Category and what else it is called.
    """
    listed = json.loads(FILE.read_text())['names']
    return {name: words for name, (words, _) in listed.items()}


def in_other_words(coco: dict) -> dict:
    """Keep the categories of a COCO file that have other words, under these.

    Args:
        coco: Content of an ``instances_*.json``; it is left as it is.

    Returns:
        Content with all its images.
    """
    words = other_words()
    categories = [
        dict(category, name=words[category['name']])
        for category in coco['categories']
        if category['name'] in words
    ]
    kept = {category['id'] for category in categories}
    annotations: Sequence[dict] = [
        a for a in coco['annotations'] if a['category_id'] in kept
    ]
    return dict(coco, categories=categories, annotations=annotations)
