"""What was found in one image, and which image, task and text it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmdet.structures import DetDataSample

from ..text.prompt import build_prompt
from .predictions import to_dict, to_hf
from .tasks import LANGUAGE_TASKS, holds_names

TEXT_KEYS = ('text', 'custom_entities', 'tokens_positive')


@dataclass(frozen=True)
class Record:
    """A result that can be matched with its image.

    Args:
        file_name: The image or video as the user gave it.
        width: Of the image, px; None if it could not be read.
        height: Of the image, px; None if it could not be read.
        task: The task.
        prompt: The text: names between full stops, a sentence, or a question.
        names: What was searched for, in the text's order; none for language tasks.
        found: Of ``predictions.to_dict``; empty if it failed.
        error: Why it failed.
        frame: Number of a video's frame.
        seconds: Its time from the start, s.
    """

    file_name: str
    width: int | None
    height: int | None
    task: str
    prompt: str
    names: tuple[str, ...] = ()
    found: dict = field(default_factory=dict)
    error: str | None = None
    frame: int | None = None
    seconds: float | None = None

    def header(self) -> dict[str, Any]:
        """Describe the image, the task and the text, and the error if there is one."""
        keys = ['file_name', 'width', 'height', 'task', 'prompt']
        keys += [
            key
            for key in ('frame', 'seconds', 'error')
            if getattr(self, key) is not None
        ]
        return {key: getattr(self, key) for key in keys}

    def to_dict(self, format: str = 'mmdet') -> dict[str, Any]:
        """Describe everything in plain values.

        Args:
            format: ``'mmdet'``: the keys of ``predictions.to_dict``; ``'hf'``:
                ``predictions``, a list as transformers' pipelines give.
        """
        if self.error is not None:
            return self.header()
        if format == 'hf':
            return dict(self.header(), predictions=to_hf(self.found))
        return {**self.header(), **self.found}


def record_of(
    sample: DetDataSample,
    frame: int | None = None,
    seconds: float | None = None,
    found: dict | None = None,
) -> Record:
    """Describe a prediction.

    Args:
        sample: Of the inferencer.
        frame: Number of a video's frame.
        seconds: Its time, s.
        found: Its plain values, where they are known already.
    """
    height, width = sample.ori_shape[:2]
    keys = {key: sample.get(key) for key in (*TEXT_KEYS, 'task')}
    return Record(
        str(sample.img_path),
        width,
        height,
        **_asked(keys),
        found=to_dict(sample) if found is None else found,
        frame=frame,
        seconds=seconds,
    )


def failed_record(
    file_name: str,
    keys: Mapping,
    error: str,
    frame: int | None = None,
    seconds: float | None = None,
) -> Record:
    """Describe an image that failed.

    Args:
        file_name: As the user gave it.
        keys: Of ``tasks.text_keys``.
        error: Why it failed, one line.
        frame: Number of a video's frame.
        seconds: Its time, s.
    """
    asked = _asked(keys)
    return Record(
        file_name, None, None, **asked, error=error, frame=frame, seconds=seconds
    )


def _asked(keys: Mapping) -> dict[str, Any]:
    """Name the task, the text and what is searched for."""
    task, text = keys.get('task'), keys['text']
    if task in LANGUAGE_TASKS:
        return dict(task=task, prompt=text)
    given = {key: keys.get(key) for key in TEXT_KEYS}
    given['custom_entities'] = bool(given['custom_entities'])
    if task is None:
        task = 'detection' if holds_names(**given) else 'grounding'
    names = build_prompt(**given).phrases
    prompt = text if isinstance(text, str) else ' . '.join(text)
    return dict(task=task, prompt=prompt, names=tuple(names))
