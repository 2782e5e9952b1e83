"""Marks that part names in one string: understood, and never in silence one name."""

import pytest

from glipv2.text.name_lists import is_list_of_names, split_names
from glipv2.text.prompt import build_prompt


@pytest.mark.parametrize(
    'text',
    [
        'cat | dog', 'cat|dog', 'cat/dog', 'cat / dog', 'cat\ndog', 'cat\r\ndog\r\n',
        'cat .dog', 'cat.dog', 'cat.dog.', 'cat; dog', 'cat；dog', 'cat 。 dog 。',
        'cat.\ndog.', 'cat .\ndog .', '| cat | dog |', 'cat\u2028dog',
    ],
)  # fmt: skip
def test_marks_part_names_without_a_task(text: str) -> None:
    assert is_list_of_names(text)
    assert build_prompt(text).phrases == ('cat', 'dog')
    assert build_prompt(text, custom_entities=True).phrases == ('cat', 'dog')


@pytest.mark.parametrize('text', ['cat, red dog', 'cat,red dog,', 'cat，red dog'])
def test_commas_part_names_where_there_is_no_other_mark(text: str) -> None:
    assert build_prompt(text, custom_entities=True).phrases == ('cat', 'red dog')


def test_a_mark_inside_names_stays_beside_a_harder_one() -> None:
    assert split_names('tv/monitor . dog.cat . v1.2') == [
        'tv/monitor',
        'dog.cat',
        'v1.2',
    ]
    assert split_names('hammer, large . saw') == ['hammer, large', 'saw']
    assert split_names('cat | dog . bird') == ['cat', 'dog', 'bird']


@pytest.mark.parametrize('text', ['3.5 mm', '1/2', 'U.S.', 'T-shirt', 'hot dog .'])
def test_whole_names_stay_whole(text: str) -> None:
    assert len(split_names(text)) <= 2
    assert not is_list_of_names(text)


def test_sentences_with_marks_stay_sentences() -> None:
    text = 'A man in a coat feeds two dogs; the horse is brown.'
    assert not is_list_of_names(text)
    assert build_prompt(text).phrases == ('A man', 'a coat', 'dogs', 'the horse')
    assert not is_list_of_names('A man stands next to\nthe hot dog stand.')


def test_names_of_a_tuple_are_never_split() -> None:
    names = ('St. Bernard', 'tv/monitor', 'cat | dog', 'a; b')
    assert build_prompt(names).phrases == names
