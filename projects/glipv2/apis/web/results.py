"""Predictions as parts of a web page: coloured sentence, table, summary."""

from collections.abc import Sequence
from html import escape

from ..drawing import Colour, phrase_colours

TABLE_HEAD = ('what', 'score', 'x1', 'y1', 'x2', 'y2')
BRIGHT = 140  # mean of red, green and blue from which black letters read better


def sentence_html(prediction: dict) -> str:
    """Write the sentence, or the names, with each phrase in its boxes' colour.

    Returns:
        HTML; everything that users or models wrote is escaped.
    """
    phrases = prediction.get('phrases')
    if phrases is None:
        found = dict(
            zip(prediction.get('labels', ()), prediction.get('label_names', ()))
        )
        colours = phrase_colours(max(found, default=-1) + 1)
        text = ' '.join(_mark(found[label], colours[label]) for label in sorted(found))
        return _paragraph(text or escape(_plain_sentence(prediction)))
    colours = phrase_colours(len(phrases))
    spans = sorted(
        (start, end, label)
        for label, phrase in enumerate(phrases)
        for start, end in phrase['tokens_positive']
    )
    sentence, parts, done = prediction['sentence'], [], 0
    for start, end, label in spans:
        start = max(start, done)  # a phrase within another
        if start >= end:
            continue
        parts += [escape(sentence[done:start])]
        parts += [_mark(sentence[start:end], colours[label])]
        done = end
    return _paragraph(''.join(parts) + escape(sentence[done:]))


def table_rows(prediction: dict) -> list[list]:
    """List boxes and answers, each as a row of :data:`TABLE_HEAD`.

    Returns:
        The rows; an answer has no place.
    """
    rows = [
        [answer['answer'], round(answer['score'], 3), '', '', '', '']
        for answer in prediction.get('answers', ())
    ]
    boxes = (prediction.get(key, ()) for key in ('label_names', 'scores', 'bboxes'))
    rows += [
        [name, round(score, 3), *(round(x, 1) for x in box)]
        for name, score, box in zip(*boxes)
    ]
    return rows


def summary(prediction: dict, seconds: float) -> str:
    """Summarise a prediction in one line.

    Args:
        prediction: Of ``predictions.to_dict``.
        seconds: Time taken.
    """
    parts = [f'{seconds:.2f} s']
    if 'labels' in prediction:
        count = len(prediction['labels'])
        parts.append(f'{count} box' if count == 1 else f'{count} boxes')
    for key in ('answer', 'caption'):
        if key in prediction:
            parts.append(f'{key}: {prediction[key]}')
    return ' · '.join(parts)


def _plain_sentence(prediction: dict) -> str:
    return prediction.get('caption') or prediction.get('answer') or 'nothing found'


def _mark(text: str, colour: Sequence[int] | Colour) -> str:
    red, green, blue = (int(x) for x in colour)
    letters = 'black' if red + green + blue > 3 * BRIGHT else 'white'
    return (
        f'<mark style="background:rgb({red},{green},{blue});color:{letters};'
        f'padding:0 .3em;border-radius:.3em">{escape(text)}</mark>'
    )


def _paragraph(content: str) -> str:
    return f'<p style="font-size:1.2em;line-height:1.8">{content}</p>'
