"""Which regions and words the pre-training losses see."""

import torch
from mmdet.structures import DetDataSample

from glipv2.models.contrastive_loss import NO_CATEGORY_WORD, category_number
from glipv2.models.grounding_head import NO_BOX, Assignment
from glipv2.models.prompt_tokens import tokenize_prompts
from glipv2.models.region_words import regions_of, word_categories_of, words_by_kind
from glipv2.models.sample_prompts import is_class_list, positive_map_of, prompt_of
from glipv2.models.text_source import load_tokenizer
from tests.tiny import TEXT_SOURCE, sample_of

TOKENIZER = load_tokenizer(TEXT_SOURCE)
BOXES = [[0, 0, 9, 9], [5, 5, 30, 30]]
# [CLS] hot dog . cat [SEP], and [CLS] a dog and a cat . [SEP]
NAMES = sample_of(('hot dog', 'cat'), BOXES, [1, 1])
SENTENCE = sample_of(
    'a dog and a cat', BOXES, [1, 0], tokens_positive=[[[2, 5]], [[12, 15]]]
)


def read(samples: list[DetDataSample]) -> tuple:
    """Make prompts, the real tokens, spans and positive maps."""
    prompts = [prompt_of(sample) for sample in samples]
    _, mask, spans = tokenize_prompts(prompts, TOKENIZER, 64)
    maps = [positive_map_of(*each) for each in zip(samples, prompts, spans)]
    return prompts, mask, spans, maps


def test_class_lists_are_told_from_sentences() -> None:
    expected = {
        ('dog', 'cat'): True,
        'dog . cat': True,
        'a dog and a cat': False,
    }
    for text, answer in expected.items():
        sample = sample_of(text)
        assert is_class_list(sample, prompt_of(sample)) is answer
    assert not is_class_list(SENTENCE, prompt_of(SENTENCE))


def test_words_of_a_class_list_have_their_categories_and_those_of_sentences_none() -> (
    None
):
    samples = [NAMES, SENTENCE]
    prompts, _, spans, _ = read(samples)
    found = word_categories_of(samples, prompts, spans)
    no, hot_dog, cat = NO_CATEGORY_WORD, *map(category_number, ('hot dog', 'cat'))
    assert found[0].tolist()[:6] == [no, hot_dog, hot_dog, no, cat, no]
    assert (found[1] == no).all()


def test_only_names_with_a_box_and_whole_sentences_may_be_hidden() -> None:
    samples = [NAMES, SENTENCE]
    prompts, mask, _, maps = read(samples)
    names, captions = words_by_kind(samples, prompts, maps, mask)
    assert names[0].nonzero().flatten().tolist() == [4]
    assert not names[1].any()
    assert not captions[0].any()
    torch.testing.assert_close(captions[1], mask[1])


def test_regions_are_the_locations_with_a_box_of_all_boxes() -> None:
    samples = [NAMES, SENTENCE]
    prompts, _, _, maps = read(samples)
    pyramid = [torch.randn(2, 3, 2, 2), torch.randn(2, 3, 1, 1)]
    owner = torch.tensor([[NO_BOX, 0, 1, NO_BOX, 0], [NO_BOX, NO_BOX, 1, 1, NO_BOX]])
    nothing = torch.zeros(2, 5, 4)
    assignment = Assignment(nothing, owner, torch.ones(2, 5), nothing, 5)
    first, second = regions_of(pyramid, assignment, samples, prompts, maps)
    expected = [pyramid[0][0, :, 0, 1], pyramid[0][0, :, 1, 0], pyramid[1][0, :, 0, 0]]
    torch.testing.assert_close(first.features, torch.stack(expected))
    assert first.categories.tolist() == [category_number('cat')] * 3
    torch.testing.assert_close(first.words, maps[0][[0, 1, 0]])
    assert second.categories.tolist() == [-1, -1]
    torch.testing.assert_close(second.words, maps[1][[1, 1]])
