"""ODVG files read line by line: same samples as mmdet's, bounded, bad lines named."""

import gzip
import json
import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from mmdet.datasets import ODVGDataset

from glipv2.datasets import StreamingODVGDataset
from glipv2.datasets.files.line_index import LineIndex

NAMES = {'0': 'dog', '1': 'hot dog'}
DETECTION = [
    dict(filename='a.jpg', height=50, width=60, detection=dict(instances=[
        dict(bbox=[1, 2, 30, 40], label=1, category='hot dog'),
        dict(bbox=[70, 2, 90, 40], label=0, category='dog'),  # outside
        dict(bbox=[5, 5, 5.5, 40], label=0, category='dog'),  # too thin
    ])),
    dict(filename='b.jpg', height=50, width=60, detection=dict(instances=[
        dict(bbox=[0, 0, 9, 9], label=0, category='dog'),
    ])),
]  # fmt: skip
GROUNDING = [
    dict(filename='a.jpg', height=50, width=60, grounding=dict(
        caption='a dog and a cat', regions=[
            dict(bbox=[[1, 2, 30, 40], [3, 3, 9, 9]], phrase='a dog',
                 tokens_positive=[[0, 5]]),
            dict(bbox=[10, 2, 40, 40], phrase='a cat', tokens_positive=[[10, 15]]),
        ])),
    dict(filename='b.jpg', height=50, width=60, grounding=dict(
        caption='two trees', regions=[
            dict(bbox=[[0, 0, 9, 9]], phrase='trees', tokens_positive=[[4, 9]])])),
]  # fmt: skip


def write(folder: Path, records: list, name: str = 'data.jsonl') -> str:
    """Write records as lines, with an empty one between."""
    lines = [x if isinstance(x, str) else json.dumps(x) for x in records]
    (folder / name).write_text('\n\n'.join(lines) + '\n')
    (folder / 'names.json').write_text(json.dumps(NAMES))
    return name


def build(folder: Path, records: list, **options: object) -> StreamingODVGDataset:
    """Build the dataset of some records."""
    return StreamingODVGDataset(
        ann_file=write(folder, records), data_root=str(folder),
        data_prefix=dict(img='pictures'), pipeline=[], **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ('records', 'options'),
    [
        (DETECTION, dict(label_map_file='names.json', on_bad='skip')),
        (GROUNDING, {}),
    ],
)
def test_samples_are_those_of_mmdets_dataset(
    records: list, options: dict, tmp_path: Path
) -> None:
    ours = build(tmp_path, records, **options)
    options = {k: v for k, v in options.items() if k != 'on_bad'}
    (tmp_path / 'plain.jsonl').write_text('\n'.join(map(json.dumps, records)))
    theirs = ODVGDataset(
        ann_file='plain.jsonl', data_root=str(tmp_path),
        data_prefix=dict(img='pictures'), pipeline=[], return_classes=True, **options,
    )  # fmt: skip
    assert len(ours) == len(theirs) == 2
    for index in range(2):
        got = json.loads(json.dumps(ours.get_data_info(index)))
        assert got == json.loads(json.dumps(theirs.get_data_info(index)))


def test_a_teachers_boxes_need_a_score_and_empty_samples_are_read_again(
    tmp_path: Path,
) -> None:
    records = json.loads(json.dumps(GROUNDING))
    records[0]['grounding']['regions'][0]['score'] = [0.9, 0.4]
    records[0]['grounding']['regions'][1]['score'] = 0.5
    records[1]['grounding']['regions'][0]['score'] = [0.1]
    dataset = build(tmp_path, records)
    info = dataset.get_data_info(0)
    assert [x['bbox'] for x in info['instances']] == [[1, 2, 30, 40]]
    assert list(info['phrases']) == [0]
    assert dataset.prepare_data(1) is None
    assert {dataset[1]['img_path'] for _ in range(5)} == {info['img_path']}


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('{"filename": ', 'line 3: no JSON'),
        ('[1]', 'line 3: no JSON object, but list'),
        ('[' * 100_000, 'line 3: no JSON'),
        ('{"filename": "a.jpg", "width": 3}', 'lacks height, detection or grounding'),
        (DETECTION[0], 'line 3: it has no grounding; detection needs label_map_file'),
        (
            json.dumps(GROUNDING[0]).replace('[[0, 5]]', '[[0, 50]]'),
            r'line 3: phrase 0 has the span \[0, 50\], which is not inside',
        ),
        (json.dumps(GROUNDING[0]).replace('[3, 3, 9, 9]', '[3, 3, NaN, 9]'), 'finite'),
        (json.dumps(GROUNDING[0]).replace('a dog and a cat', ' '), 'caption is empty'),
    ],
)
def test_bad_lines_are_named_or_skipped_and_counted(
    line: object, message: str, tmp_path: Path
) -> None:
    dataset = build(tmp_path, [GROUNDING[1], line])
    with pytest.raises(ValueError, match=f'data.jsonl.*{message}'):
        dataset.get_data_info(1)
    skipping = build(tmp_path, [GROUNDING[1], line], on_bad='skip')
    assert skipping[1]['text'] == 'two trees'
    assert skipping.num_skipped >= 1


