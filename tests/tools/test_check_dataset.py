"""The data check: every planted defect is reported, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from dataset_report.inspect_dataset import Findings, Words, inspect_dataset
from dataset_report.leaves import leaf_configs
from dataset_report.problems import NO_PICTURE, Problems
from dataset_report.report import describe, write_report
from glipv2.models.text_source import load_tokenizer

TOKENIZER = 'bert-base-uncased'
CROSS = [[10, 10, 30, 10, 30, 30, 10, 30]]  # the square from 10 to 30


@pytest.fixture(scope='module')
def words() -> Words:
    return Words(load_tokenizer(TOKENIZER), max_tokens=24)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write two good pictures of 60 x 40 and a truncated one."""
    for name in ('a.png', 'b.png'):
        Image.new('RGB', (60, 40), 'red').save(tmp_path / name)
    whole = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'cut.png').write_bytes(whole[: len(whole) // 2])
    return tmp_path


def image(number: int, name: str, width: int = 60) -> dict:
    return dict(id=number, file_name=name, height=40, width=width)


def annotation(number: int, image_id: int, box: list, **keys: object) -> dict:
    return dict(id=number, image_id=image_id, category_id=1, bbox=box, area=1, **keys)


def coco_config(folder: Path, content: Mapping, **keys: object) -> dict:
    (folder / 'instances.json').write_text(json.dumps(content))
    return dict(
        type='CocoTextDataset',
        data_root=str(folder),
        ann_file='instances.json',
        data_prefix=dict(img=''),
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadTextMasks'),
            dict(type='PackTextDetInputs'),
        ],
        **keys,
    )


def inspect(config: Mapping, words: Words, num_samples: int = 4) -> Findings:
    return inspect_dataset('train', config, words, num_samples, shown=3, jobs=1)


def told(found: Findings) -> dict[str, int]:
    return {kind.title: count for kind, count in found.problems.counts.items()}


def examples(found: Findings, title: str) -> str:
    kinds = [kind for kind in found.problems.counts if kind.title == title]
    return '\n'.join(found.problems.examples[kinds[0]])


def test_good_coco_data_has_no_problem(folder: Path, words: Words) -> None:
    content = dict(
        images=[image(1, 'a.png'), image(2, 'b.png')],
        annotations=[
            annotation(1, 1, [10, 10, 20, 20], segmentation=CROSS),
            annotation(2, 2, [0, 0, 60, 40]),
        ],
        categories=[dict(id=1, name='dog')],
    )
    found = inspect(coco_config(folder, content), words)
    assert told(found) == {}
    assert (found.num_items, found.num_pictures, found.num_boxes) == (2, 2, 2)
    assert found.counts == {'dog': 2}
    assert len(found.samples) == 2
    # [CLS] dog [SEP]
    assert [(x.names, x.num_tokens) for x in found.chunks] == [(('dog',), 3)]


def test_every_defect_of_a_coco_file_is_told(folder: Path, words: Words) -> None:
    nan = float('nan')
    content = dict(
        images=[
            image(1, 'a.png'),
            image(2, 'b.png', width=50),
            image(3, 'cut.png'),
            image(4, 'lost.png'),
            image(4, 'lost.png'),
            dict(id=5),
        ],
        annotations=[
            annotation(1, 1, [10, 10, 0, 20]),
            annotation(2, 1, [nan, 10, 5, 20]),
            annotation(3, 1, [70, 10, 5, 5]),
            annotation(4, 1, [40, 10, 50, 5]),
            annotation(5, 1, [10, 10, 0.5, 5]),
            annotation(6, 1, [40, 20, 10, 10], segmentation=CROSS),
            annotation(7, 1, [10, 10, 20, 20], segmentation=[[1, 2, 3, 4]]),
            annotation(8, 99, [1, 1, 5, 5]),
            dict(annotation(9, 1, [1, 1, 5, 5]), category_id=7),
            dict(annotation(10, 1, [1, 1, 5, 5]), category_id=2),
            dict(id=11),
        ],
        categories=[dict(id=i, name=n) for i, n in enumerate(('dog', 'cat', '漢'), 1)],
    )
    config = coco_config(folder, content, metainfo=dict(classes=('漢', 'dog')))
    found = inspect(config, words)
    assert told(found) == {
        'picture missing': 1,
        'picture broken': 1,
        'picture of another size than stated': 1,
        'id there twice': 1,
        'broken entry': 3,  # picture 5, annotation 11, the picture 99
        'box without area or not finite': 2,
        'box outside the picture': 1,
        'box over the edge': 1,
        'box thinner than a pixel, left out': 1,
        'mask does not match': 2,
        'classes and categories': 2,  # the id 7; cats are not wanted
        'class without boxes': 1,
    }
    assert 'annotation 1 of a.png' not in examples(found, 'broken entry')
    assert 'lost.png' in examples(found, 'picture missing')
    assert 'annotation 3' in examples(found, 'box outside the picture')
    assert "1 annotations are of 'cat'" in examples(found, 'classes and categories')
    assert 'stated 50 x 40, but is 60 x 40' in examples(
        found, 'picture of another size than stated'
    )


def test_allowed_defects_are_warnings(folder: Path, words: Words) -> None:
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[
            annotation(1, 1, [10, 10, 0, 20]),
            dict(annotation(2, 1, [1, 1, 5, 5]), category_id=2),
            annotation(3, 1, [1, 1, 5, 5]),
        ],
        categories=[dict(id=1, name='dog'), dict(id=2, name='cat')],
    )
    found = inspect(
        coco_config(
            folder,
            content,
            metainfo=dict(classes=('dog',)),
            bad_boxes='drop',
            allow_subset=True,
        ),
        words,
    )
    assert told(found) == {'box without area, left out': 1}
    assert found.problems.num_errors == 0


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'No such file'),
        ('{', 'is not valid JSON'),
        ({'images': []}, "the lists ['annotations', 'categories'] are missing"),
        (
            dict(images=[], annotations=[], categories=[dict(id=1, name=' ')]),
            'has no name',
        ),
    ],
)
def test_an_unusable_coco_file(
    folder: Path, words: Words, content: object, message: str
) -> None:
    config = coco_config(folder, {})
    file = folder / 'instances.json'
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    if content is None:
        file.unlink()
    found = inspect(config, words)
    assert found.problems.num_errors == 1
    assert message in str(dict(found.problems.examples))


