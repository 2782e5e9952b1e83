"""Sampled class lists: what is kept, how many are added, what labels become."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmdet.datasets import ODVGDataset
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks, PolygonMasks
from transformers import PreTrainedTokenizerFast

from glipv2.datasets import SampleDetectionPrompt
from glipv2.text.name_layout import clean_name
from glipv2.text.prompt import build_prompt
from glipv2.text.sources import load_tokenizer
from glipv2.text.tokens import tokenize_prompts


@pytest.fixture(scope='module')
def tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer('bert-base-uncased')


@pytest.fixture(autouse=True)
def seed() -> None:
    np.random.seed(0)


def make_sample(text: object, labels: list[int], **more: object) -> dict:
    """A loaded sample whose box i is [i, 0, i + 1, 1]."""
    corners = np.arange(len(labels), dtype=np.float32)
    boxes = np.stack([corners, corners * 0, corners + 1, corners * 0 + 1], axis=1)
    return {
        'img_path': 'some.jpg',
        'text': text,
        'gt_bboxes': HorizontalBoxes(boxes),
        'gt_bboxes_labels': np.array(labels, dtype=np.int64),
        'gt_ignore_flags': np.zeros(len(labels), dtype=bool),
        **more,
    }


def names_of_boxes(results: dict) -> dict[int, str]:
    """Read every remaining box's name; the box tells which one it was."""
    first = results['gt_bboxes'].tensor[:, 0].int().tolist()
    labels = results['gt_bboxes_labels'].tolist()
    return {
        box: results['text'][label] for box, label in zip(first, labels, strict=True)
    }


@pytest.mark.parametrize('max_tokens', [30, 256])
@pytest.mark.parametrize('as_dict', [False, True])
def test_labels_keep_their_names(
    tokenizer: PreTrainedTokenizerFast, max_tokens: int, as_dict: bool
) -> None:
    stems = ['dog', 'Hot_Dog', 'car', 'cart', 'st. bernard', 'Bow_(x)', 'crème', 'A+B']
    names = [f'{stem} {index // 8}' for index, stem in enumerate(stems * 25)]
    text = {str(i): name for i, name in enumerate(names)} if as_dict else tuple(names)
    transform = SampleDetectionPrompt(tokenizer, max_tokens)
    total_dropped = 0
    for _ in range(500):
        labels = np.random.randint(0, 200, np.random.randint(0, 20)).tolist()
        results = transform(make_sample(text, labels))
        by_box = names_of_boxes(results)
        assert all(names[labels[box]] == name for box, name in by_box.items())
        assert len(labels) - len(by_box) == results['num_dropped_boxes']
        # A class whose boxes went is not in the prompt: its objects are no negatives.
        lost = {names[label] for i, label in enumerate(labels) if i not in by_box}
        assert not lost & set(results['text'])
        assert len(set(results['text'])) == len(results['text']) <= 85
        tokenize_prompts([build_prompt(results['text'])], tokenizer, max_tokens)
        total_dropped += results['num_dropped_boxes']
    assert transform.num_dropped_boxes == total_dropped
    assert (total_dropped > 0) == (max_tokens == 30)


