"""Names of which the tokenizer knows nothing."""

import pytest

from glipv2.text.prompt import prompt_from_names
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts
from glipv2.text.unknown_words import refuse_unknown, unknown_phrases

TOKENIZER = load_tokenizer('bert-base-uncased')


def test_only_wholly_unknown_names_count() -> None:
    names = ['dog', '🐶', 'red 🍎', '🔑🎺', '', 'ⴰⴱ', 'Straße']
    assert unknown_phrases(names, TOKENIZER) == ['🐶', '🔑🎺', 'ⴰⴱ']
    with pytest.raises(ValueError, match="cannot read '🐶', '🔑🎺', 'ⴰⴱ'"):
        refuse_unknown(names, TOKENIZER)
    refuse_unknown(['dog', 'red 🍎'], TOKENIZER)


def test_data_with_unknown_names_warns_and_goes_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    prompts = [prompt_from_names(('dog', '🎷'))] * 2
    _, _, spans = tokenize_prompts(prompts, TOKENIZER, 32)
    assert all(matrix.any(1).all() for matrix in spans)
    captured = capfd.readouterr()
    said = captured.out + captured.err
    assert said.count("cannot read '🎷'") <= 1
