"""Words of captions, by hand and against Stanford's tokeniser where Java is."""

import shutil

import pytest

from glipv2.evaluation.caption_metric import ptb_tokens
from glipv2.evaluation.caption_tokens import caption_tokens

CASES = {
    'A man riding a wave on top of a surfboard.': (
        'a man riding a wave on top of a surfboard'
    ),
    "The dog's ball isn't here, he can't find it!": (
        "the dog 's ball is n't here he ca n't find it"
    ),
    'A t-shirt, a well-lit room; (two) "big" beds...': (
        'a t-shirt a well-lit room -lrb- two -rrb- big beds'
    ),
    "They're 2.5 feet from the 1,000 boats at 10:30": (
        "they 're 2.5 feet from the 1,000 boats at 10:30"
    ),
    'Mr. Smith cannot see it': 'mr. smith can not see it',
    'black & white cats - one sleeping': 'black & white cats one sleeping',
    'three dogs   and\ta cat': 'three dogs and a cat',
    "a man's 3 cats": "a man 's 3 cats",
    'a [big] {red} bus; so: nice?': 'a -lsb- big -rsb- -lcb- red -rcb- bus so nice',
    'a girl wanna eat 12 hot-dogs/fries': 'a girl wan na eat 12 hot-dogs/fries',
    "six o'clock; rock 'n' roll, y'all!": "six o'clock rock 'n' roll y' all",
    'bus no.7 at the U.S. Capitol, etc. Said no.': (
        'bus no. 7 at the u.s. capitol etc. said no'
    ),
    "A boy,a girl.The dog in the 1950's @ 5:30 p.m.": (
        "a boy a girl.the dog in the 1950 's @ 5:30 p.m."
    ),
    '': '',
}


@pytest.mark.parametrize('caption', CASES)
def test_words(caption: str) -> None:
    assert caption_tokens(caption) == CASES[caption].split()


@pytest.mark.skipif(shutil.which('java') is None, reason='needs Java')
def test_words_are_those_of_stanfords_tokeniser() -> None:
    captions = [caption for caption in CASES if caption]
    expected = [tokens for [tokens] in ptb_tokens([[text] for text in captions])]
    assert [caption_tokens(text) for text in captions] == expected
