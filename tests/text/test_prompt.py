"""Prompts from names, strings and sentences."""

import pytest

from glipv2.text.prompt import Prompt, build_prompt, prompt_from_sentence


def phrase_texts(prompt: Prompt) -> list[list[str]]:
    """Read what stands at every phrase's spans."""
    return [
        [prompt.text[start:end] for start, end in spans]
        for spans in prompt.tokens_positive
    ]


def test_phrases_keep_the_users_spelling_and_order() -> None:
    names = ('hot dog', 'Dog', 'DOG', 'bow_(weapon)', 'bow_(decorative_ribbons)')
    prompt = build_prompt(names)
    assert prompt.phrases == names
    assert prompt.text == 'hot dog. dog. dog. bow. bow'
    assert prompt.tokens_positive == (
        ((0, 7),),
        ((9, 12),),
        ((14, 17),),
        ((19, 22),),
        ((24, 27),),
    )


@pytest.mark.parametrize(
    ('text', 'phrases'),
    [
        ('red apple . dog face .', ('red apple', 'dog face')),
        ('red apple . dog face', ('red apple', 'dog face')),
        (' dog.cat . v1.2 . ', ('dog.cat', 'v1.2')),
    ],
)
def test_a_string_with_separators_holds_names(text: str, phrases: tuple) -> None:
    assert build_prompt(text).phrases == phrases
    assert build_prompt(text, custom_entities=True).phrases == phrases


def test_custom_entities_splits_where_mmdet_does() -> None:
    prompt = build_prompt('dog. hot dog. . T-shirt.', custom_entities=True)
    assert prompt.phrases == ('dog', 'hot dog', 'T-shirt')
    assert build_prompt('one name', custom_entities=True).phrases == ('one name',)


def test_a_sentence_is_not_split_into_names() -> None:
    prompt = build_prompt('A man rides a horse. The dog is asleep.')
    assert prompt.phrases == ('A man', 'a horse', 'The dog')
    assert phrase_texts(prompt) == [['A man'], ['a horse'], ['The dog']]


def test_caption_prompt_marks_the_name_only() -> None:
    wording = {'puffin': {'prefix': 'a ', 'suffix': ' with orange beaks'}}
    prompt = build_prompt(['fish', 'puffin'], caption_prompt=wording)
    assert prompt.text == 'fish. a puffin with orange beaks'
    assert prompt.phrases == ('fish', 'puffin')
    assert phrase_texts(prompt) == [['fish'], ['puffin']]


def test_given_spans_repeated_words() -> None:
    sentence = 'a dog next to a dog.'
    prompt = build_prompt(sentence, tokens_positive=[[[14, 19]], [[0, 1], [2, 5]]])
    assert prompt.text == sentence
    assert prompt.phrases == ('a dog', 'a / dog')
    assert prompt.tokens_positive == (((14, 19),), ((0, 1), (2, 5)))


def test_spans_by_label_leave_missing_labels_empty() -> None:
    prompt = build_prompt('cat. dog', tokens_positive={3: [[5, 8]], 1: [(0, 3)]})
    assert prompt.text == 'cat. dog. '
    assert prompt.phrases == ('', 'cat', '', 'dog')
    assert prompt.tokens_positive == ((), ((0, 3),), (), ((5, 8),))
    assert build_prompt('cat', tokens_positive={}).phrases == ()


def test_whole_sentence() -> None:
    prompt = build_prompt('the leftmost dog', tokens_positive=-1)
    assert prompt.phrases == ('the leftmost dog',)
    assert prompt.text == 'the leftmost dog. '
    assert prompt.tokens_positive == (((0, 16),),)


def test_class_lists_are_told_from_sentences() -> None:
    expected = {('dog', 'cat'): True, 'dog . cat': True, 'dog': True}
    expected |= {'a dog and a cat': False, 'A man rides a horse': False}
    for text, answer in expected.items():
        assert build_prompt(text).is_class_list is answer
    assert build_prompt('a dog', custom_entities=True).is_class_list
    assert not build_prompt('dog', tokens_positive=-1).is_class_list


@pytest.mark.parametrize(
    ('spans', 'message'),
    [
        ([[[0, 3]], [[4, 99]]], r'phrase 1 has the span \[4, 99\]'),
        ([[[3, 3]]], r'phrase 0 has the span \[3, 3\]'),
        ([[[5, 2]]], r'phrase 0 has the span \[5, 2\]'),
        ([[[-1, 2]]], r'phrase 0 has the span \[-1, 2\]'),
        ([[[0.0, 2]]], r'phrase 0 has the span \[0.0, 2\]'),
        ([[[3, 4]]], 'covers only spaces'),
        ([[]], 'phrase 0 needs a list'),
        ([[0, 3]], 'phrase 0 needs a list'),
        ({2: [[0, 99]]}, 'phrase 2'),
        ({-1: [[0, 3]]}, 'negative label'),
        (-2, '-1 for the whole sentence'),
    ],
)
def test_bad_spans_are_named(spans: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prompt_from_sentence('the dog', spans)


@pytest.mark.parametrize('text', ['', '  ', ' . ', []])
def test_empty_text(text: object) -> None:
    for custom_entities in (False, True):
        with pytest.raises(ValueError, match='empty'):
            build_prompt(text, custom_entities)


def test_wrong_kinds_of_text() -> None:
    with pytest.raises(TypeError, match='NoneType'):
        build_prompt(None)
    with pytest.raises(ValueError, match='class name 1 is empty'):
        build_prompt(['dog', ' '])
    with pytest.raises(ValueError, match='a list of 2 names'):
        build_prompt(['dog', 'cat'], tokens_positive=[[[0, 1]]])
    with pytest.raises(ValueError, match='no noun phrase'):
        build_prompt('of and the')
