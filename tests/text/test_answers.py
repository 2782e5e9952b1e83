"""Normal forms of answers, known from the VQA evaluation protocol."""

import pytest

from glipv2.text.answers import answer_scores, normalise_answer


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('Yes', 'yes'),
        ('two', '2'),
        ('Ten', '10'),
        ('none', '0'),
        ('eleven', 'eleven'),
        ('The red  apple', 'red apple'),
        ('an', ''),
        ('yes.', 'yes'),
        ('2.5', '2.5'),
        ('1,000', '1000'),
        ('1,000 - 2,000', '1000 2000'),
        ('t-shirt', 't shirt'),
        ('red, blue', 'red blue'),
        ('and/or', 'and or'),
        ('what?!', 'what'),
        ('dont', "don't"),
        ("don't", "don't"),
        ('cant', "can't"),
        ('wont', "won't"),
        ('shouldntve', 'shouldntve'),
        ("shouldnt've", "shouldn't've"),
        ("she'dve", "she'd've"),
        ('youre', "you're"),
        ('oclock', "o'clock"),
        ('6 oclock', "6 o'clock"),
        # Words of their own stay what they are.
        ('well', 'well'),
        ('its', 'its'),
        ('shed', 'shed'),
        ('were', 'were'),
        ('somethings', 'somethings'),
        ('. ' * 34, '. .'),  # the official code takes 32 full stops away
        ('\tleft\n', 'left'),
        ("man's", "man's"),
        ('', ''),
    ],
)
def test_normal_forms(text: str, expected: str) -> None:
    assert normalise_answer(text) == expected


def test_normal_forms_stay() -> None:
    for text in ('2', "can't", 'red apple', '2.5', "y'all'd've"):
        assert normalise_answer(text) == text


def test_soft_targets() -> None:
    answers = ['two'] * 2 + ['2'] * 3 + ['Three.'] * 2 + ['a', 'four', '?']
    assert answer_scores(answers) == pytest.approx({'2': 1, '3': 2 / 3, '4': 1 / 3})
    assert answer_scores([]) == {}
