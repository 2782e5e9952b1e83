"""Predictions as parts of a web page: coloured sentence, table, summary."""

import re
from collections.abc import Sequence
from html import escape

from ...drawing import sentence
from ...drawing.colours import Colour, phrase_colours
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


def table_html(prediction: dict) -> str:
    """Write boxes and answers as a table, one row each.

    The row of a box has it as ``data-box``, pixels of the image, by which the page's
    script shows the two together.

    Returns:
        HTML; everything that users or models wrote is escaped; ``''`` without a row.
    """
    rows = [
        _row([answer['answer'], f'{answer["score"]:.3f}', '', '', '', ''])
        for answer in prediction.get('answers', ())
    ]
    names, scores, boxes, labels = (
        prediction.get(key, ()) for key in ('label_names', 'scores', 'bboxes', 'labels')
    )
    colours = phrase_colours(max(labels, default=-1) + 1)
    rows += [
        _row([name, f'{score:.3f}', *(f'{x:.0f}' for x in box)], box, colours[label])
        for name, score, box, label in zip(names, scores, boxes, labels)
    ]
    if not rows:
        return ''
    head = ''.join(f'<th scope="col">{word}</th>' for word in TABLE_HEAD)
    return (
        f'<table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def summary(prediction: dict, seconds: float, best_score: float | None = None) -> str:
    """Summarise a prediction in one line of Markdown.

    Args:
        prediction: Of ``predictions.to_dict``.
        seconds: Time taken.
        best_score: Of all boxes, those below the least score included.
    """
    parts = [f'{seconds:.2f} s']
    if 'labels' in prediction:
        count = len(prediction['labels'])
        parts.append(f'{count} box' if count == 1 else f'{count} boxes')
        if not count and best_score:
            # Rounded down, so that a least score of it shows the box.
            parts.append(f'the best one has a score of {int(best_score * 100) / 100}')
    for key in ('answer', 'caption'):
        if key in prediction:
            # Words of a stranger's model may be an image of another server.
            text = MARKDOWN.sub(r'\\\g<0>', prediction[key])
            parts.append(f'{key}: {text}')
    return ' · '.join(parts)


def _row(
    cells: Sequence[str],
    box: Sequence[float] | None = None,
    colour: Colour | None = None,
) -> str:
    inner = ''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)
    if box is None:
        return f'<tr>{inner}</tr>'
    place = ' '.join(f'{x:.1f}' for x in box)
    red, green, blue = colour
    return (
        f'<tr tabindex="0" data-box="{place}" '
        f'style="--phrase:rgb({red},{green},{blue})">{inner}</tr>'
    )


def _plain_sentence(prediction: dict) -> str:
    return prediction.get('caption') or prediction.get('answer') or 'nothing found'


def _paragraph(content: str) -> str:
    return f'<p style="font-size:1.2em;line-height:1.8">{content}</p>'