def test_names_are_cut_into_prompts(folder: Path, words: Words) -> None:
    names = [
        f'thing number {word}'
        for word in ['one', 'two', 'three', 'four', 'five', 'six']
    ]
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[annotation(1, 1, [1, 1, 9, 9])],
        categories=[dict(id=i, name=name) for i, name in enumerate(names, 1)],
    )
    config = coco_config(folder, content, test_mode=True)
    found = inspect(config, words)
    assert [name for chunk in found.chunks for name in chunk.names] == names
    # a name has three tokens, its separator one, and [CLS] and [SEP] two: 5 names
    assert [chunk.num_tokens for chunk in found.chunks] == [21, 5]
    assert told(found) == {'class without boxes': 5}


def test_names_that_say_nothing_or_the_same(folder: Path, words: Words) -> None:
    names = ['dog', 'Dog_', '🦖']
    content = dict(
        images=[image(1, 'a.png')],
        annotations=[
            dict(annotation(i, 1, [1, 1, 9, 9]), category_id=i) for i in (1, 2, 3)
        ],
        categories=[dict(id=i, name=name) for i, name in enumerate(names, 1)],
    )
    found = inspect(coco_config(folder, content), words)
    assert told(found) == {'classes and categories': 1, 'only unknown words': 1}
    assert "'dog' and 'Dog_' read the same" in examples(found, 'classes and categories')


def odvg_config(folder: Path, lines: list) -> dict:
    text = '\n'.join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    (folder / 'data.jsonl').write_text(text)
    return dict(
        type='StreamingODVGDataset',
        data_root=str(folder),
        ann_file='data.jsonl',
        data_prefix=dict(img=''),
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(type='SampleDetectionPrompt', tokenizer=TOKENIZER, max_tokens=24),
            dict(type='PackTextDetInputs'),
        ],
    )


def grounding(caption: str, *regions: dict) -> dict:
    return dict(
        filename='a.png', height=40, width=60,
        grounding=dict(caption=caption, regions=regions),
    )  # fmt: skip


def region(spans: list, boxes: list) -> dict:
    return dict(phrase='a dog', tokens_positive=spans, bbox=boxes)


