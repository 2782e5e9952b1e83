"""Predictions as parts of a web page: coloured sentence, table, summary."""

import re
from html import escape

from ...drawing import sentence
from ...drawing.colours import phrase_colours
from ...drawing.sentence import mark_html

MARKDOWN = re.compile(r'[\\`*_\[\]()!<>&#$|~]')
TABLE_HEAD = ('what', 'score', 'x1', 'y1', 'x2', 'y2')


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
        text = ' '.join(
            mark_html(found[label], colours[label]) for label in sorted(found)
        )
        return _paragraph(text or escape(_plain_sentence(prediction)))
    spans = [phrase['tokens_positive'] for phrase in phrases]
    colours = phrase_colours(len(spans))
    return _paragraph(sentence.sentence_html(prediction['sentence'], spans, colours))


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
    """Summarise a prediction in one line of Markdown.

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
            # Words of a stranger's model may be an image of another server.
            text = MARKDOWN.sub(r'\\\g<0>', prediction[key])
            parts.append(f'{key}: {text}')
    return ' · '.join(parts)


def _plain_sentence(prediction: dict) -> str:
    return prediction.get('caption') or prediction.get('answer') or 'nothing found'


def _paragraph(content: str) -> str:
    return f'<p style="font-size:1.2em;line-height:1.8">{content}</p>'
