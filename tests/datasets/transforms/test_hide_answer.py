"""HideAnswer: the answer hidden, its boxes at [MASK]."""

import numpy as np
import pytest

from glipv2.datasets import HideAnswer, SampleDetectionPrompt
from glipv2.text.prompt import prompt_from_sentence
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts

TOKENIZER = load_tokenizer('bert-base-uncased')
TEXT = 'what is left of the dog? a red car it is'


def sample(answer: str | None = 'red car') -> dict:
    """Make "question answer" with boxes of the dog, the answer and what follows it."""
    spans = {}
    for label, phrase in enumerate(('the dog', 'a red car', 'it')):
        start = TEXT.index(phrase, 25 if phrase == 'it' else 0)
        spans[label] = dict(
            phrase=phrase, tokens_positive=[[start, start + len(phrase)]]
        )
    results = dict(
        img_path='a.jpg', text=TEXT, phrases=spans,
        gt_bboxes=np.ones((3, 4)), gt_bboxes_labels=np.arange(3),
    )  # fmt: skip
    if answer is not None:
        start = TEXT.index(answer)
        results['answer'] = (start, start + len(answer))
    return results


def test_boxes_of_the_answer_point_to_the_gap() -> None:
    found = HideAnswer(TOKENIZER).transform(sample())
    assert found['text'] == 'what is left of the dog? a [MASK] it is'
    shown = [
        [found['text'][start:end] for start, end in phrase['tokens_positive']]
        for phrase in found['phrases'].values()
    ]
    assert shown == [['the dog'], ['[MASK]'], ['it']]
    assert 'answer' not in found


def test_the_gap_is_one_token_of_its_phrase() -> None:
    found = HideAnswer(TOKENIZER).transform(sample())
    found = SampleDetectionPrompt(TOKENIZER).transform(found)
    prompt = prompt_from_sentence(found['text'], found['tokens_positive'])
    ids, _, spans = tokenize_prompts([prompt], TOKENIZER, 64)
    assert ids[0, spans[0][1]].tolist() == [TOKENIZER.mask_token_id]


def test_samples_without_an_answer_pass_through() -> None:
    plain = sample(None)
    assert HideAnswer(TOKENIZER).transform(dict(plain)) == plain
    kept = HideAnswer(TOKENIZER, prob=0.0).transform(sample())
    assert kept['text'] == TEXT
    assert 'answer' not in kept


def test_an_answer_outside_the_text_is_named() -> None:
    with pytest.raises(ValueError, match=r'a.jpg: the answer has the span \[30, 99\]'):
        HideAnswer(TOKENIZER).transform(dict(sample(), answer=(30, 99)))
