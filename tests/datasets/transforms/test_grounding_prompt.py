"""Captions with marked phrases: checks and the token limit."""

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from glipv2.datasets.transforms.grounding_prompt import fit_grounding_sample
from glipv2.text.prompt import build_prompt
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts

CAPTION = 'a dog sees a woodpecker, then one unaffable cat'
SPANS = {0: [[0, 5]], 1: [[11, 23]], 2: [[34, 47], [30, 33]], 4: [[2, 5], [44, 47]]}


@pytest.fixture(scope='module')
def tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer('bert-base-uncased')


def make_sample(labels: list[int], spans: dict = SPANS) -> dict:
    return {
        'img_path': 'some.jpg',
        'text': CAPTION,
        'phrases': {
            label: {'phrase': 'x', 'tokens_positive': own}
            for label, own in spans.items()
        },
        'gt_bboxes': np.arange(4.0 * len(labels)).reshape(-1, 4),
        'gt_bboxes_labels': np.array(labels, dtype=np.int64),
    }


def test_caption_that_fits(tokenizer: PreTrainedTokenizerFast) -> None:
    results = make_sample([2, 0, 4])
    assert fit_grounding_sample(results, tokenizer, 256) == 0
    assert results['text'] == CAPTION
    assert results['gt_bboxes_labels'].tolist() == [2, 0, 4]
    assert set(results['tokens_positive']) == {0, 2, 4}
    prompt = build_prompt(CAPTION, False, results['tokens_positive'])
    assert prompt.phrases == ('a dog', '', 'unaffable cat / one', '', 'dog / cat')


@pytest.mark.parametrize('max_tokens', range(4, 20))
def test_long_caption_is_cut_with_its_boxes(
    tokenizer: PreTrainedTokenizerFast, max_tokens: int
) -> None:
    labels = [2, 0, 1, 4, 2]
    results = make_sample(labels)
    dropped = fit_grounding_sample(results, tokenizer, max_tokens)
    text = results['text']
    assert CAPTION.startswith(text)
    assert text.split() == CAPTION.split()[: len(text.split())]
    prompt = build_prompt(text, False, results['tokens_positive'])
    ids, _, (matrix,) = tokenize_prompts([prompt], tokenizer, max_tokens)
    # One more word would have been too much.
    more = ' '.join(CAPTION.split()[: len(text.split()) + 1])
    assert text == CAPTION or len(tokenizer(more + '.')['input_ids']) > max_tokens
    expected = [
        index
        for index, label in enumerate(labels)
        if any(end <= len(text) for _, end in SPANS[label])
    ]
    assert results['gt_bboxes'][:, 0].tolist() == [4.0 * index for index in expected]
    assert results['gt_bboxes_labels'].tolist() == [labels[i] for i in expected]
    assert dropped == len(labels) - len(expected)
    for label in results['gt_bboxes_labels'].tolist():
        assert matrix[label].any()
    assert ids.shape[1] <= max_tokens


def test_bad_captions_are_named(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match=r'some.jpg: label 3 has no phrase'):
        fit_grounding_sample(make_sample([3]), tokenizer, 256)
    outside = make_sample([0], {0: [[40, 48]]})
    with pytest.raises(ValueError, match=r'some.jpg: phrase 0 .* \[40, 48\]'):
        fit_grounding_sample(outside, tokenizer, 256)
    with pytest.raises(ValueError, match=r'some.jpg: not one word .* 3 tokens'):
        fit_grounding_sample(make_sample([0]), tokenizer, 3)
