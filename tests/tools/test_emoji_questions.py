"""EmojiScenes' questions: true, balanced, in VQAv2's layout; COCO's caption files."""

import json
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from glipv2.benchmarks.blind_baseline import BlindBaseline
from glipv2.datasets import CocoKarpathyDataset, StreamingODVGDataset, VQADataset
from glipv2.demo_data.categories import category_id
from glipv2.demo_data.questions import questions_of
from glipv2.demo_data.sheet import sheet_names
from glipv2.demo_data.wording import counted, plural_of
from tests.forked import run_forked, run_well

ROOT = Path(__file__).parents[2]
CONVERTERS = ROOT / 'tools' / 'dataset_converters'

PLACES = {
    'on the far left': (0, -1), 'on the far right': (0, 1),
    'at the top': (1, -1), 'at the bottom': (1, 1),
}  # fmt: skip


@pytest.fixture(scope='module')
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small data set once."""
    out = tmp_path_factory.mktemp('questions') / 'out'
    run_well([
        CONVERTERS / 'make_emoji_scenes.py', out, '--train', '160',
        '--val', '20', '--val-unseen', '2', '--size', '96', '--jobs', '1',
        '--object-size', '16', '40', '--formats', 'coco', 'vqa', 'captions', 'odvg',
    ])  # fmt: skip
    return out


def dataset_of(scenes: Path, split: str) -> VQADataset:
    return VQADataset(
        question_file=f'annotations/vqa_{split}_questions.json',
        ann_file=f'annotations/vqa_{split}_annotations.json',
        data_root=str(scenes), data_prefix=dict(img=f'{split}/'),
    )  # fmt: skip


class Truth:
    """An image's objects as its COCO file says, to answer questions from."""

    def __init__(self, coco: COCO, image_id: int) -> None:
        self.things = [
            (coco.cats[a['category_id']]['name'], *middle(a['bbox']))
            for a in coco.imgToAnns[image_id]
        ]
        self.names = Counter(name for name, *_ in self.things)

    def outermost(self, words: str) -> str:
        axis, sign = PLACES[words]
        return max(self.things, key=lambda thing: sign * thing[1 + axis])[0]

    def check(self, text: str, kind: str, answer: str) -> None:
        text = text.removesuffix('?')
        if kind == 'what is':
            assert answer == self.outermost(text.removeprefix('what is '))
        elif text == 'how many things are there':
            assert answer == str(len(self.things))
        elif kind == 'how many':
            words = text.removeprefix('how many ').removesuffix(' are there')
            count = sum(
                self.names[name] for name in self.names if plural_of(name) == words
            )
            assert answer == str(count)
        elif kind == 'is there':
            thing = text.partition(' there ')[2]
            there = thing in {counted(name, 1) for name in self.names}
            assert answer == ('yes' if there else 'no')
        elif kind == 'is the left or right':
            first, second = text.split(' the ', 1)[1].split(
                ' to the left or right of the '
            )
            across = {name: x for name, x, _ in self.things}
            assert self.names[first] == self.names[second] == 1
            assert answer == ('left' if across[first] < across[second] else 'right')
        else:
            self.check_colour(text.removeprefix('what color is the '), answer)

    def check_colour(self, thing: str, answer: str) -> None:
        if thing.startswith('thing '):
            name = self.outermost(thing.removeprefix('thing '))
        else:
            [name] = [n for n, *_ in self.things if n.endswith(f' {thing}')]
        if name.split()[0] in ('red', 'green', 'yellow'):
            assert answer == name.split()[0]
        known = {'banana': 'yellow', 'grapes': 'purple', 'frog face': 'green'}
        assert answer == known.get(name, answer)


def middle(box: list) -> tuple[float, float]:
    left, top, width, height = box
    return left + width / 2, top + height / 2


@pytest.mark.parametrize('split', ['train', 'val', 'val_unseen'])
def test_answers_are_true(scenes: Path, split: str) -> None:
    coco = COCO(scenes / 'annotations' / f'instances_{split}.json')
    kinds = set()
    for info in dataset_of(scenes, split):
        assert Path(info['img_path']).is_file()
        [answer] = set(info['gt_answers'])
        assert len(info['gt_answers']) == 10
        Truth(coco, info['img_id']).check(info['text'], info['question_type'], answer)
        kinds.add(info['question_type'])
    assert len(kinds) == 5 or split != 'train'


