"""The documented converters make of a public file the lines that the configs read."""

import json
from pathlib import Path

import pytest

from tests.public_layouts.conftest import Workplace
from tests.public_layouts.detection import read_lines

CONVERTERS = 'tools/dataset_converters'
# Command, lines and label map that the configs read; below data/.
CASES = [
    ('mdetr2odvg.py gqa/final_mixed_train_no_coco.json', 'gqa/{}_vg.json', None),
    (
        'mdetr2odvg.py flickr30k_entities/final_flickr_separateGT_train.json',
        'flickr30k_entities/{}_vg.json',
        None,
    ),
    (
        'coco2odvg.py objects365v1/objects365_train.json',
        'objects365v1/o365v1_train_odvg.json',
        'o365v1_label_map.json',
    ),
    (
        'coco2odvg.py objects365v2/annotations/zhiyuan_objv2_train.json '
        '--cut-folders images/v1/ images/v2/',
        'objects365v2/annotations/{}_od.json',
        'o365v2_label_map.json',
    ),
    (
        'coco2odvg.py coco/annotations/instances_train2017.json --on-bad skip',
        'coco/annotations/{}_od.json',
        'coco2017_label_map.json',
    ),
    (
        'openimages2odvg.py OpenImages',
        'OpenImages/annotations/oidv6-train-annotations_od.json',
        'openimages_label_map.json',
    ),
]


def plain(records: list[dict]) -> dict[str, dict]:
    """Make records comparable by file: 8 and 8.0 are one, so are a box and [box].

    Images without an object are left out: the layouts have them in one form only.
    """
    text = json.dumps(records, sort_keys=True)
    round_off = lambda number: round(float(number), 9)  # noqa: E731
    found = {}
    for record in json.loads(text, parse_int=float, parse_float=round_off):
        for region in record.get('grounding', {}).get('regions', ()):
            if isinstance(region['bbox'][0], list):
                (region['bbox'],) = region['bbox']
        if record.get('detection', {}).get('instances') != []:
            found[record['filename']] = record
    return found


@pytest.mark.parametrize(('command', 'lines', 'label_map'), CASES)
def test_lines_are_those_that_configs_read(
    workplace: Workplace,
    tmp_path: Path,
    command: str,
    lines: str,
    label_map: str | None,
) -> None:
    script, source, *options = command.split()
    data = workplace.folder / 'data'
    out = tmp_path / 'lines.json'
    names = [] if label_map is None else ['--label-map', tmp_path / label_map]
    workplace.run(
        f'{CONVERTERS}/{script}', data / source, '--out', out, *names, *options
    )
    expected = data / lines.format(Path(source).stem)
    made, wanted = plain(read_lines(out)), plain(read_lines(expected))
    assert made == {name: wanted[name] for name in made}
    assert len(made) > 1
    if label_map is not None:
        made = json.loads((tmp_path / label_map).read_text())
        assert made == json.loads((expected.parent / label_map).read_text())


def test_the_list_of_answers(workplace: Workplace, tmp_path: Path) -> None:
    folder, out = workplace.folder / 'data/vqav2', tmp_path / 'answers.json'
    files = [f'v2_mscoco_{split}2014_annotations.json' for split in ('train', 'val')]
    workplace.run(
        f'{CONVERTERS}/vqa_answers.py', out, *(folder / file for file in files),
        '--least', 1,
    )  # fmt: skip
    assert json.loads(out.read_text()) == ['no', 'yes']


def test_phrasecut_to_lines(workplace: Workplace, tmp_path: Path) -> None:
    folder, out = workplace.folder / 'data/phrasecut', tmp_path / 'val.jsonl'
    workplace.run(
        f'{CONVERTERS}/phrasecut2odvg.py', folder / 'refer_val.json',
        folder / 'images', out,
    )  # fmt: skip
    assert len(read_lines(out)) == len(
        json.loads((folder / 'refer_val.json').read_text())
    )