def test_every_defect_of_odvg_lines_is_told(folder: Path, words: Words) -> None:
    config = odvg_config(
        folder,
        [
            grounding('a dog runs', region([[0, 5]], [[1, 1, 9, 9], [2, 2, 8, 8]])),
            '',
            '{"filename": ',
            grounding(
                'a dog runs',
                region([[0, 50]], [1, 1, 9, 9]),
                region([[6, 10]], [1, 1, 1, 9]),
                region([[2, 2]], [99, 1, 120, 9]),
            ),
            grounding('a \u200b dog', region([[2, 3]], [1, 1, 9, 9])),
            grounding('dog ' * 40, region([[0, 3]], [1, 1, 9, 9])),
            grounding(' ', region([[0, 1]], [1, 1, 9, 9])),
            dict(filename='a.png', height=40, width=60, detection={}),
        ],
    )
    found = inspect(config, words, num_samples=1)
    assert told(found) == {
        'broken entry': 3,
        'phrase outside its caption': 2,
        'box without area or not finite': 1,
        'box outside the picture': 1,
        'phrase or name without tokens': 1,
        'text cut to max_tokens': 1,
    }
    assert 'line 3' in examples(found, 'broken entry')
    assert 'line 4' in examples(found, 'phrase outside its caption')
    assert 'line 4, phrase 1, box 0' in examples(
        found, 'box without area or not finite'
    )


def test_phrasecut(folder: Path, words: Words) -> None:
    def task(number: str, phrase: str, box: list, **keys: object) -> dict:
        outline = [[[[10, 10], [30, 10], [30, 30], [10, 30]]]]
        return dict(
            task_id=number, image_id='a', phrase=phrase, instance_boxes=[box],
            Polygons=outline, **keys,
        )  # fmt: skip

    tasks = [
        task('1', 'red dog', [10, 10, 20, 20]),
        task('1', 'red dog', [10, 10, 20, 20]),
        task('2', ' ', [10, 10, 20, 20]),
        task('3', 'red dog', [40, 10, 10, 10]),
        dict(task_id='4'),
    ]
    (folder / 'refer.json').write_text(json.dumps(tasks))
    config = dict(
        type='PhraseCutDataset',
        data_root=str(folder),
        ann_file='refer.json',
        data_prefix=dict(img=''),
        img_suffix='.png',
        pipeline=[
            dict(type='LoadImage'),
            dict(type='LoadTextMasks'),
            dict(type='PackTextDetInputs'),
        ],
    )
    found = inspect(config, words)
    assert told(found) == {'broken entry': 3, 'mask does not match': 1}
    assert 'task 1 is there twice' in examples(found, 'broken entry')
    assert 'task 3, box 0' in examples(found, 'mask does not match')


def test_questions_and_answers(folder: Path, words: Words) -> None:
    def question(number: int, text: str, name: str = 'a.png') -> dict:
        return dict(question_id=number, image_id=1, question=text, file_name=name)

    def answers(number: int, image_id: int = 1) -> dict:
        given = [dict(answer='red')]
        return dict(question_id=number, image_id=image_id, answers=given)

    questions = [
        question(1, 'which colour?'),
        question(2, '?'),
        question(3, 'which colour?', 'lost.png'),
        question(4, 'which colour ' * 20),
        question(5, 'which colour?'),
        dict(question_id=6),
    ]
    annotations = [answers(1), answers(1), answers(3, 2), answers(4), answers(9)]
    (folder / 'q.json').write_text(json.dumps(dict(questions=questions)))
    (folder / 'a.json').write_text(json.dumps(dict(annotations=annotations)))
    config = dict(
        type='VQADataset',
        data_root=str(folder),
        question_file='q.json',
        ann_file='a.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage'), dict(type='PackTextDetInputs')],
    )
    found = inspect(config, words)
    assert told(found) == {
        # 2 has no words, 6 lacks all; 3's are of another picture and 9 is unknown;
        # so 3 and 5 have none
        'question or answers': 6,
        'id there twice': 1,
        'picture missing': 1,
        'text longer than max_tokens': 1,
    }
    assert found.counts == {'red': 2}


