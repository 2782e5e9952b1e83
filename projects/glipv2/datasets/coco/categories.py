"""Categories of an annotation file."""

from collections import Counter

from ...text.name_layout import clean_name, plain_words
from .findings import NAME, SAME_WORDS, SHOWN, Findings
from .ids import id_key

NO_PARENT = 'none'  # Roboflow's word


def check_categories(content: dict, findings: Findings) -> tuple[dict, dict | None]:
    """Check the categories, and leave out an unused root.

    Args:
        content: The file's content; its ``categories`` are changed in place.
        findings: Receives repairs, and names that read the same.

    Returns:
        Categories by ``id_key``, in the file's order; and the root, if there was one.

    Raises:
        ValueError: If there is no category, or an id or a name is missing, or an id a
            duplicate.
    """
    file, categories = findings.file, content['categories']
    if not categories:
        raise ValueError(f'{file} has no categories, so there is nothing to look for')
    for index, category in enumerate(categories):
        if not isinstance(category, dict) or id_key(category.get('id')) is None:
            raise ValueError(f'{file}: category {index} of the list has no id')
        name = category.get('name')
        if not isinstance(name, str) or not clean_name(name):
            raise ValueError(
                f'{file}: category {category["id"]} has no name ({name!r})'
            )
    root = _unused_root(content)
    if root is not None:
        categories.remove(root)
        findings.notes.append(f'left out the unused category {root["name"]!r}')
    of_key = {id_key(category['id']): category for category in categories}
    if len(of_key) < len(categories):
        counts = Counter(id_key(category['id']) for category in categories)
        repeated = [key for key, count in counts.items() if count > 1]
        raise ValueError(
            f'{file}: several categories have the same id: {repeated[:SHOWN]}; a class '
            'must have an id of its own'
        )
    names: dict[str, str] = {}
    for category in categories:
        name, words = category['name'], plain_words(category['name'])
        if words in names:
            kind, what = NAME, f'several categories have the same name: {[name]}'
            if name != names[words]:
                kind = SAME_WORDS
                what = f'{names[words]!r} and {name!r} read the same: {words!r}'
            where = f'category {category["id"]}'
            findings.add_fault(kind, where, f'{what}; make them one, or rename one')
        names.setdefault(words, name)
    return of_key, root


def _unused_root(content: dict) -> dict | None:
    """Find Roboflow's first category: the set's name, a parent without boxes."""
    root, *others = content['categories']
    parents = {_parent(category) for category in others}
    is_parent = root['name'].strip().lower() in parents
    is_zero = id_key(root['id']) == 0 and parents - {NO_PARENT}
    if _parent(root) != NO_PARENT or not (is_parent or is_zero):
        return None
    key = id_key(root['id'])
    used = any(
        isinstance(entry, dict) and id_key(entry.get('category_id')) == key
        for entry in content['annotations']
    )
    return None if used else root


def _parent(category: dict) -> str:
    """Read a category's parent; '' where nothing is said, which is not ``'none'``."""
    return str(category.get('supercategory') or '').strip().lower()
