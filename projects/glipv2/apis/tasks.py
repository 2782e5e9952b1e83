"""Tasks: the head that each needs, and its kind of text."""

from collections.abc import Sequence

from mmdet.evaluation import get_classes
from mmdet.evaluation.functional.class_names import dataset_aliases
from torch import nn
from transformers import PreTrainedTokenizerFast

from ..text.name_lists import is_list_of_names
from ..text.prompt import build_prompt
from ..text.tasks import ANSWER_TASKS, CAPTION_TASKS, HEAD_OF, TASKS
from ..text.unknown_words import refuse_unknown

LANGUAGE_TASKS = (*ANSWER_TASKS, *CAPTION_TASKS)
# The heads that tasks need beside the grounding head.
HEADS = HEAD_OF | dict(segmentation='mask_head')
DATASET_MARK = '$:'

Text = str | Sequence[str]


def available_tasks(model: nn.Module) -> list[str]:
    """List the tasks of a model.

    Returns:
        The tasks whose head it has.
    """
    return [
        task
        for task in TASKS
        if task not in HEADS or getattr(model, HEADS[task], None) is not None
    ]


def check_task(model: nn.Module, task: str | None) -> None:
    """Check that a model can do a task.

    Args:
        model: A detector.
        task: The task; None: detection or grounding, depending on the text.

    Raises:
        ValueError: If there is no such task, or its head is missing (lists the
            available tasks).
    """
    able = available_tasks(model)
    if task is None or task in able:
        return
    if task not in TASKS:
        raise ValueError(f'unknown task {task!r}; there are {", ".join(TASKS)}')
    raise ValueError(
        f'task {task!r} needs a {HEADS[task]}, which this model lacks; it can do '
        f'{", ".join(able)}'
    )


def text_keys(
    task: str | None,
    text: Text | None,
    custom_entities: bool = False,
    tokens_positive: list | dict | int | None = None,
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> dict:
    """Turn a user's text into the text keys of a data sample.

    Args:
        task: The task; None: detection or grounding, depending on the text.
        text: Names, ``'a . b .'``, ``'$: coco'``, a sentence, or a question.
        custom_entities: Whether a string holds names, each ended by a full stop.
        tokens_positive: Where the phrases of a sentence are.
        tokenizer: The model's, which has to know the names; None: not checked.

    Returns:
        ``text``, ``custom_entities``, ``tokens_positive`` and, if given, ``task``.

    Raises:
        ValueError: If there is no text, it is not what the task needs, or the
            tokenizer knows nothing of a name.
    """
    if task in LANGUAGE_TASKS:
        return dict(text=_language_text(task, text, tokens_positive), task=task)
    if text is None:
        raise ValueError(f'task {task or "detection"!r} needs a text; give texts')
    if isinstance(text, str) and text.lstrip().startswith(DATASET_MARK):
        text = _class_names(text.partition(DATASET_MARK)[2].strip())
    if task == 'detection':
        if tokens_positive is not None:
            raise ValueError(
                "task 'detection' takes names, but tokens_positive marks phrases of a "
                "sentence; use task='grounding'"
            )
        custom_entities = True
    keys = dict(
        text=tuple(text) if isinstance(text, list) else text,
        custom_entities=custom_entities,
        tokens_positive=tokens_positive,
    )
    try:
        prompt = build_prompt(**keys)
    except TypeError as error:
        raise ValueError(str(error)) from error
    if tokenizer is not None:
        refuse_unknown(prompt.phrases, tokenizer)
    if task == 'grounding' and holds_names(**keys):
        raise ValueError(
            f"task 'grounding' takes a sentence, but the text is a list of "
            f"{len(prompt.phrases)} names; use task='detection'"
        )
    return keys if task is None else dict(keys, task=task)


def holds_names(
    text: Text,
    custom_entities: bool = False,
    tokens_positive: list | dict | int | None = None,
) -> bool:
    """Tell a list of names from a sentence.

    Args:
        text: The text of a data sample.
        custom_entities: Whether a string holds names.
        tokens_positive: Where the phrases of a sentence are.

    Returns:
        Whether the text is read as names.
    """
    return tokens_positive is None and (
        custom_entities or not isinstance(text, str) or is_list_of_names(text)
    )


def _language_text(task: str, text: Text | None, tokens_positive: object) -> str:
    if tokens_positive is not None:
        raise ValueError(f'task {task!r} takes no tokens_positive; it finds phrases')
    may_be_empty = task in CAPTION_TASKS
    wanted = 'the first words of the caption' if may_be_empty else 'a question'
    text = '' if text is None else text
    if not isinstance(text, str):
        raise ValueError(
            f'task {task!r} takes {wanted} as one string, but the text is {text!r}'
        )
    if not text.strip() and not may_be_empty:
        raise ValueError(f'task {task!r} needs {wanted}; give texts')
    return text


def _class_names(dataset: str) -> tuple[str, ...]:
    known = sorted(alias for aliases in dataset_aliases.values() for alias in aliases)
    if dataset not in known:
        raise ValueError(
            f'{DATASET_MARK} {dataset} is no data set that mmdet knows; it knows '
            f'{", ".join(known)}'
        )
    return tuple(get_classes(dataset))
