"""Texts are cut and tokenized once, and always as without a memory."""

import pytest
import torch
from mmdet.structures import DetDataSample

from glipv2.models.branches.answering import encode_questions
from glipv2.models.branches.captioning import encode_captions
from glipv2.text import prompt_reader
from glipv2.text.cutting import Cutting
from glipv2.text.prompt import Prompt, prompt_from_names
from glipv2.text.prompt_reader import PromptReader
from glipv2.text.sample_text import split_into_parts
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts
from tests.task_samples import caption_sample, task_model, vqa_sample
from tests.tiny import TEXT_SOURCE, sample_of

TOKENIZER = load_tokenizer(TEXT_SOURCE)
NAMES = tuple(f'thing number {index}' for index in range(60))
CUTTINGS = (
    Cutting(), Cutting(2), Cutting(words_alone=3), Cutting(2, ('Detect: ', '. ')),
)  # fmt: skip
WORDING = {NAMES[3]: dict(prefix='a ', suffix=' with a very long description')}


class Counted:
    """A tokenizer that counts the texts that it reads."""

    def __init__(self) -> None:
        self.texts = 0

    def __call__(self, texts: str | list[str], **options: object) -> dict:
        self.texts += 1 if isinstance(texts, str) else len(texts)
        return TOKENIZER(texts, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(TOKENIZER, name)


@pytest.mark.parametrize(
    'sample',
    [
        sample_of(NAMES),
        sample_of(list(NAMES)),
        sample_of(' . '.join(NAMES)),
        sample_of('dog. cat', custom_entities=True),
        sample_of('a dog and a cat'),
    ],
)
def test_the_second_image_of_a_data_set_is_not_tokenized(
    sample: DetDataSample,
) -> None:
    tokenizer = Counted()
    reader = PromptReader(tokenizer, 64)
    expected = split_into_parts(sample, TOKENIZER, 64, Cutting(7))
    for known in (False, True):
        before = tokenizer.texts
        parts = reader.split(sample.clone(), Cutting(7))
        assert parts == expected
        ids, mask, spans = reader.tokenize([part.prompt for part in parts])
        assert (tokenizer.texts == before) is known
    plain = tokenize_prompts([part.prompt for part in expected], TOKENIZER, 64)
    assert torch.equal(ids, plain[0])
    assert torch.equal(mask, plain[1])
    assert all(torch.equal(x, y) for x, y in zip(spans, plain[2], strict=True))


def test_whatever_changes_the_prompts_is_told_apart() -> None:
    reader = PromptReader(TOKENIZER, 64)
    samples = [
        sample_of(NAMES),
        sample_of(NAMES[::-1]),
        sample_of(NAMES, caption_prompt=WORDING),
        sample_of(NAMES, caption_prompt={NAMES[3]: dict(prefix='two ')}),
        sample_of('a dog. a cat'),
        sample_of('a dog. a cat', custom_entities=True),
        sample_of('a dog. a cat', tokens_positive=[[[2, 5]]]),
        sample_of('a dog. a cat', tokens_positive=[[[0, 5]], [[7, 12]]]),
    ]
    for _ in range(2):
        for sample in samples:
            for cutting in CUTTINGS:
                expected = split_into_parts(sample, TOKENIZER, 64, cutting)
                assert reader.split(sample, cutting) == expected


def test_an_unusable_text_is_named_for_each_image() -> None:
    reader = PromptReader(TOKENIZER, 64)
    for path in ('a.jpg', 'b.jpg'):
        for text in (('dog', ''), ('dog', 3), None, 7):
            sample = sample_of(text)
            sample.set_metainfo(dict(img_path=path))
            with pytest.raises(ValueError, match=f'image {path}'):
                reader.split(sample)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_reader, 'KEPT_PROMPTS', 3)
    tokenizer = Counted()
    reader = PromptReader(tokenizer, 64)
    prompts = [prompt_from_names([name]) for name in NAMES[:5]]
    _, mask, _ = reader.tokenize(prompts)  # more than are kept
    assert mask.sum(1).tolist() == [5] * 5
    reader.tokenize(prompts[2:])
    assert tokenizer.texts == 5
    reader.tokenize(prompts[:1])
    assert tokenizer.texts == 6


def test_questions_and_captions_are_tokenized_once() -> None:
    model = task_model()
    encoder = model.text_encoder
    encoder.reader.tokenizer = tokenizer = Counted()
    encoder.tokenizer = tokenizer
    questions = [vqa_sample(text=text) for text in ('is it red?', 'how many dogs?')]
    encode_questions(encoder, questions)
    assert tokenizer.texts == 2
    encode_captions(encoder, [caption_sample()])
    assert tokenizer.texts == 3


def test_a_long_text_is_found_behind_known_ones() -> None:
    reader = PromptReader(TOKENIZER, 8)
    short = Prompt('a dog', (), ())
    reader.tokenize([short])
    with pytest.raises(ValueError, match='max_tokens is 8') as error:
        reader.tokenize([short, short, Prompt('a dog ' * 9, (), ())])
    assert (error.value.row, error.value.tokens) == (2, 20)
