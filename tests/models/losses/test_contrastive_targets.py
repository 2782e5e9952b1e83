"""Which regions and words the pre-training losses use."""

import torch
from mmdet.structures import DetDataSample

from glipv2.models.losses.contrastive_targets import (
    category_number,
    regions_of,
    text_kinds_of,
    word_categories_of,
    words_by_kind,
)
from glipv2.structures.assignment import NO_BOX, Assignment
from glipv2.structures.regions import NO_CATEGORY_WORD
from glipv2.text.box_phrases import box_phrases_of
from glipv2.text.sample_text import prompt_of
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts
from tests.tiny import TEXT_SOURCE, sample_of

TOKENIZER = load_tokenizer(TEXT_SOURCE)
BOXES = [[0, 0, 9, 9], [5, 5, 30, 30]]
# [CLS] hot dog . cat [SEP], and [CLS] a dog and a cat . [SEP]
NAMES = sample_of(('hot dog', 'cat'), BOXES, [1, 1])
SENTENCE = sample_of(
    'a dog and a cat', BOXES, [1, 0], tokens_positive=[[[2, 5]], [[12, 15]]]
)


def read(samples: list[DetDataSample]) -> tuple:
    """Find the kinds of texts, their boxes' phrases, real tokens and spans."""
    prompts = [prompt_of(sample) for sample in samples]
    _, mask, spans = tokenize_prompts(prompts, TOKENIZER, 64)
    kinds = text_kinds_of(prompts, torch.device('cpu'))
    return kinds, box_phrases_of(samples, spans), mask, spans


def test_words_of_a_class_list_have_their_categories_and_those_of_sentences_none() -> (
    None
):
    kinds, _, _, spans = read([NAMES, SENTENCE])
    found = word_categories_of(kinds, spans)
    no, hot_dog, cat = NO_CATEGORY_WORD, *map(category_number, ('hot dog', 'cat'))
    assert found[0].tolist()[:6] == [no, hot_dog, hot_dog, no, cat, no]
    assert (found[1] == no).all()


def test_only_names_with_a_box_and_whole_sentences_may_be_masked() -> None:
    kinds, boxes, mask, _ = read([NAMES, SENTENCE])
    names, captions = words_by_kind(boxes, kinds, mask)
    assert names[0].nonzero().flatten().tolist() == [4]
    assert not names[1].any()
    assert not captions[0].any()
    torch.testing.assert_close(captions[1], mask[1])


def test_regions_are_the_locations_with_a_box_of_all_boxes() -> None:
    kinds, boxes, _, spans = read([NAMES, SENTENCE])
    pyramid = [torch.randn(2, 3, 2, 2), torch.randn(2, 3, 1, 1)]
    owner = torch.tensor([[NO_BOX, 0, 1, NO_BOX, 0], [NO_BOX, NO_BOX, 1, 1, NO_BOX]])
    nothing = torch.zeros(2, 5, 4)
    assignment = Assignment(nothing, owner, torch.ones(2, 5), nothing)
    found = regions_of(pyramid, assignment, boxes, kinds)
    assert found.image.tolist() == [0, 0, 0, 1, 1]
    expected = [
        pyramid[0][0, :, 0, 1], pyramid[0][0, :, 1, 0], pyramid[1][0, :, 0, 0],
        pyramid[0][1, :, 1, 0], pyramid[0][1, :, 1, 1],
    ]  # fmt: skip
    torch.testing.assert_close(found.features, torch.stack(expected))
    assert found.categories.tolist() == [category_number('cat')] * 3 + [-1, -1]
    cat, a_dog = spans[0][1], spans[1][0]  # SENTENCE's second box has label 0
    torch.testing.assert_close(found.words, torch.stack([cat] * 3 + [a_dog] * 2))


def test_images_with_fewer_boxes_and_phrases_are_not_mixed_up() -> None:
    """Against a look-up image by image, box by box."""
    one = sample_of(('tree',), BOXES[:1], [0])
    none = sample_of(('tree', 'dog', 'car'))
    samples = [none, NAMES, one, SENTENCE]
    kinds, boxes, _, spans = read(samples)
    assert kinds.is_class_list.tolist() == [True, True, True, False]
    assert kinds.categories.shape == (4, 3)
    for image, sample in enumerate(samples):
        labels = sample.gt_instances.labels.tolist()
        missing = boxes.words.shape[1] - len(labels)
        assert boxes.labels[image].tolist() == labels + [-1] * missing
        for box, label in enumerate(labels):
            torch.testing.assert_close(boxes.words[image, box], spans[image][label])
        assert not boxes.words[image, len(labels) :].any()


def test_no_box_in_the_whole_batch() -> None:
    kinds, boxes, mask, _ = read([sample_of(('tree',)), sample_of(('dog', 'cat'))])
    assert boxes.words.shape == (2, 0, mask.shape[1])
    assert not torch.stack(words_by_kind(boxes, kinds, mask)).any()
