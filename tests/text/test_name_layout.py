"""Names in a prompt: cleaning, wording and places."""

import pytest

from glipv2.text.name_layout import clean_name, lay_out_names


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('dog', 'dog'),
        ('Hot_Dog', 'hot dog'),
        ('bow_(weapon)', 'bow'),
        ('bow_(decorative_ribbons)', 'bow'),
        ('a (b) c (d) e', 'a c e'),
        ('nested (a (b) c) end', 'nested end'),
        ('  two   spaces\t', 'two spaces'),
        ('(gem)', 'gem'),
        ('(a (b))', 'a b'),
        ('open ( bracket', 'open ( bracket'),
        ('T-shirt', 't-shirt'),
        ('ÉCLAIR', 'éclair'),
        ('日本', '日本'),
        ('a.b*c[d]', 'a.b*c[d]'),
        ('_()_', ''),
    ],
)
def test_clean_name(name: str, words: str) -> None:
    assert clean_name(name) == words


def test_each_name_stands_where_the_layout_says() -> None:
    names = ['car', 'cart', 'dog', 'hot dog', 'dog', 'bow_(weapon)', 'st. bernard']
    layout = lay_out_names(names)
    assert layout.text == 'car. cart. dog. hot dog. dog. bow. st. bernard'
    assert [layout.text[a:b] for a, b in layout.names] == [
        clean_name(name) for name in names
    ]
    assert layout.pieces == layout.names


def test_wording_is_found_by_either_spelling() -> None:
    wording = {
        'Sea_Puffin': {'prefix': 'a ', 'suffix': ' with orange beaks'},
        'stingray': {'name': 'flat ray'},
    }
    layout = lay_out_names(['Sea_Puffin', 'Stingray', 'fish'], wording)
    assert layout.text == 'a sea puffin with orange beaks. flat ray. fish'
    texts = [layout.text[a:b] for a, b in layout.names]
    assert texts == ['sea puffin', 'flat ray', 'fish']
    pieces = [layout.text[a:b] for a, b in layout.pieces]
    assert pieces == ['a sea puffin with orange beaks', 'flat ray', 'fish']


def test_the_users_spelling_wins_over_the_cleaned_one() -> None:
    wording = {'Dog': {'name': 'first'}, 'dog': {'name': 'second'}}
    assert lay_out_names(['dog', 'Dog'], wording).text == 'second. first'


def test_bad_names_are_named() -> None:
    with pytest.raises(ValueError, match='list of class names is empty'):
        lay_out_names([])
    with pytest.raises(ValueError, match=r"class name 1 is empty: '\(\)'"):
        lay_out_names(['dog', '()'])
    with pytest.raises(TypeError, match='class name 2 must be a string'):
        lay_out_names(['dog', 'cat', 3])
    with pytest.raises(TypeError, match="the string 'dog'"):
        lay_out_names('dog')


def test_bad_wording_is_named() -> None:
    with pytest.raises(ValueError, match=r"'dog' has unknown keys \['postfix'\]"):
        lay_out_names(['dog'], {'dog': {'postfix': 'x'}})
    with pytest.raises(ValueError, match=r"class name 0 .* an empty 'name'"):
        lay_out_names(['dog'], {'dog': {'name': ' '}})
