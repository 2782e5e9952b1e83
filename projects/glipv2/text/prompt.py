"""Prompts made of names or sentences, with the position of each phrase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

from .name_layout import NO_FRAME, SEPARATOR, Frame, lay_out_names
from .name_lists import is_list_of_names, split_names
from .noun_phrases import find_noun_phrases

Spans = tuple[tuple[int, int], ...]
CaptionPrompt = Mapping[str, Mapping[str, str]]
TokensPositive = int | Sequence | Mapping

WHOLE_SENTENCE = -1


@dataclass(frozen=True)
class Prompt:
    """A text for the model, and its phrases to find in the image.

    Args:
        text: Input of the text encoder.
        phrases: The phrases as the user wrote them; a phrase's index is its label.
        tokens_positive: The spans of each phrase, characters [start, end) of
            ``text``; none for a label without a phrase.
        is_class_list: Whether the text is a list of names, not a sentence.
        pieces: Of a list, characters [start, end) of each name with what is said of
            it.
    """

    text: str
    phrases: tuple[str, ...]
    tokens_positive: tuple[Spans, ...]
    is_class_list: bool = False
    pieces: tuple[tuple[int, int], ...] = ()

    @property
    def texts_alone(self) -> tuple[str, ...]:
        """The text of each phrase, with what is said of it, without the others."""
        if self.pieces:
            return tuple(self.text[start:end] for start, end in self.pieces)
        return tuple(
            ' '.join(self.text[start:end] for start, end in spans)
            for spans in self.tokens_positive
        )


def build_prompt(
    text: str | Sequence[str],
    custom_entities: bool = False,
    tokens_positive: TokensPositive | None = None,
    caption_prompt: CaptionPrompt | None = None,
) -> Prompt:
    """Make a prompt of a data sample's text keys, as mmdet's GLIP does.

    Args:
        text: A list or tuple of names, names in one string, or a sentence. A string
            is a list of names with ``custom_entities``, or by
            :func:`~.name_lists.is_list_of_names` (``'red apple . dog face .'``).
        custom_entities: Whether a string is a list of names
            (:func:`~.name_lists.split_names`). A name that contains a full stop and a
            space needs a list.
        tokens_positive: As in :func:`prompt_from_sentence`.
        caption_prompt: As in :func:`lay_out_names`.

    Returns:
        The prompt.

    Raises:
        ValueError: If there is no text or no name, a name is empty, or a span lies
            outside the sentence.
        TypeError: If the text is neither a string nor a list of strings.
    """
    if isinstance(text, (list, tuple)):
        if tokens_positive is not None:
            raise ValueError(
                'tokens_positive gives places in a sentence, but the text is a list '
                f'of {len(text)} names; pass one of the two'
            )
        return prompt_from_names(text, caption_prompt)
    text = _checked_text(text)
    if tokens_positive is not None:
        return prompt_from_sentence(text, tokens_positive)
    if custom_entities or is_list_of_names(text):
        names = split_names(text)
        if not names:
            raise ValueError(f'the text {text!r} holds no name')
        return prompt_from_names(names, caption_prompt)
    found = prompt_from_sentence(text)
    named = prompt_from_names(found.phrases, caption_prompt)
    # 'hot dog' alone is a name: it is nothing but a noun phrase.
    return replace(found, is_class_list=found.text == named.text)


def prompt_from_names(
    names: Sequence[str],
    caption_prompt: CaptionPrompt | None = None,
    separator: str = SEPARATOR,
    frame: Frame = NO_FRAME,
) -> Prompt:
    """Make the prompt ``'name. name. name'`` (GLIP section 3.1).

    Args:
        names: Class names. The text has them clean (:func:`clean_name`), the
            phrases as the user wrote them.
        caption_prompt: As in :func:`lay_out_names`; the span of a phrase leaves out
            prefix and suffix.
        separator: Text between two names.
        frame: Text before the first name and after the last.

    Returns:
        The prompt; each name is a phrase of one span.

    Raises:
        ValueError: If there is no name, or one is empty (names it).
        TypeError: If a name is not a string (names it).
    """
    layout = lay_out_names(names, caption_prompt, separator, frame)
    spans = tuple((span,) for span in layout.names)
    return Prompt(layout.text, tuple(names), spans, True, layout.pieces)


def prompt_from_sentence(
    sentence: str, tokens_positive: TokensPositive | None = None
) -> Prompt:
    """Make a prompt of a sentence whose phrases are given or found.

    Args:
        sentence: The sentence. If spans are given, it gets a full stop at its end
            where it has none, as in mmdet.
        tokens_positive: None: the noun phrases. -1: the sentence is one phrase. A
            list: the spans of each phrase, characters ``[start, end)``. A dict: the
            same by label; labels may be missing.

    Returns:
        The prompt. A phrase of several spans is written ``'first / second'``; a
        missing label has the phrase ``''`` and no span.

    Raises:
        ValueError: If the sentence is empty or has no noun phrase, or a span is
            empty, inverted or outside the sentence (names it).
        ImportError: If the packages that find noun phrases are missing.
    """
    _checked_text(sentence)
    if tokens_positive is None:
        text = sentence.strip('. ')
        found = [(span,) for span in find_noun_phrases(text)]
        if not found:
            raise ValueError(
                f"no noun phrase found in {sentence!r}; end each name with ' . ' or "
                'pass a tuple of names, or give tokens_positive (-1 for the whole '
                'sentence)'
            )
        return _phrases_at(text, found)
    text = sentence if sentence.endswith('.') else sentence + SEPARATOR
    if isinstance(tokens_positive, Integral):
        if tokens_positive != WHOLE_SENTENCE:
            raise ValueError(
                'tokens_positive must be a list or dict of spans, or -1 for the '
                f'whole sentence, but it is {tokens_positive}'
            )
        return Prompt(text, (sentence,), (((0, len(sentence)),),))
    if isinstance(tokens_positive, Mapping):
        by_label = {int(label): spans for label, spans in tokens_positive.items()}
    else:
        assert not isinstance(tokens_positive, int)  # an Integral, handled above
        by_label = dict(enumerate(tokens_positive))
    if any(label < 0 for label in by_label):
        raise ValueError(f'tokens_positive has a negative label: {sorted(by_label)}')
    return _phrases_at(
        text,
        [
            check_spans(sentence, by_label[label], label) if label in by_label else ()
            for label in range(max(by_label, default=-1) + 1)
        ],
    )


def check_spans(sentence: str, spans: Sequence, label: int | str) -> Spans:
    """Check the spans of one phrase of a sentence.

    Args:
        sentence: The sentence.
        spans: One or more ``[start, end)`` in characters of it.
        label: The phrase's label or name, for errors.

    Returns:
        The spans as tuples of integers.

    Raises:
        ValueError: If there is no span, or one is not a pair of integers, empty,
            inverted, outside the sentence, or covers only spaces.
    """
    try:
        pairs = tuple((start, end) for start, end in spans)
    except (TypeError, ValueError):
        pairs = ()
    if not pairs:
        raise ValueError(
            f'phrase {label} needs a list of one or more [start, end] spans, but '
            f'tokens_positive gives {spans!r}'
        )
    for start, end in pairs:
        is_pair = isinstance(start, Integral) and isinstance(end, Integral)
        if not is_pair or not 0 <= start < end <= len(sentence):
            raise ValueError(
                f'phrase {label} has the span [{start}, {end}], which is not inside '
                f'the {len(sentence)} characters of {sentence!r}'
            )
        if not sentence[start:end].strip():
            raise ValueError(
                f'phrase {label} has the span [{start}, {end}], which covers only '
                f'spaces of {sentence!r}'
            )
    return tuple((int(start), int(end)) for start, end in pairs)


def _phrases_at(text: str, spans: Sequence[Spans]) -> Prompt:
    phrases = tuple(
        ' / '.join(text[start:end] for start, end in phrase) for phrase in spans
    )
    return Prompt(text, phrases, tuple(spans))


def _checked_text(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(
            'the text must be a string or a list of names, but it is '
            f'{type(text).__name__}: {text!r}'
        )
    if not text.strip('. \t\n'):
        raise ValueError(f'the text is empty ({text!r}); give names or a sentence')
    return text