def test_everything_of_a_dropped_box_goes(tokenizer: PreTrainedTokenizerFast) -> None:
    labels = [0, 1, 2, 1, 0, 3]
    planes = np.zeros((6, 4, 8), dtype=np.uint8)
    planes[np.arange(6), 0, np.arange(6)] = 1
    squares = [
        [np.array([i, 0, i + 1, 0, i + 1, 1], dtype=np.float32)] for i in range(6)
    ]
    for masks in (BitmapMasks(planes, 4, 8), PolygonMasks(squares, 4, 8)):
        flags = np.array([0, 1, 0, 0, 1, 0], dtype=bool)
        seg_map = np.zeros((6, 8))
        sample = make_sample(
            ['one two', 'three four', 'five six', 'seven eight'],
            labels,
            gt_masks=masks,
            gt_ignore_flags=flags.copy(),
            gt_seg_map=seg_map,
        )
        # Two names of two tokens, a full stop, [CLS] and [SEP].
        results = SampleDetectionPrompt(tokenizer, max_tokens=7)(sample)
        kept = results['gt_bboxes'].tensor[:, 0].int().tolist()
        assert len(results['text']) == 2
        assert 0 < len(kept) < 6
        assert results['num_dropped_boxes'] == 6 - len(kept)
        assert results['gt_ignore_flags'].tolist() == flags[kept].tolist()
        assert len(results['gt_masks']) == len(kept)
        dense = results['gt_masks'].to_ndarray()
        if isinstance(masks, BitmapMasks):
            assert np.array_equal(dense, planes[kept])
        else:
            firsts = [int(mask[0][0]) for mask in results['gt_masks'].masks]
            assert firsts == kept
        assert results['gt_seg_map'] is seg_map


def test_how_many_names_are_added(tokenizer: PreTrainedTokenizerFast) -> None:
    text = tuple(f'w{index}' for index in range(300))
    transform = SampleDetectionPrompt(tokenizer, 2000)
    for labels in ([3, 50, 299, 3], []):
        positives = len(set(labels))
        sizes = np.array(
            [len(transform(make_sample(text, labels))['text']) for _ in range(4000)]
        )
        added = sizes - positives
        most = 85 - positives
        assert added.min() == 1
        assert added.max() == most
        # 1/2 of the lists are full, plus 1/most of the others.
        expected_full = 0.5 + 0.5 / most
        assert abs((added == most).mean() - expected_full) < 0.04
        partial = added[added < most]
        counts = np.bincount(partial, minlength=most)[1:]
        assert counts.min() > 0
        # Uniform: the deviations of all the numbers together (chi square).
        mean = counts.mean()
        chi_square = ((counts - mean) ** 2 / mean).sum()
        freedom = len(counts) - 1
        assert abs(chi_square - freedom) < 5 * np.sqrt(2 * freedom)


