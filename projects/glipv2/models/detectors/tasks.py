"""Tasks: which a model has heads for, and what grounded tasks have to find."""

from collections.abc import Sequence

from mmdet.structures import DetDataSample
from torch import nn

from ...text.noun_phrases import find_noun_phrases
from ...text.sample_text import image_name
from ...text.tasks import BOX_TASKS, HEAD_OF, task_of

# Keys of a sample that belong to its text.
TEXT_KEYS = ('text', 'custom_entities', 'tokens_positive', 'caption_prompt', 'task')


def check_heads(model: nn.Module) -> None:
    """Refuse heads that lack what they need.

    VQA, captions and presence need early fusion. Masked words are read without
    examples.

    Args:
        model: The detector.

    Raises:
        ValueError: If it has such a head (names it).
    """
    fuses = getattr(model.fusion_neck, 'early_fusion', False)
    for head in ('vqa_head', 'caption_head', 'presence_head'):
        if getattr(model, head) is not None and not fuses:
            raise ValueError(
                f'{head} needs words that are fused with the image: set a fusion_neck '
                'with early_fusion=True'
            )
    reader = getattr(model.text_encoder, 'example_reader', None)
    if reader is not None and model.mlm_head is not None:
        raise ValueError(
            'mlm_head and text_encoder.examples both hide words: set mlm_head=None to '
            'learn from examples'
        )


def check_tasks(model: nn.Module, samples: Sequence[DetDataSample]) -> None:
    """Refuse tasks that a model has no head for or, in training, no loss.

    Args:
        model: The detector.
        samples: B samples.

    Raises:
        ValueError: If a sample has such a task (names the image).
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
    """Collect the samples whose text is grounded, after answers and captions.

    Args:
        samples: B samples, with ``pred_caption`` or ``pred_answer`` by task. For
            grounded tasks ``pred_phrases`` is set: per noun phrase ``phrase`` and
            ``tokens_positive``, its characters ``[[start, end]]`` in the caption, or
            in ``pred_sentence``, question and answer.

    Returns:
        By row the sample to ground: itself, or one for the noun phrases of its
        sentence, of which there may be none.
    """
    chosen = {}
    for row, sample in enumerate(samples):
        task = task_of(sample)
        if task in BOX_TASKS:
            chosen[row] = sample
        elif task == 'grounded_caption':
            chosen[row] = _grounding_sample(sample, sample.pred_caption)
        elif task == 'grounded_vqa':
            sample.pred_sentence = f'{sample.text} {sample.pred_answer}'
            chosen[row] = _grounding_sample(sample, sample.pred_sentence)
    return chosen


def _grounding_sample(sample: DetDataSample, sentence: str) -> DetDataSample:
    """Make a sample for the noun phrases of a sentence in the same image."""
    spans = find_noun_phrases(sentence)
    sample.pred_phrases = [
        dict(phrase=sentence[start:end], tokens_positive=[[start, end]])
        for start, end in spans
    ]
    kept = {
        key: value for key, value in sample.metainfo.items() if key not in TEXT_KEYS
    }
    tokens = [[list(span)] for span in spans]
    return DetDataSample(metainfo=dict(kept, text=sentence, tokens_positive=tokens))
