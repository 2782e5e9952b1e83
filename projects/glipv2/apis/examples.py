"""Examples as users give them: names with images and boxes, or a file of them."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..checkpoint.example_bank import ExampleBank, check_names, read_bank
from ..datasets.images.decode_image import reason_of
from ..engine.by_example.choice import MOST_OF_NAME, spread
from ..engine.by_example.query_maker import QueryMaker
from ..models.exemplars.identity import vision_identity
from ..models.language_models.text_encoder import NO_READER
from ..structures.examples import Examples
from ..text.name_layout import clean_name
from ..text.nameless import name_of_nameless
from ..text.prompt import build_prompt
from .images import ImageInput, list_images, read_image
from .tasks import LANGUAGE_TASKS

Pair = tuple[ImageInput, Sequence[float] | np.ndarray]
GivenExamples = (
    str | Path | ExampleBank | Mapping[str, Sequence[Pair]] | Sequence[Pair]
    | Sequence[Sequence[Pair]]
)  # fmt: skip

HOW = 'give {name: [(image, [x1, y1, x2, y2]), ...]}'


def reads_examples(model: nn.Module) -> bool:
    """Check whether a model has the part that reads examples."""
    return getattr(model.text_encoder, 'example_reader', None) is not None


def _check_that_they_are_read(model: nn.Module, task: str | None) -> None:
    """Refuse examples that would be ignored."""
    if not reads_examples(model):
        raise ValueError(NO_READER)
    if task in LANGUAGE_TASKS:
        raise ValueError(
            f'task {task!r} reads no examples; detection, grounding and segmentation do'
        )


def bank_of(
    examples: GivenExamples,
    maker: QueryMaker,
    load: Callable[[dict], dict],
    max_megapixels: float,
    task: str | None = None,
) -> ExampleBank:
    """Look at examples.

    Args:
        examples: As in the inferencer's call. Of a name with more than 20, 20 are
            taken, evenly from the list.
        maker: Of the model.
        load: The test pipeline's loading transform.
        max_megapixels: Larger images are refused.
        task: That is to read them.

    Returns:
        Their bank.

    Raises:
        OSError: If an image or file cannot be read.
        ValueError: If an example is unusable (names it), they are of another model, or
            the model or the task reads none.
    """
    _check_that_they_are_read(maker.model, task)
    if isinstance(examples, ExampleBank):
        return examples
    model = vision_identity(maker.model)
    if isinstance(examples, (str, Path)):
        if Path(examples).suffix.lower() != '.json':
            return read_bank(examples, model)
        examples = _read_json(Path(examples))
    named = _named(examples)
    check_names(named)
    # Each image is looked at once, whatever names it shows.
    images: dict[Hashable, ImageInput] = {}
    wanted: dict[Hashable, list[tuple[str, int, Sequence[float]]]] = {}
    queries: dict[str, dict[int, Tensor]] = {}
    for name, pairs in named.items():
        chosen = spread(_checked(name, pairs), MOST_OF_NAME)
        queries[name] = {}
        for place, (image, box) in enumerate(chosen):
            key = str(image) if isinstance(image, (str, Path)) else id(image)
            images[key] = image
            wanted.setdefault(key, []).append((name, place, _box_of(name, box)))
    for key, entries in wanted.items():
        (given, *others) = list_images(images[key])
        if others:
            raise ValueError(f'{images[key]} is more than one image; give one')
        try:
            read = read_image(given, load, max_megapixels)
            found = maker.queries(read, [box for _, _, box in entries])
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            names = ', '.join(dict.fromkeys(name for name, _, _ in entries))
            raise ValueError(
                f'examples of {names} in {given.name}: {reason_of(error)}'
            ) from error
        for (name, place, _), query in zip(entries, found):
            queries[name][place] = query
    ordered = {
        name: torch.stack([of_place[place] for place in sorted(of_place)])
        for name, of_place in queries.items()
    }
    return ExampleBank(ordered, model)


def with_examples(
    texts: Sequence[dict | str], bank: ExampleBank, hide_names: bool
) -> list[dict | str]:
    """Add examples to the texts of images.

    Args:
        texts: Per image the text keys of its sample, or the error of its text.
        bank: The examples.
        hide_names: Whether the words of names with examples do not count.

    Returns:
        The keys with ``examples``; lists of names have those of the bank, too.
    """
    queries = {
        clean_name(name): torch.stack(spread(list(each[:, 0]), MOST_OF_NAME))
        for name, each in bank.queries.items()
    }
    given = Examples(queries, frozenset(queries if hide_names else ()))
    return [
        keys if isinstance(keys, str) else _with_names(keys, tuple(bank.queries), given)
        for keys in texts
    ]


def _with_names(keys: dict, names: Sequence[str], given: Examples) -> dict:
    """Look for the names of examples, too, unless the text is a sentence."""
    prompt = build_prompt(**{key: x for key, x in keys.items() if key != 'task'})
    if not prompt.is_class_list:
        return dict(keys, examples=given)
    known = set(map(clean_name, prompt.phrases))
    added = [name for name in names if clean_name(name) not in known]
    all_names = (*prompt.phrases, *added)
    return dict(keys, text=all_names, custom_entities=True, examples=given)


def _named(examples: object) -> dict[str, Sequence[Pair]]:
    """Name what has no name."""
    if isinstance(examples, Mapping):
        if not examples:
            raise ValueError(f'there is no example; {HOW}')
        return dict(examples)
    if not isinstance(examples, (list, tuple)) or not examples:
        raise ValueError(f'there is no example: {examples!r}; {HOW}')
    things = [examples] if _is_pair(examples[0]) else examples
    return {name_of_nameless(number): x for number, x in enumerate(things, 1)}


def _is_pair(given: object) -> bool:
    """Tell an image with its box from a list of such pairs."""
    return (
        isinstance(given, (list, tuple))
        and len(given) == 2
        and not isinstance(given[0], (list, tuple))
    )


def _checked(name: str, pairs: object) -> list[Pair]:
    if _is_pair(pairs):
        pairs = [pairs]
    if not isinstance(pairs, (list, tuple)) or not pairs:
        raise ValueError(f'the examples of {name!r} are no list of pairs; {HOW}')
    for pair in pairs:
        if not _is_pair(pair):
            raise ValueError(f'an example of {name!r} is no pair: {pair!r}; {HOW}')
    return list(pairs)


def _box_of(name: str, box: Sequence[float] | np.ndarray) -> Sequence[float]:
    """Return a box; that of a mask encloses it."""
    if not (isinstance(box, np.ndarray) and box.ndim == 2):
        return box
    rows, columns = np.nonzero(box)
    if not len(rows):
        raise ValueError(f'an example of {name!r} has an empty mask')
    x1, y1 = columns.min(), rows.min()
    return [float(x) for x in (x1, y1, columns.max() + 1, rows.max() + 1)]


def _read_json(path: Path) -> dict[str, list[Pair]]:
    """Read names with images and boxes; images lie where the file does."""
    if not path.is_file():
        raise FileNotFoundError(f'there is no file of examples {path}')
    try:
        content = json.loads(path.read_text('utf-8'), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path} cannot be read: {error}') from error
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds no names; {HOW}')
    return {
        name: [(_beside(path, image), box) for image, box in _checked(name, pairs)]
        for name, pairs in content.items()
    }


def _once(pairs: Iterable[tuple[str, object]]) -> dict:
    pairs = list(pairs)
    names = [name for name, _ in pairs]
    check_names(names)
    return dict(pairs)


def _beside(path: Path, image: object) -> object:
    return str(path.parent / image) if isinstance(image, str) else image