def test_every_negative_and_every_place_is_as_likely(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    text = tuple(f'w{index}' for index in range(20))
    transform = SampleDetectionPrompt(
        tokenizer, num_categories=5, full_sampling_prob=1.0
    )
    drawn, places = np.zeros(20), np.zeros(5)
    for _ in range(4000):
        results = transform(make_sample(text, [7]))
        drawn[[int(name[1:]) for name in results['text']]] += 1
        places[results['gt_bboxes_labels'][0]] += 1
    assert drawn[7] == 4000
    others = np.delete(drawn, 7)
    expected = 4000 * 4 / 19
    assert abs(others - expected).max() < 5 * np.sqrt(expected)
    assert abs(places - 800).max() < 5 * np.sqrt(800)


def test_options_of_the_rule(tokenizer: PreTrainedTokenizerFast) -> None:
    text = tuple(f'w{index}' for index in range(30))
    always = SampleDetectionPrompt(tokenizer, num_categories=9, full_sampling_prob=1.0)
    never = SampleDetectionPrompt(tokenizer, num_categories=9, full_sampling_prob=0.0)
    assert {len(always(make_sample(text, [1]))['text']) for _ in range(50)} == {9}
    sizes = {len(never(make_sample(text, [1]))['text']) for _ in range(300)}
    assert sizes == set(range(2, 10))
    # More positives than the list is long: all stay, none is added.
    labels = list(range(12))
    assert set(always(make_sample(text, labels))['text']) == set(text[:12])
    # A vocabulary smaller than the list is used up.
    short = SampleDetectionPrompt(tokenizer, full_sampling_prob=1.0)
    assert set(short(make_sample(text, [1]))['text']) == set(text)


def test_all_names(tokenizer: PreTrainedTokenizerFast) -> None:
    text = tuple(f'w{index}' for index in range(40))
    orders = set()
    for everything in (None, -1):
        transform = SampleDetectionPrompt(tokenizer, num_categories=everything)
        for _ in range(10):
            results = transform(make_sample(text, [3, 39]))
            assert sorted(results['text']) == sorted(text)
            assert names_of_boxes(results) == {0: 'w3', 1: 'w39'}
            orders.add(results['text'])
    assert len(orders) == 20
    fixed = SampleDetectionPrompt(tokenizer, num_categories=None, shuffle=False)
    results = fixed(make_sample(text, [3, 39]))
    assert results['text'] == text
    assert results['gt_bboxes_labels'].tolist() == [3, 39]
    with pytest.raises(ValueError, match=r'all 40 names together need 119 .* has 98'):
        SampleDetectionPrompt(tokenizer, 100, num_categories=-1)(make_sample(text, [3]))


def test_unshuffled_samples_keep_the_order(tokenizer: PreTrainedTokenizerFast) -> None:
    text = tuple(f'w{index:03d}' for index in range(200))
    transform = SampleDetectionPrompt(tokenizer, shuffle=False)
    for _ in range(10):
        results = transform(make_sample(text, [100, 5]))
        assert list(results['text']) == sorted(results['text'])
        assert names_of_boxes(results) == {0: 'w100', 1: 'w005'}


def test_names_that_read_the_same_are_no_negatives(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    text = ('bow_(weapon)', 'bow_(decorative_ribbons)', 'Bow', 'cat', 'dog')
    transform = SampleDetectionPrompt(tokenizer, full_sampling_prob=1.0)
    for _ in range(30):
        results = transform(make_sample(text, [1]))
        assert set(results['text']) == {text[1], 'cat', 'dog'}
    both = transform(make_sample(text, [0, 1]))
    assert names_of_boxes(both) == {0: text[0], 1: text[1]}


def test_synonyms(tokenizer: PreTrainedTokenizerFast) -> None:
    text = {'0': 'Sneakers/Other Shoes', '1': 'Boat / Ship', '2': 'cat'}
    before = dict(text)
    transform = SampleDetectionPrompt(tokenizer)
    seen = set()
    for _ in range(100):
        results = transform(make_sample(text, [0, 2]))
        by_box = names_of_boxes(results)
        assert by_box[1] == 'cat'
        seen.update(results['text'])
        seen.add(by_box[0])
        assert by_box[0] in ('Sneakers', 'Other Shoes')
    assert seen == {'Sneakers', 'Other Shoes', 'Boat', 'Ship', 'cat'}
    assert text == before
    literal = SampleDetectionPrompt(tokenizer, choose_synonym=False)
    assert 'Sneakers/Other Shoes' in literal(make_sample(text, [0]))['text']
    wording = {'Boat / Ship': {'name': 'vessel'}}
    worded = transform(make_sample(text, [1], caption_prompt=wording))
    assert names_of_boxes(worded) == {0: 'Boat / Ship'}


def test_wording_counts_in_the_budget(tokenizer: PreTrainedTokenizerFast) -> None:
    wording = {'dog': {'suffix': ' which is black and white'}}
    sample = make_sample(('dog', 'cat', 'cow'), [0, 1, 2], caption_prompt=wording)
    transform = SampleDetectionPrompt(tokenizer, max_tokens=9)
    plain = {**sample, 'caption_prompt': None}
    assert len(transform(plain)['text']) == 3
    sizes = set()
    for _ in range(40):
        results = transform({**sample})
        prompt = build_prompt(results['text'], caption_prompt=wording)
        tokenize_prompts([prompt], tokenizer, 9)
        sizes.add(frozenset(results['text']))
    # The worded dog takes six of the seven tokens.
    assert sizes == {frozenset({'dog'}), frozenset({'cat', 'cow'})}


def test_seeded_samples_repeat(tokenizer: PreTrainedTokenizerFast) -> None:
    text = tuple(f'w{index}/v{index}' for index in range(200))

    def draw() -> list[tuple]:
        np.random.seed(3)
        transform = SampleDetectionPrompt(tokenizer)
        return [transform(make_sample(text, [1, 2]))['text'] for _ in range(5)]

    assert draw() == draw()
    assert len(set(draw())) == 5


def test_bad_samples_are_named(tokenizer: PreTrainedTokenizerFast) -> None:
    transform = SampleDetectionPrompt(tokenizer, max_tokens=8)
    with pytest.raises(ValueError, match=r'some.jpg: a box has the label 2'):
        transform(make_sample(('cat', 'dog'), [0, 2]))
    with pytest.raises(ValueError, match=r'some.jpg: the list of names is empty'):
        transform(make_sample((), []))
    with pytest.raises(ValueError, match=r'some.jpg: text must be a list'):
        transform(make_sample('cat. dog', [0]))
    with pytest.raises(ValueError, match=r"needs 7 tokens.*only 6.*: 'a b c d e f g'"):
        transform(make_sample(('a b c d e f g', 'cat'), [1]))
    with pytest.raises(KeyError, match=r"some.jpg has no 'text'"):
        transform(make_sample(None, []))
    for bad in ({'num_categories': 0}, {'full_sampling_prob': 1.5}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            SampleDetectionPrompt(tokenizer, **bad)


def write_odvg(folder: Path, lines: list[dict]) -> ODVGDataset:
    file = folder / 'odvg.jsonl'
    file.write_text('\n'.join(json.dumps(line) for line in lines))
    return ODVGDataset(
        ann_file=str(file),
        data_prefix={'img': ''},
        return_classes=True,
        pipeline=[],
        **(
            {'label_map_file': str(folder / 'labels.json')}
            if (folder / 'labels.json').exists()
            else {}
        ),
    )


def test_detection_samples_of_mmdets_odvg(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    names = {'0': 'cat', '1': 'Boat/Ship', '2': 'dog'}
    (tmp_path / 'labels.json').write_text(json.dumps(names))
    boxes = [
        {'bbox': [0, 0, 5, 5], 'label': 2, 'category': 'dog'},
        {'bbox': [1, 1, 5, 5], 'label': 1, 'category': 'Boat/Ship'},
    ]
    dataset = write_odvg(
        tmp_path,
        [
            {
                'filename': 'a.jpg',
                'height': 9,
                'width': 9,
                'detection': {'instances': boxes},
            }
        ],
    )
    info = dataset[0]
    labels = [instance['bbox_label'] for instance in info['instances']]
    results = SampleDetectionPrompt(tokenizer)(make_sample(info['text'], labels))
    by_box = names_of_boxes(results)
    assert by_box[0] == 'dog'
    assert by_box[1] in ('Boat', 'Ship')
    assert dataset[0]['text'] == names


def test_grounding_samples_of_mmdets_odvg(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    caption = '  A Dog near a dog'
    regions = [
        {'bbox': [0, 0, 5, 5], 'phrase': 'A Dog', 'tokens_positive': [[2, 7]]},
        {'bbox': [[1, 1, 5, 5]], 'phrase': 'a dog', 'tokens_positive': [[13, 18]]},
    ]
    dataset = write_odvg(
        tmp_path,
        [
            {
                'filename': 'a.jpg',
                'height': 9,
                'width': 9,
                'grounding': {'caption': caption, 'regions': regions},
            }
        ],
    )
    info = dataset[0]
    sample = make_sample(info['text'], [0, 1], phrases=info['phrases'])
    results = SampleDetectionPrompt(tokenizer)(sample)
    assert results['text'] == caption
    assert results['custom_entities'] is False
    assert results['num_dropped_boxes'] == 0
    prompt = build_prompt(results['text'], False, results['tokens_positive'])
    assert prompt.phrases == ('A Dog', 'a dog')
    assert [clean_name(phrase) for phrase in prompt.phrases] == ['a dog', 'a dog']