def test_words_do_not_tell_the_answer(scenes: Path) -> None:
    of_text: dict[str, Counter] = defaultdict(Counter)
    kind_of, sides = {}, Counter()
    for info in dataset_of(scenes, 'train'):
        of_text[info['text']][info['gt_answers'][0]] += 1
        kind_of[info['text']] = info['question_type']
        if info['question_type'] == 'is the left or right':
            sides[info['gt_answers'][0]] += 1
    for text, counts in of_text.items():
        if kind_of[text] in ('is there', 'what color', 'how many'):
            assert len(counts) >= 2, text
            assert len(set(counts.values())) == 1, text
    assert abs(sides['left'] - sides['right']) <= 0.2 * sides.total()


def test_odvg_lines_ground_questions_and_answers(scenes: Path) -> None:
    path = scenes / 'annotations' / 'odvg_train_vqa.jsonl'
    records = [json.loads(line) for line in path.read_text().splitlines()]
    sentences = {
        f'{info["text"]} {info["gt_answers"][0]}'
        for info in dataset_of(scenes, 'train')
    }
    grounded_answers = 0
    for record in records:
        grounding = record['grounding']
        caption = grounding['caption']
        assert caption in sentences
        start, end = grounding['answer']
        assert caption[start - 2 : start] == '? '
        assert end == len(caption)
        for region in grounding['regions']:
            (first, last), boxes = region['tokens_positive'][0], region['bbox']
            assert caption[first:last] == region['phrase']
            assert boxes
            grounded_answers += first == start
    assert grounded_answers
    ours = StreamingODVGDataset(
        data_root=str(scenes), ann_file='annotations/odvg_train_vqa.jsonl',
        data_prefix=dict(img='train/'), pipeline=[],
    )  # fmt: skip
    assert len(ours) == len(records)
    assert ours.get_data_info(0)['text'] == records[0]['grounding']['caption']


def test_coco_captions_are_those_of_the_grounding_lines(scenes: Path) -> None:
    dataset = CocoKarpathyDataset(
        ann_file='annotations/captions_val.json', data_root=str(scenes),
        data_prefix=dict(img='val/'), test_mode=True,
    )  # fmt: skip
    lines = (scenes / 'annotations' / 'odvg_val_vg.jsonl').read_text().splitlines()
    expected = defaultdict(list)
    for record in map(json.loads, lines):
        expected[record['filename']].append(record['grounding']['caption'])
    assert len(dataset) == 20
    for info in dataset:
        assert len(info['gt_captions']) == 5
        assert info['gt_captions'] == expected[Path(info['img_path']).name]


def run(script: str, *arguments: object) -> subprocess.CompletedProcess:
    return run_forked([ROOT / 'tools' / script, *map(str, arguments)])


def test_answer_list(scenes: Path, tmp_path: Path) -> None:
    files = [
        scenes / 'annotations' / f'vqa_{s}_annotations.json' for s in ('train', 'val')
    ]
    script = 'dataset_converters/vqa_answers.py'
    made = run(script, tmp_path / 'new' / 'answers.json', *files, '--least', '12')
    assert made.returncode == 0, made.stderr
    answers = json.loads((tmp_path / 'new' / 'answers.json').read_text())
    counts = Counter(
        annotation['multiple_choice_answer']
        for file in files
        for annotation in json.loads(file.read_text())['annotations']
    )
    assert set(answers) == {answer for answer, count in counts.items() if count >= 12}
    assert [counts[a] for a in answers] == sorted(
        (counts[a] for a in answers), reverse=True
    )
    refused = run(script, tmp_path / 'a.json', files[0].with_name('captions_val.json'))
    assert 'has no answers' in refused.stderr
    refused = run(script, tmp_path / 'a.json', *files, '--least', '100000')
    assert 'lower --least' in refused.stderr


def test_blind_baseline_is_blind(scenes: Path, tmp_path: Path) -> None:
    script = 'analysis_tools/vqa_blind_baseline.py'
    made = run(script, scenes, '--out', tmp_path / 'blind.json')
    assert made.returncode == 0, made.stderr
    figures = json.loads((tmp_path / 'blind.json').read_text())
    assert figures['questions'] == len(dataset_of(scenes, 'val'))
    assert figures['vqa/accuracy_yes_no'] == 50
    assert figures['vqa/accuracy'] < 60  # half right by chance at most, and few names