def test_a_label_without_a_name_is_refused(tmp_path: Path) -> None:
    records = json.loads(json.dumps(DETECTION))
    records[0]['detection']['instances'][0]['label'] = 7
    dataset = build(tmp_path, records, label_map_file='names.json')
    with pytest.raises(ValueError, match='box 0 has the label 7.*2 names'):
        dataset.get_data_info(0)


def test_files_that_are_missing_or_empty_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='holds no records'):
        build(tmp_path, [''])
    with pytest.raises(FileNotFoundError, match=r'there is no file .*nothing\.jsonl'):
        StreamingODVGDataset(ann_file=str(tmp_path / 'nothing.jsonl'), pipeline=[])
    with pytest.raises(ValueError, match='on_bad must be one of'):
        build(tmp_path, GROUNDING, on_bad='maybe')


def test_negative_captions_are_those_of_others(tmp_path: Path) -> None:
    dataset = build(tmp_path, GROUNDING, num_negative_captions=9)
    drawn = dataset.get_data_info(0)['negative_captions']
    assert set(drawn) == {'two trees'}


def test_a_part_of_the_file(tmp_path: Path) -> None:
    for indices, expected in (
        (1, ['a.jpg']),
        (-1, ['b.jpg']),
        ([1, 0], ['b.jpg', 'a.jpg']),
    ):
        dataset = build(tmp_path, GROUNDING, indices=indices)
        paths = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
        assert [Path(path).name for path in paths] == expected


def test_lines_are_found_across_blocks_and_by_every_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('glipv2.datasets.files.line_index.BLOCK_BYTES', 7)
    lines = [b'', b'x' * 20, b'', b'yy', b'z']
    (tmp_path / 'file').write_bytes(b'\n'.join(lines))
    index = pickle.loads(pickle.dumps(LineIndex(tmp_path / 'file')))
    assert [index[i] for i in range(len(index))] == [b'x' * 20, b'yy', b'z']
    assert [index.line_number(i) for i in range(3)] == [2, 4, 5]


def test_a_changed_file_is_scanned_again(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('a\nb\n')
    assert len(LineIndex(tmp_path / 'file')) == 2
    (tmp_path / 'file').write_text('a\nb\nc\n')
    assert len(LineIndex(tmp_path / 'file')) == 3


def test_a_folder_that_cannot_be_written_to_uses_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'file').write_text('a\nb\n')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    plain = os.PathLike

    real = open

    def refuse(path: object, mode: str = 'r', *args: object, **kwargs: object):
        name = str(path)
        if 'w' in mode and isinstance(path, plain) and '/cache/' not in name:
            raise PermissionError(name)
        return real(path, mode, *args, **kwargs)

    monkeypatch.setattr('builtins.open', refuse)
    assert len(LineIndex(tmp_path / 'file')) == 2
    assert list((tmp_path / 'cache').rglob('*.lines'))


