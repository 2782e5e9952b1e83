"""Noun phrases of a sentence, found without any download."""

import pickle
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..later import imported_later
from .place_words import names_no_thing, skip_amount

if TYPE_CHECKING:
    from nltk import RegexpParser, Tree
    from nltk.tag.perceptron import PerceptronTagger

GRAMMAR = 'NP: {<DT>?<JJ.*>*<NN.*>+}'
WEIGHTS_FILE = 'trontagger-0.1.0.pickle'
PACKAGES = (('nltk', 'nltk'), ('textblob-aptagger', 'textblob_aptagger'))
INSTALL_LINE = 'pip install nltk && pip install --no-deps textblob-aptagger'

# NLTK's word tokenizer takes one sentence at a time: it splits off only the last full
# stop. What a semicolon parts is tagged alone, too: 'people; astronaut' is no sentence.
_SENTENCE = re.compile(r'\S.*?(?:[.!?]+(?=\s|$)|[;；。|]|$)', re.DOTALL)
_QUOTES = ('"', '``', "''")


class PlainDataUnpickler(pickle.Unpickler):
    """An unpickler for plain containers; it refuses whatever would run code."""

    def find_class(self, module: str, name: str) -> type:
        # Protocols before 4 write a set as a call of the type.
        if (module, name) in (('__builtin__', 'set'), ('builtins', 'set')):
            return set
        raise pickle.UnpicklingError(
            f'the file names {module}.{name}, but only plain data is read from it'
        )


def find_noun_phrases(sentence: str) -> list[tuple[int, int]]:
    """Find the noun phrases of a sentence with GLIP's grammar.

    Nouns that name no thing, and words for amounts, are left out
    (:mod:`~.place_words`).
    Words are tagged by an averaged perceptron whose weights come with the package
    textblob-aptagger; nothing is downloaded.

    Args:
        sentence: One or more sentences.

    Returns:
        Characters [start, end) of each noun phrase, in order, without punctuation at
        its ends.

    Raises:
        ImportError: If nltk or textblob-aptagger is not installed.
    """
    tagger, chunker = _load_tagger(), _load_chunker()
    phrases = []
    for part in _SENTENCE.finditer(sentence):
        words, spans = split_words(part.group())
        words = [word.lower() for word in words]
        tags = [tag for _, tag in tagger.tag(words)]
        # The chunker reads only the tags; indices replace the words.
        tree = chunker.parse(list(enumerate(tags)))
        for phrase in _noun_phrase_words(tree):
            if names_no_thing(words, phrase[0], phrase[-1] + 1):
                continue
            first = skip_amount(words, phrase[0], phrase[-1] + 1)
            start, end = _trim(
                sentence,
                part.start() + spans[first][0],
                part.start() + spans[phrase[-1]][1],
            )
            if start < end:
                phrases.append((start, end))
    return phrases


def split_words(sentence: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Split a sentence into words and punctuation marks by the Treebank rules.

    Args:
        sentence: One sentence.

    Returns:
        The words, with an opening double quote as ``" `` "`` and a closing one as
        ``"''"``, and the characters [start, end) of each.

    Raises:
        ImportError: If nltk is not installed.
    """
    _import_nltk()
    from nltk.tokenize import NLTKWordTokenizer

    words = NLTKWordTokenizer().tokenize(sentence)
    spans = []
    position = 0
    for word in words:
        # The tokenizer only inserts spaces and rewrites double quotes.
        forms = _QUOTES if word in _QUOTES else (word,)
        while sentence[position].isspace():
            position += 1
        form = next(form for form in forms if sentence.startswith(form, position))
        spans.append((position, position + len(form)))
        position += len(form)
    return words, spans


def load_plain_pickle(file: BinaryIO) -> Any:
    """Read a pickle of plain lists, dicts, sets, strings and numbers.

    Args:
        file: The open file; Python 2's strings are read as Latin-1.

    Returns:
        Its content.

    Raises:
        pickle.UnpicklingError: If the file names any other class or function.
    """
    return PlainDataUnpickler(file, encoding='latin1').load()


def _noun_phrase_words(tree: 'Tree') -> Iterator[list[int]]:
    for subtree in tree.subtrees(lambda node: node.label() == 'NP'):
        yield [index for index, _ in subtree.leaves()]


def _trim(sentence: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not sentence[start].isalnum():
        start += 1
    while start < end and not sentence[end - 1].isalnum():
        end -= 1
    return start, end


def missing_packages() -> list[str]:
    """List the packages that finding noun phrases needs and that are not installed."""
    return [package for package, module in PACKAGES if find_spec(module) is None]


def _import_nltk() -> None:
    """Import nltk without what its classifiers and its parser's trainer need."""
    if missing := missing_packages():
        raise ImportError(
            f'finding noun phrases needs {" and ".join(missing)}: {INSTALL_LINE} '
            '(or pass the names as a tuple, or give tokens_positive)'
        )
    if 'nltk' not in sys.modules:
        with imported_later():
            import nltk  # noqa: F401


@lru_cache(maxsize=1)
def _load_tagger() -> 'PerceptronTagger':
    _import_nltk()
    from nltk.tag.perceptron import PerceptronTagger

    # The package itself is not imported: it needs textblob and is of 2013.
    spec: Any = find_spec('textblob_aptagger')
    folder = Path(spec.submodule_search_locations[0])
    with open(folder / WEIGHTS_FILE, 'rb') as file:
        weights, tagdict, classes = load_plain_pickle(file)
    tagger = PerceptronTagger(load=False)
    tagger.model.weights = weights
    tagger.model.classes = set(classes)
    tagger.tagdict = tagdict
    tagger.classes = tagger.model.classes
    return tagger


@lru_cache(maxsize=1)
def _load_chunker() -> 'RegexpParser':
    _import_nltk()
    from nltk import RegexpParser

    return RegexpParser(GRAMMAR)
