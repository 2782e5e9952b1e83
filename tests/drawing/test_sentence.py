"""Sentences in the colours of their boxes."""

import numpy as np

from glipv2.drawing.colours import BLACK, phrase_colours
from glipv2.drawing.sentence import coloured_parts, sentence_html, sentence_image

TEXT = 'a dog & a <b> cat'
SPANS = [[[0, 5]], [[8, 17]]]
COLOURS = phrase_colours(3)


def test_a_sentence_is_cut_at_its_phrases() -> None:
    parts = coloured_parts(TEXT, SPANS, COLOURS)
    assert parts == [('a dog', COLOURS[0]), (' & ', None), ('a <b> cat', COLOURS[1])]


def test_a_phrase_of_several_places_and_one_within_another() -> None:
    spans = [[[0, 5], [14, 17]], [[2, 10]], [[2, 5]]]
    parts = coloured_parts(TEXT, spans, COLOURS)
    assert ''.join(text for text, _ in parts) == TEXT
    assert [x for x in parts if x[1]] == [
        ('a dog', COLOURS[0]), (' & a ', COLOURS[1]), ('cat', COLOURS[0]),
    ]  # fmt: skip


def test_html_is_escaped_and_coloured() -> None:
    html = sentence_html(TEXT, SPANS, COLOURS)
    assert '<b>' not in html and 'a &lt;b&gt; cat</mark>' in html
    assert '</mark> &amp; <mark' in html
    assert f'rgb({",".join(map(str, COLOURS[0]))});color:black' in html
    assert 'color:white' in sentence_html('x', [[], [], [[0, 1]]], COLOURS)


def test_the_image_holds_the_colours_and_breaks_lines() -> None:
    parts = coloured_parts(TEXT, SPANS, COLOURS)
    one, more = sentence_image(parts, 400, 12), sentence_image(parts, 60, 12)
    assert one.shape[1] == 400 and more.shape[1] == 60
    assert len(more) > 2 * len(one)
    for sheet in (one, more):
        pixels = {tuple(x) for x in sheet.reshape(-1, 3).tolist()}
        assert {COLOURS[0], COLOURS[1], BLACK} <= pixels


def test_a_sentence_without_spaces_is_broken_and_cut() -> None:
    parts = [('z' * 200, None)]
    whole = sentence_image(parts, 100, 12)
    assert len(whole) > 200
    cut = sentence_image(parts, 100, 12, most_height=50)
    assert 0 < len(cut) <= 50
    assert not np.array_equal(cut[:-6], whole[: len(cut) - 6])  # dots at the end
    assert len(sentence_image(parts, 100, 12, most_height=3)) == 0
    assert len(sentence_image([], 100, 12)) == 0
