"""MQ-Det's banks of examples, to ours."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..checkpoint.example_bank import ExampleBank
from ..datasets.coco.file import read_coco_file
from .files import read


def convert_bank(
    source: Path, ann_file: Path, target: Path, model: str, trust_pickle: bool = False
) -> ExampleBank:
    """Convert a bank that MQ-Det's ``extract_vision_query.py`` wrote.

    Args:
        source: MQ-Det's file: a class's number -> (n, 1, C).
        ann_file: COCO file with the categories; MQ-Det numbers them from 1 in the
            order of their ids.
        target: The file to write, ``.safetensors``.
        model: ``vision_identity`` of the converted model; ``''``: not known.
        trust_pickle: Whether a file with pickled objects may be read; MQ-Det's hold
            one, a ``defaultdict``.

    Returns:
        The bank.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If it is no bank, or a number has no category.
    """
    bank = named_bank(read(source, trust_pickle), category_names(ann_file), model)
    bank.save(target)
    return bank


def category_names(ann_file: Path) -> dict[int, str]:
    """Number the categories of a COCO file as MQ-Det does.

    Args:
        ann_file: The file.

    Returns:
        Names by number, from 1.
    """
    categories = read_coco_file(str(ann_file)).content['categories']
    ordered = sorted(categories, key=lambda category: category['id'])
    return {number: category['name'] for number, category in enumerate(ordered, 1)}


def named_bank(
    content: Mapping[int, Tensor], names: Mapping[int, str], model: str
) -> ExampleBank:
    """Name the classes of MQ-Det's bank.

    Args:
        content: A class's number -> (n, 1, C); an empty list for a class without any.
        names: Of the numbers.
        model: As :func:`convert_bank`.

    Returns:
        The bank.

    Raises:
        ValueError: If it is no bank, or a number has no name.
    """
    queries = {}
    for number, value in content.items():
        if isinstance(value, list) and not value:
            continue
        if not isinstance(number, int) or not isinstance(value, Tensor):
            raise ValueError(
                f'the file is no bank of MQ-Det: {number!r} holds a '
                f'{type(value).__name__}, not the queries of a class'
            )
        if number not in names:
            raise ValueError(
                f'the bank has a class {number}, but the file of categories has only '
                f'{len(names)}; give the file that the bank was made of'
            )
        queries[names[number]] = value.float()
    return ExampleBank(queries, model)
