"""Noun phrases found offline, with their places."""

import io
import pickle
import random
import re
import sys

import pytest

from glipv2.text import noun_phrases
from glipv2.text.noun_phrases import find_noun_phrases, load_plain_pickle, split_words


def phrases_of(sentence: str) -> list[str]:
    return [sentence[start:end] for start, end in find_noun_phrases(sentence)]


@pytest.mark.parametrize(
    ('sentence', 'phrases'),
    [
        # mmdet's own example of find_noun_phrases
        (
            'There is two cat and a remote in the image',
            ['cat', 'a remote', 'the image'],
        ),
        (
            'A man in a red shirt rides a horse. The "big dog" is in a box (of wood).',
            ['A man', 'a red shirt', 'a horse', 'big dog', 'a box', 'wood'],
        ),
        ('A DOG  next to\nthe hot dog!', ['A DOG', 'the hot dog']),
        ('the café near the museum', ['the café', 'the museum']),
        ('zebra', ['zebra']),
        ('a man stands in front of a bus', ['a man', 'a bus']),
        ('The cat on top of the shelf', ['The cat', 'the shelf']),
        ('a dog on the left and a tree on the far right', ['a dog', 'a tree']),
        ('a cup at the left-hand side of the plate', ['a cup', 'the plate']),
        (
            'a woman in a red top holds a pen in the hand',
            ['a woman', 'a red top', 'a pen', 'the hand'],
        ),
        ('the front of the house', ['the front', 'the house']),
        ('A boy in spite of the rain', ['A boy', 'the rain']),
        ('is the cup left or right of the plate?', ['the cup', 'the plate']),
        ('Is a dog on the left or the right?', ['a dog']),
        ('a dog at the top or bottom', ['a dog']),
        ('left or right', []),
        ('the right shoe or the left shoe', ['the right shoe', 'the left shoe']),
        ('How many bananas are on the table?', ['bananas', 'the table']),
        ('many ripe bananas and a few dogs', ['ripe bananas', 'dogs']),
        ('of and the', []),
        ('', []),
        ('  \n', []),
    ],
)
def test_sentences(sentence: str, phrases: list[str]) -> None:
    assert phrases_of(sentence) == phrases


def test_repeated_phrases_have_their_own_places() -> None:
    sentence = 'a dog looks at a dog'
    assert find_noun_phrases(sentence) == [(0, 5), (15, 20)]


def test_capitals_that_change_length_do_not_move_places() -> None:
    # 'İ'.lower() is two characters long.
    assert phrases_of('İİİ İİ sees the dog')[-1] == 'the dog'


def test_any_text_gives_places_inside_it() -> None:
    generator = random.Random(0)
    alphabet = 'ab \'"`“”.,!?()[]<>-_/&日é🍎İ\n\t\u200b\u00a0\u0301%$#@1:;…—'
    for _ in range(2000):
        text = ''.join(generator.choices(alphabet, k=generator.randint(0, 25)))
        end_before = 0
        for start, end in find_noun_phrases(text):
            assert end_before <= start < end <= len(text)
            assert text[start].isalnum()
            assert text[end - 1].isalnum()
            end_before = end


def test_words_cover_everything_but_spaces() -> None:
    sentence = "The \"big\" dog can't say ``hello'' (or won't)..."
    words, spans = split_words(sentence)
    covered = ''.join(sentence[start:end] for start, end in spans)
    assert covered == re.sub(r'\s', '', sentence)
    assert words[1:4] == ['``', 'big', "''"]
    assert [sentence[a:b] for a, b in spans][1:4] == ['"', 'big', '"']
    assert [sentence[a:b] for a, b in spans][5:7] == ['ca', "n't"]


@pytest.mark.parametrize('protocol', [0, 2, 4])
def test_code_in_a_pickle_is_refused(protocol: int) -> None:
    harmless = ({'a': {'b': 1.5}}, ['x'], {'NN', 'JJ'})
    content = pickle.dumps(harmless, protocol=protocol)
    assert load_plain_pickle(io.BytesIO(content)) == harmless
    for harmful in (print, re.compile('x'), bytearray(b'x')):
        content = pickle.dumps([harmful], protocol=protocol)
        with pytest.raises(pickle.UnpicklingError, match='only plain data'):
            load_plain_pickle(io.BytesIO(content))


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, 'path', [])
    monkeypatch.setattr(sys, 'path_importer_cache', {})
    monkeypatch.delitem(sys.modules, 'textblob_aptagger', raising=False)
    noun_phrases._load_tagger.cache_clear()
    with pytest.raises(ImportError, match='pip install --no-deps textblob-aptagger'):
        find_noun_phrases('a dog')
