"""Sentences whose phrases have the colours of their boxes, as HTML and as an image."""

import re
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from .colours import BLACK, WHITE, Colour, ink_on
from .fonts import font_for

Spans = Sequence[Sequence[int]]  # characters of a phrase, [start, end], end exclusive
Part = tuple[str, Colour | None]  # words, and their colour if they are a phrase
Word = tuple[str, Colour | None, int]  # with its left edge on its line, px


def coloured_parts(
    text: str, spans: Sequence[Spans], colours: Sequence[Colour]
) -> list[Part]:
    """Cut a sentence at its phrases.

    Args:
        text: The sentence.
        spans: Of each phrase.
        colours: Of each phrase.

    Returns:
        The parts, which together are the sentence; of phrases within each other the
        one that starts first is coloured.
    """
    found = sorted(
        (start, end, label) for label, x in enumerate(spans) for start, end in x
    )
    parts, done = [], 0
    for start, end, label in found:
        start = max(start, done)
        if start >= end:
            continue
        parts += [(text[done:start], None), (text[start:end], colours[label])]
        done = end
    parts.append((text[done:], None))
    return [part for part in parts if part[0]]


def sentence_html(text: str, spans: Sequence[Spans], colours: Sequence[Colour]) -> str:
    """Write a sentence as HTML; what users or models wrote is escaped.

    Args:
        text: The sentence.
        spans: Of each phrase.
        colours: Of each phrase.
    """
    return ''.join(
        escape(part) if colour is None else mark_html(part, colour)
        for part, colour in coloured_parts(text, spans, colours)
    )


def mark_html(text: str, colour: Colour) -> str:
    """Write a phrase on its colour as HTML."""
    ink = 'black' if ink_on(colour) == BLACK else 'white'
    red, green, blue = colour
    return (
        f'<mark style="background:rgb({red},{green},{blue});color:{ink};'
        f'padding:0 .3em;border-radius:.3em">{escape(text)}</mark>'
    )


def sentence_image(
    parts: Sequence[Part],
    width: int,
    letter: int,
    most_height: int | None = None,
    paper: Colour = WHITE,
) -> np.ndarray:
    """Write a sentence in lines.

    Args:
        parts: Of :func:`coloured_parts`.
        width: Of the lines, px.
        letter: Size of the letters, px.
        most_height: Lines beyond are left out, the last ends in dots; px; None: no
            limit.
        paper: Colour of the ground.

    Returns:
        (H, ``width``, 3) uint8 RGB; H is 0 without words.
    """
    margin = max(2, letter // 2)
    lines = list(_lines_of(parts, width - 2 * margin, letter))
    pitch = round(1.6 * letter)
    room = len(lines) if most_height is None else (most_height - margin) // pitch
    if 0 < room < len(lines):
        *before, (text, colour, left) = lines[room - 1]
        lines[room - 1] = [*before, (f'{text.rstrip()}…', colour, left)]
    lines = lines[: max(0, room)]
    if not lines:
        return np.zeros((0, width, 3), np.uint8)
    sheet = Image.new('RGB', (width, len(lines) * pitch + margin), paper)
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        top = number * pitch + margin // 2
        for (word, colour, left), after in zip(line, [*line[1:], None]):
            text, font = font_for(word, letter)
            x, ink = margin + left, ink_on(paper if colour is None else colour)
            if colour is not None:
                right = x + _width_of(word.rstrip(), letter) + margin // 3
                if after is not None and after[1] == colour:
                    right = margin + after[2]
                place = (x - margin // 3, top + 1, right, top + pitch - 2)
                pen.rectangle(place, fill=colour)
            pen.text((x, top + pitch / 2), text, fill=ink, font=font, anchor='lm')
    return np.asarray(sheet)


def _lines_of(parts: Sequence[Part], width: int, letter: int) -> Iterator[list[Word]]:
    """Break a sentence into lines, at spaces or within words that are too long."""
    line: list[Word] = []
    left = 0
    for text, colour in parts:
        for word in _pieces_of(text, width, letter):
            shown = word.lstrip() if not line else word
            needed = _width_of(shown.rstrip(), letter)
            if line and left + needed > width:
                yield line
                line, left, shown = [], 0, word.lstrip()
            if not shown:
                continue
            line.append((shown, colour, left))
            left += _width_of(shown, letter)
    if line:
        yield line


def _pieces_of(text: str, width: int, letter: int) -> Iterator[str]:
    for word in re.findall(r'\s+|\S+\s*', text):
        too_long = _width_of(word.strip(), letter) > width
        yield from word if too_long else (word,)


def _width_of(text: str, letter: int) -> int:
    """Measure a text, px; spaces at its ends count."""
    shown, font = font_for(text, letter)
    spaces = len(text) - len(text.strip())
    return round(font.getlength(shown) + spaces * font.getlength(' '))