def test_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    lines = 400_000
    with open(tmp_path / 'file', 'wb') as file:
        for _ in range(lines // 1000):
            file.write(b'{"filename": "a.jpg"}\n' * 1000)
    tracemalloc.start()
    index = LineIndex(tmp_path / 'file')
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(index) == lines
    assert index[lines - 1] == b'{"filename": "a.jpg"}'
    spans = lines * 2 * np.dtype(np.int64).itemsize
    assert peak < (1 << 24) * 6 + spans / 2


LINES = '\n'.join(map(json.dumps, GROUNDING))


@pytest.mark.parametrize(
    'data',
    [
        json.dumps(GROUNDING).encode(),
        json.dumps(GROUNDING, indent=2).encode('utf-8-sig'),
        '\n'.join(json.dumps(x, indent=1) for x in GROUNDING).encode(),
        gzip.compress(LINES.encode()),
        gzip.compress(json.dumps(GROUNDING).encode()),
        LINES.encode('utf-16'),
        LINES.replace('\n', '\r\n\r\n').encode('utf-8-sig'),
        LINES.replace('"filename"', '"file_name"').encode(),
        LINES.replace('"height": 50', '"height": "50.0"').encode(),
        LINES.replace('"b.jpg"', '".\\\\b.jpg"').encode(),
    ],
)
def test_other_forms_of_the_file_are_read(data: bytes, tmp_path: Path) -> None:
    plain = build(tmp_path, GROUNDING)
    (tmp_path / 'other').write_bytes(data)
    other = StreamingODVGDataset(
        ann_file='other', data_root=str(tmp_path), data_prefix=dict(img='pictures'),
        pipeline=[],
    )  # fmt: skip
    assert len(other) == 2
    for index in range(2):
        got, expected = other.get_data_info(index), plain.get_data_info(index)
        assert os.path.normpath(got.pop('img_path')) == expected.pop('img_path')
        assert got == expected


def test_a_damaged_gzip_file_is_named(tmp_path: Path) -> None:
    for data in (gzip.compress(LINES.encode())[:-20], b'\x1f\x8b nothing'):
        (tmp_path / 'lines.gz').write_bytes(data)
        with pytest.raises(ValueError, match=r'lines.gz is no whole gzip file'):
            StreamingODVGDataset(ann_file=str(tmp_path / 'lines.gz'), pipeline=[])


@pytest.mark.parametrize(
    ('box', 'message'),
    [
        (
            [30, 20, 10, 8],
            r'line 1: box 0 .* without area; boxes are \[x1, y1, x2, y2\]',
        ),
        ([3, 3, 3, 9], 'line 1: box 0 .* without area'),
        ([61, 3, 70, 9], 'line 1: box 0 .* outside the image of 60 x 50'),
        ([-9, 3, 0, 9], 'line 1: box 0 .* outside the image'),
    ],
)
def test_boxes_that_show_nothing_are_refused_or_counted(
    box: list, message: str, tmp_path: Path
) -> None:
    instances = [dict(bbox=box, label=0), dict(bbox=[1, 1, 9, 9], label=1)]
    record = dict(DETECTION[0], detection=dict(instances=instances))
    options = dict(label_map_file='names.json')
    with pytest.raises(ValueError, match=message):
        build(tmp_path, [record], **options).get_data_info(0)
    skipping = build(tmp_path, [record], on_bad='skip', **options)
    info = skipping.get_data_info(0)
    assert [x['bbox'] for x in info['instances']] == [[1, 1, 9, 9]]
    assert skipping.num_skipped == 1


def test_thin_boxes_are_counted(tmp_path: Path) -> None:
    record = json.loads(json.dumps(DETECTION[1]))
    record['detection']['instances'][0]['bbox'] = [5, 5, 5.5, 40]
    dataset = build(tmp_path, [record], label_map_file='names.json')
    assert dataset.get_data_info(0)['instances'] == []
    assert dataset.num_left_out == 1


@pytest.mark.parametrize('label', [1, '1', 1.0, '1.0', 'hot dog'])
@pytest.mark.parametrize(
    'names',
    [
        NAMES,
        {'dog': 0, 'hot dog': 1},
        {'hot dog': '1', 'dog': 0.0},
        {'0.0': 'dog', '01': 'hot dog'},
        ['dog', 'hot dog'],
    ],
)
def test_labels_and_maps_of_other_types(
    label: object, names: object, tmp_path: Path
) -> None:
    record = json.loads(json.dumps(DETECTION[1]))
    record['detection']['instances'][0]['label'] = label
    write(tmp_path, [record])
    (tmp_path / 'own.json').write_text(json.dumps(names), 'utf-16')
    dataset = StreamingODVGDataset(
        ann_file='data.jsonl', data_root=str(tmp_path), label_map_file='own.json',
        pipeline=[],
    )  # fmt: skip
    info = dataset.get_data_info(0)
    assert dict(info['text']) == NAMES
    assert info['instances'][0]['bbox_label'] == 1


MUST = 'own.json must hold names by label'


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        *[(x, MUST) for x in ({}, [], 'dog', {'a': 'dog'}, {'0': 5.5}, {'0': ' '})],
        (['dog', 'cat', ' Dog'], "own.json: 'dog' and ' Dog' read the same"),
        ({'0': 'dog', '1': 'dog'}, "own.json: 'dog' and 'dog' read the same"),
    ],
)
def test_other_label_maps_are_named(
    names: object, message: str, tmp_path: Path
) -> None:
    write(tmp_path, DETECTION)
    (tmp_path / 'own.json').write_text(json.dumps(names))
    with pytest.raises(ValueError, match=message):
        StreamingODVGDataset(
            ann_file='data.jsonl', data_root=str(tmp_path), label_map_file='own.json'
        )


def test_negatives_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    broken = '{"filename": '
    dataset = build(tmp_path, [GROUNDING[0], broken], num_negative_captions=9)
    others = dataset.get_data_info(0)['negative_captions']
    assert others[:0] == []
    with pytest.raises(ValueError, match='line 3: no JSON'):
        others[:1]
    skipping = build(
        tmp_path, [GROUNDING[0], broken], num_negative_captions=9, on_bad='skip'
    )
    assert skipping.get_data_info(0)['negative_captions'][:9] == []
    assert skipping.num_skipped > 0
