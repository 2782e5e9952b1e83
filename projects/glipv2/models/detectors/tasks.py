"""What a model's heads can do, and what is to be found once words are there."""

from collections.abc import Sequence

from mmdet.structures import DetDataSample
from torch import nn

from ...text.noun_phrases import find_noun_phrases
from ...text.sample_text import image_name
from ...text.tasks import BOX_TASKS, HEAD_OF, task_of

# What a sample carries that belongs to its own text.
TEXT_KEYS = ('text', 'custom_entities', 'tokens_positive', 'caption_prompt', 'task')


def check_heads(model: nn.Module) -> None:
    """Refuse heads on words without a fusion that words go through.

    Args:
        model: The detector.

    Raises:
        ValueError: If it has such a head (says which).
    """
    fuses = getattr(model.fusion_neck, 'early_fusion', False)
    for head in ('vqa_head', 'caption_head'):
        if getattr(model, head) is not None and not fuses:
            raise ValueError(
                f'{head} needs words that have read the image: a fusion_neck with '
                'early_fusion=True'
            )


def check_tasks(model: nn.Module, samples: Sequence[DetDataSample]) -> None:
    """Refuse tasks that a model has no head for, and some in training.

    Args:
        model: The detector.
        samples: Of a batch.

    Raises:
        ValueError: If there is one (names the image).
    """
    for sample in samples:
        task = task_of(sample)
        head = HEAD_OF.get(task)
        if head is not None and getattr(model, head) is None:
            raise ValueError(
                f'{image_name(sample)} has the task {task!r}, but the model has no '
                f'{head}'
            )
        if model.training and task == 'grounded_vqa':
            raise ValueError(
                f"{image_name(sample)} has the task 'grounded_vqa', which is not "
                "trained as such: give the question as 'vqa', and question and answer "
                "with boxes as 'grounding' (HideAnswer)"
            )


def samples_to_ground(
    samples: Sequence[DetDataSample],
) -> dict[int, DetDataSample]:
    """Collect what is to be found in images once answers and captions are there.

    Args:
        samples: Of a batch, with ``pred_caption`` and ``pred_answer`` where asked
            for. Those with a grounded task get ``pred_phrases``: per noun phrase
            ``phrase`` and ``tokens_positive``, its characters ``[[start, end]]`` in
            the caption, or in ``pred_sentence``, question and answer.

    Returns:
        By row the sample whose text names things: itself, or one that asks for its
        ``pred_phrases``, which may be none.
    """
    chosen = {}
    for row, sample in enumerate(samples):
        task = task_of(sample)
        if task in BOX_TASKS:
            chosen[row] = sample
        elif task == 'grounded_caption':
            chosen[row] = _name_phrases(sample, sample.pred_caption)
        elif task == 'grounded_vqa':
            sample.pred_sentence = f'{sample.text} {sample.pred_answer}'
            chosen[row] = _name_phrases(sample, sample.pred_sentence)
    return chosen


def _name_phrases(sample: DetDataSample, sentence: str) -> DetDataSample:
    """Make a sample that asks for the noun phrases of a sentence in an image."""
    spans = find_noun_phrases(sentence)
    sample.pred_phrases = [
        dict(phrase=sentence[start:end], tokens_positive=[[start, end]])
        for start, end in spans
    ]
    places = [[list(span)] for span in spans]
    return _of_same_image(sample, text=sentence, tokens_positive=places)


def _of_same_image(sample: DetDataSample, **text: object) -> DetDataSample:
    kept = {
        key: value for key, value in sample.metainfo.items() if key not in TEXT_KEYS
    }
    return DetDataSample(metainfo={**kept, **text})
