"""The documented converters make of a public file the lines that the configs read."""

import json
from pathlib import Path

import mmdet
import pytest

from tests.public_layouts.conftest import ROOT, Workplace
from tests.public_layouts.detection import read_lines

MMDET = Path(mmdet.__file__).parent / '.mim/tools/dataset_converters'
OURS = ROOT / 'tools/dataset_converters'
# Converter, published file, lines and label map that the configs read; below data/.
OBJECTS = 'objects365v1/objects365_train.json'
OBJECTS_2 = 'objects365v2/annotations/zhiyuan_objv2_train.json'
CASES = [
    ('goldg2odvg.py', 'gqa/final_mixed_train_no_coco.json', 'gqa/{}_vg.json', None),
    (
        'goldg2odvg.py',
        'flickr30k_entities/final_flickr_separateGT_train.json',
        'flickr30k_entities/{}_vg.json',
        None,
    ),
    (
        'coco2odvg.py -d o365v1',
        OBJECTS,
        'objects365v1/o365v1_train_odvg.json',
        'o365v1_label_map.json',
    ),
    (
        'coco2odvg.py -d o365v2',
        OBJECTS_2,
        'objects365v2/annotations/{}_od.json',
        'o365v2_label_map.json',
    ),
    (
        'coco2odvg.py -d coco',
        'coco/annotations/instances_train2017.json',
        'coco/annotations/{}_od.json',
        'coco2017_label_map.json',
    ),
]


def plain(records: list[dict]) -> list[dict]:
    """Make numbers comparable: 8 and 8.0 are one; phrases may stand in lists."""
    text = json.dumps(records, sort_keys=True)
    return json.loads(text, parse_int=float)


@pytest.mark.parametrize(('command', 'source', 'lines', 'label_map'), CASES)
def test_mmdets_converters(
    workplace: Workplace,
    tmp_path: Path,
    command: str,
    source: str,
    lines: str,
    label_map: str | None,
) -> None:
    pytest.importorskip('jsonlines')
    script, *options = command.split()
    data = workplace.folder / 'data'
    out = tmp_path / 'lines.json'
    workplace.run(MMDET / script, data / source, *options, '-o', out)
    expected = data / lines.format(Path(source).stem)
    assert plain(read_lines(out)) == plain(read_lines(expected))
    if label_map is not None:
        made = json.loads((tmp_path / label_map).read_text())
        assert made == json.loads((expected.parent / label_map).read_text())


def test_mmdets_converter_of_open_images(workplace: Workplace, tmp_path: Path) -> None:
    pytest.importorskip('jsonlines')
    root = workplace.folder / 'data/OpenImages'
    out = tmp_path / 'lines.json'
    workplace.run(
        MMDET / 'openimages2odvg.py', '--input-dir', root / 'annotations', '-o', out
    )
    found, expected = (
        read_lines(path)
        for path in (out, root / 'annotations/oidv6-train-annotations_od.json')
    )
    assert [line['filename'] for line in found] == [
        line['filename'] for line in expected
    ]
    for made, wanted in zip(found, expected):
        for one, other in zip(
            made['detection']['instances'], wanted['detection']['instances']
        ):
            assert one['bbox'] == pytest.approx(other['bbox'])
            assert one['category'] == other['category']


def test_the_list_of_answers(workplace: Workplace, tmp_path: Path) -> None:
    folder, out = workplace.folder / 'data/vqav2', tmp_path / 'answers.json'
    files = [f'v2_mscoco_{split}2014_annotations.json' for split in ('train', 'val')]
    workplace.run(
        OURS / 'vqa_answers.py', out, *(folder / file for file in files), '--least', 1
    )
    assert json.loads(out.read_text()) == ['no', 'yes']


def test_phrasecut_to_lines(workplace: Workplace, tmp_path: Path) -> None:
    folder, out = workplace.folder / 'data/phrasecut', tmp_path / 'val.jsonl'
    workplace.run(
        OURS / 'phrasecut2odvg.py', folder / 'refer_val.json', folder / 'images', out
    )
    assert len(read_lines(out)) == len(
        json.loads((folder / 'refer_val.json').read_text())
    )


OUR_CASES = [
    ('mdetr2odvg.py', *CASES[0][1:]),
    ('mdetr2odvg.py', *CASES[1][1:]),
    ('coco2odvg.py', *CASES[2][1:]),
    ('coco2odvg.py --cut-folders images/v1/ images/v2/', *CASES[3][1:]),
    ('coco2odvg.py --on-bad skip', *CASES[4][1:]),
]


@pytest.mark.parametrize(('command', 'source', 'lines', 'label_map'), OUR_CASES)
def test_our_converters(
    workplace: Workplace,
    tmp_path: Path,
    command: str,
    source: str,
    lines: str,
    label_map: str | None,
) -> None:
    script, *options = command.split()
    if not (OURS / script).is_file():
        pytest.skip(f'tools/dataset_converters/{script} is not there yet')
    data = workplace.folder / 'data'
    out = tmp_path / 'lines.json'
    names = [] if label_map is None else ['--label-map', tmp_path / label_map]
    workplace.run(OURS / script, data / source, '--out', out, *names, *options)
    expected = data / lines.format(Path(source).stem)
    assert plain(read_lines(out)) == plain(read_lines(expected))
    if label_map is not None:
        made = json.loads((tmp_path / label_map).read_text())
        assert made == json.loads((expected.parent / label_map).read_text())