def test_captions(folder: Path, words: Words) -> None:
    content = dict(
        images=[image(1, 'a.png'), image(2, 'b.png'), image(2, 'b.png')],
        annotations=[
            dict(id=1, image_id=1, caption='a red wall'),
            dict(id=2, image_id=1, caption='...'),
            dict(id=3, image_id=7, caption='a red wall'),
            dict(id=4, image_id=1, caption='red ' * 40),
        ],
    )
    (folder / 'captions.json').write_text(json.dumps(content))
    config = dict(
        type='CocoKarpathyDataset',
        data_root=str(folder),
        ann_file='captions.json',
        data_prefix=dict(img=''),
        pipeline=[dict(type='LoadImage'), dict(type='PackTextDetInputs')],
    )
    found = inspect(config, words)
    assert told(found) == {
        'id there twice': 1,
        'caption': 3,
        'text longer than max_tokens': 1,
    }
    assert found.num_items == 3


def test_what_training_skips_is_a_warning(folder: Path, words: Words) -> None:
    record = grounding('a dog', region([[0, 5]], [1, 1, 9, 9]))
    config = odvg_config(folder, [record, '{', {**record, 'filename': 'lost.png'}])
    config['bad_lines'] = 'skip'
    config['pipeline'][0]['skip_broken'] = True
    found = inspect(config, words, num_samples=3)
    assert told(found) == {
        'broken line, skipped': 1,
        'picture missing or broken, skipped': 1,
    }
    assert found.problems.num_errors == 0


def test_sizes_and_masks_of_another_form_stop_nothing(
    folder: Path, words: Words
) -> None:
    rle = dict(size=[40, 60], counts=[1, 'x'])
    content = dict(
        images=[dict(image(1, 'a.png'), height='40')],
        annotations=[annotation(1, 1, [10, 10, 20, 20], segmentation=rle)],
        categories=[dict(id=1, name='dog')],
    )
    found = inspect(coco_config(folder, content), words)
    assert told(found) == {'broken entry': 1, 'mask does not match': 1}


def test_a_set_that_cannot_be_built_is_told(words: Words) -> None:
    found = inspect(dict(type='NoSuchDataset'), words)
    assert told(found) == {'data set does not load': 1}


def test_a_failing_transform_is_told(folder: Path, words: Words) -> None:
    record = grounding('a dog', region([[0, 5]], [1, 1, 9, 9]))
    config = odvg_config(folder, [record])
    config['pipeline'].insert(3, dict(type='Resize', scale=None, scale_factor='x'))
    assert told(inspect(config, words)) in (
        {'data set does not load': 1},
        {'sample fails in the pipeline': 1},
    )


def test_leaves_of_mixed_and_repeated_sets() -> None:
    leaf = dict(type='VQADataset')
    config = dict(
        type='MixedDataset',
        datasets=[dict(type='RepeatDataset', times=2, dataset=leaf), leaf],
    )
    assert list(leaf_configs(config, 'train')) == [
        ('train.datasets.0.dataset', leaf),
        ('train.datasets.1', leaf),
    ]


def test_report_and_pictures(folder: Path, words: Words) -> None:
    record = grounding('a dog runs', region([[0, 5]], [10, 10, 30, 30]))
    found = inspect(odvg_config(folder, [record]), words)
    out = folder / 'out'
    text = write_report([found], words.max_tokens, out, num_drawn=1)
    assert (out / 'report.md').read_text() == text + '\n'
    assert '0 errors, 0 warnings' in text
    assert (out / 'histogram_0.png').is_file()
    drawn = Image.open(out / 'sample_0_0.png').convert('RGB')
    # the picture is enlarged eight times; the corner of the box is in its colour
    assert drawn.getpixel((80, 80)) == (204, 0, 0)
    below = drawn.crop((0, 40 * 8, drawn.width, drawn.height))
    colours = {colour for _, colour in below.getcolors(1 << 16)}
    assert (204, 0, 0) in colours  # "a dog"
    assert (0, 0, 0) in colours  # "runs"


def test_only_the_first_examples_are_shown(words: Words) -> None:
    problems = Problems(shown=2)
    found = Findings('train', 'CocoTextDataset', problems)
    for number in range(5):
        problems.add(NO_PICTURE, f'picture {number}', 'is not there')
    text = '\n'.join(describe(found, 24))
    assert 'picture 1: is not there' in text
    assert 'picture 2' not in text
    assert '- and 3 more' in text
