"""Letters of many alphabets."""

import pytest
from matplotlib.ft2font import FT2Font

from glipv2.drawing.fonts import MISSING, font_for


@pytest.mark.parametrize('text', ['dog', 'собака', 'σκύλος', 'šuo', 'כלב', 'كلب'])
def test_usual_alphabets_are_written(text: str) -> None:
    assert font_for(text, 12)[0] == text


@pytest.mark.parametrize('text', ['狗的脸', '🐶', '개 dog', '\U00050000'])
def test_a_letter_is_drawn_or_said_to_be_missing(text: str) -> None:
    shown, font = font_for(text, 12)
    glyphs = FT2Font(font.path).get_charmap()
    assert all(ord(letter) in glyphs for letter in shown)
    if any(ord(letter) not in glyphs for letter in text):
        assert MISSING in shown and MISSING * 2 not in shown


def test_lines_controls_and_selectors_are_left_out() -> None:
    assert font_for('a\tred\n apple\x00\u200d\ufe0f', 12)[0] == 'a red apple'
    assert font_for('', 12)[0] == ''
