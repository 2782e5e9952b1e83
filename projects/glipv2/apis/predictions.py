"""Predictions as plain values, ready for JSON."""

from mmdet.structures import DetDataSample

from ..engine.best_names import best_names
from ..structures.encode_masks import encode_masks
from ..text.sample_text import prompt_of
from .tasks import LANGUAGE_TASKS, holds_names


def keep_best(
    sample: DetDataSample, score_thr: float, one_name_per_place: bool = False
) -> DetDataSample:
    """Drop boxes below a score, and worse names of one place.

    ``best_score`` of its metainfo is that of the best box, dropped or not.

    Args:
        sample: A prediction.
        score_thr: Least score of a box.
        one_name_per_place: Whether of boxes that overlap only the best stays.
    """
    if 'pred_instances' in sample:
        found = sample.pred_instances
        if len(found):
            sample.set_metainfo(dict(best_score=float(found.scores.max())))
        found = found[found.scores >= score_thr]
        sample.pred_instances = best_names(found) if one_name_per_place else found
    return sample


def to_dict(sample: DetDataSample) -> dict:
    """Describe a prediction in plain values.

    Returns:
        Where the prediction has them: ``labels``, ``label_names``, ``scores``,
        ``bboxes`` (xyxy, pixels of the original image), ``masks`` (COCO's RLE),
        ``presence`` (by name, the probability that it is in the image),
        ``track_ids`` (None: not followed);
        ``sentence`` and ``phrases``, a list of ``phrase``, ``tokens_positive``
        (characters ``[start, end)`` of the sentence) and ``boxes`` (indices of its
        boxes); ``answer`` and ``answers``, a list of ``answer`` and ``score``;
        ``caption`` and ``caption_score``.
    """
    result: dict = {}
    if 'pred_instances' in sample:
        found = sample.pred_instances
        result.update(
            labels=found.labels.tolist(),
            label_names=list(found.label_names),
            scores=found.scores.tolist(),
            bboxes=found.bboxes.tolist(),
        )
        if 'track_ids' in found:
            ids = found.track_ids.tolist()
            result['track_ids'] = [None if number < 0 else number for number in ids]
        if 'masks' in found:
            result['masks'] = [
                dict(mask, counts=mask['counts'].decode())
                for mask in encode_masks(found.masks.numpy())
            ]
    if 'pred_presence' in sample:
        result['presence'] = sample.pred_presence
    result.update(_phrases_of(sample))
    for phrase in result.get('phrases', ()):
        label = phrase.pop('label')
        phrase['boxes'] = [
            box for box, other in enumerate(result.get('labels', ())) if other == label
        ]
    if 'pred_answer' in sample:
        result['answer'] = sample.pred_answer
        result['answers'] = [
            dict(answer=answer, score=float(score))
            for answer, score in zip(sample.pred_answers, sample.pred_answer_scores)
        ]
    if 'pred_caption' in sample:
        result['caption'] = sample.pred_caption
        result['caption_score'] = float(sample.pred_caption_score)
    return result


def to_hf(prediction: dict) -> list[dict]:
    """Write a prediction as transformers' pipelines do.

    Returns:
        As ``zero-shot-object-detection``: ``score``, ``label`` and ``box`` (``xmin``,
        ``ymin``, ``xmax``, ``ymax``, whole pixels), best first; a question as
        ``visual-question-answering``: ``score`` and ``answer``; a caption without
        boxes as ``image-to-text``: ``generated_text``.
    """
    if 'answers' in prediction and 'bboxes' not in prediction:
        return prediction['answers']
    if 'caption' in prediction and 'bboxes' not in prediction:
        return [dict(generated_text=prediction['caption'])]
    boxes = [
        dict(
            score=score,
            label=label,
            box=dict(zip(('xmin', 'ymin', 'xmax', 'ymax'), map(int, box))),
        )
        for score, label, box in zip(
            *(prediction[key] for key in ('scores', 'label_names', 'bboxes'))
        )
    ]
    return sorted(boxes, key=lambda box: -box['score'])


def sentence_of(sample: DetDataSample) -> tuple[str, list[list[list[int]]]]:
    """Get the sentence of a prediction and where its phrases are.

    Returns:
        The caption, the grounded sentence or the answer, ``''`` without one; and the
        spans of each phrase, ``[[start, end], ...]``.
    """
    found = _phrases_of(sample)
    text = found.get('sentence') or sample.get('pred_caption', '')
    spans = [phrase['tokens_positive'] for phrase in found.get('phrases', ())]
    return text or sample.get('pred_answer', ''), spans


def _phrases_of(sample: DetDataSample) -> dict:
    """Find the sentence and its phrases' spans; empty for a list of names."""
    if 'pred_phrases' in sample:
        sentence = sample.get('pred_sentence', sample.get('pred_caption'))
        phrases = [
            dict(phrase=x['phrase'], tokens_positive=x['tokens_positive'], label=label)
            for label, x in enumerate(sample.pred_phrases)
        ]
        return dict(sentence=sentence, phrases=phrases)
    if sample.get('task') in LANGUAGE_TASKS:
        return {}
    keys = ('custom_entities', 'tokens_positive')
    if holds_names(sample.text, *map(sample.get, keys)):
        return {}
    prompt = prompt_of(sample)
    phrases = [
        dict(phrase=phrase, tokens_positive=[list(x) for x in spans], label=label)
        for label, (phrase, spans) in enumerate(
            zip(prompt.phrases, prompt.tokens_positive)
        )
    ]
    return dict(sentence=prompt.text, phrases=phrases)