def test_blind_answers_by_hand() -> None:
    asked = [('a?', 'x', '2'), ('a?', 'x', 'two'), ('a?', 'x', '3'), ('b?', 'x', '3'),
             ('c?', 'x', '3'), ('d?', 'y', 'yes')]  # fmt: skip
    baseline = BlindBaseline(
        dict(text=text, question_type=kind, gt_answers=[answer] * 10)
        for text, kind, answer in asked
    )
    for text, kind, answer in (
        ('a?', 'x', '2'),  # "two" is 2
        ('new?', 'x', '3'),  # commonest of the type
        ('new?', 'y', 'yes'),
        ('new?', 'z', '3'),  # commonest of all
    ):
        assert baseline.answer(dict(text=text, question_type=kind)) == answer


def test_sides_are_asked_of_every_name() -> None:
    """Names may hold the words of the question ("face with look of triumph")."""
    names = sheet_names()
    pairs = [
        (name, names[(place + 1) % len(names)]) for place, name in enumerate(names)
    ]
    boxes = [5, 40, 10, 10], [80, 40, 10, 10]
    annotations = [
        [dict(category_id=category_id(n), bbox=b) for n, b in zip(pair, boxes)]
        for pair in pairs
    ]
    asked = questions_of(np.random.default_rng(0), annotations, names, 96)
    sides = [q for q in asked if q.question_type == 'is the left or right']
    assert len(sides) == len(pairs)
    for question in sides:
        first, second = question.phrases
        found = {question.text[p.start : p.end] for p in (first, second)}
        assert found == {f'the {name}' for name in pairs[question.image]}
        assert first.end < second.start and question.text[second.end :] == '?'


def test_new_kinds_are_true_and_trained_nowhere(scenes: Path) -> None:
    coco = COCO(scenes / 'annotations' / 'instances_val.json')
    new = VQADataset(
        question_file='annotations/vqa_val_new_kinds_questions.json',
        ann_file='annotations/vqa_val_new_kinds_annotations.json',
        data_root=str(scenes), data_prefix=dict(img='val/'),
    )  # fmt: skip
    trained = {info['question_type'] for info in dataset_of(scenes, 'train')}
    kinds, agreed = set(), Counter()
    for info in new:
        [answer] = set(info['gt_answers'])
        kind, truth = info['question_type'], Truth(coco, info['img_id'])
        check_new(truth, info['text'].strip('?.'), kind, answer)
        kinds.add(kind)
        if answer in ('yes', 'no'):
            agreed[kind] += 1 if answer == 'yes' else -1
    assert len(kinds) == 6 and not kinds & trained
    assert all(abs(lean) <= 1 for lean in agreed.values()), agreed


def check_new(truth: Truth, text: str, kind: str, answer: str) -> None:
    """Find the answer from the image's objects."""
    plurals = Counter()
    for name, count in truth.names.items():
        plurals[plural_of(name)] += count
    place = {name: (x, y) for name, x, y in truth.things}
    if kind == 'count the':
        assert answer == str(plurals[text.removeprefix('count the ')])
    elif kind == 'can you see':
        there = text.removeprefix('can you see ') in {counted(n, 1) for n in place}
        assert answer == ('yes' if there else 'no')
    elif kind == 'name the':
        words = dict(leftmost='on the far left', rightmost='on the far right',
                     topmost='at the top', lowest='at the bottom')  # fmt: skip
        assert answer == truth.outermost(words[text.split()[2]])
    elif kind == 'is the above':
        first, second = text.split(' the ', 1)[1].split(' above the ')
        assert answer == ('yes' if place[first][1] < place[second][1] else 'no')
    elif kind == 'are there more':
        first, second = text.removeprefix('are there more ').split(' than ')
        assert answer == ('yes' if plurals[first] > plurals[second] else 'no')
    else:
        side, first, second = re.fullmatch(
            'which is further to the (left|right), the (.+) or the (.+)', text
        ).groups()
        nearest = (min if side == 'left' else max)((first, second), key=place.get)
        assert answer == nearest
