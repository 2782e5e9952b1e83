"""The few-shot sampler as a real process."""

import json
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np

from tests.forked import run_forked

SCRIPT = Path(__file__).parents[2] / 'tools/dataset_converters/sample_few_shot.py'


def annotation_file(folder: Path) -> Path:
    """Write 40 images; class 1 is common, 2 less so, 3 has two boxes, 4 none."""
    rng = np.random.default_rng(0)
    drawn = [(int(i), int(c)) for i in range(1, 41) for c in rng.choice([1, 1, 2], 2)]
    drawn += [(5, 3), (9, 3)]
    annotations = [
        dict(id=n, image_id=i, category_id=c, bbox=[0, 0, 4, 4], area=16, iscrowd=0)
        for n, (i, c) in enumerate(drawn, 1)
    ]
    annotations.append(dict(annotations[0], id=999, category_id=4, iscrowd=1))
    images = [dict(id=i, file_name=f'{i}.jpg', height=8, width=8) for i in range(1, 46)]
    categories = [dict(id=c, name=f'class {c}') for c in range(1, 5)]
    file = folder / '_annotations.coco.json'
    file.write_text(
        json.dumps(dict(images=images, annotations=annotations, categories=categories))
    )
    return file


def run(*arguments: object) -> subprocess.CompletedProcess:
    return run_forked([str(SCRIPT), *map(str, arguments)])


def test_each_class_has_enough_boxes_and_no_image_is_idle(tmp_path: Path) -> None:
    file = annotation_file(tmp_path)
    whole = json.loads(file.read_text())
    made = run(file)
    assert made.returncode == 0, made.stderr
    assert 'class 3 has only 2' in made.stdout
    seen = {}
    for shot in (1, 3, 5, 10):
        for seed in (3, 30, 300):
            path = tmp_path / f'fewshot_train_shot{shot}_seed{seed}.json'
            subset = json.loads(path.read_text())
            ids = {image['id'] for image in subset['images']}
            assert subset['annotations'] == [
                a for a in whole['annotations'] if a['image_id'] in ids
            ]
            assert subset['categories'] == whole['categories']
            boxes = [a for a in subset['annotations'] if not a['iscrowd']]
            counts = Counter(a['category_id'] for a in boxes)
            assert counts[1] >= shot and counts[2] >= shot
            assert counts[3] == min(shot, 2) or counts[3] == 2
            assert len(ids) <= 3 * shot
            seen[shot, seed] = path.read_bytes()
    assert len(set(seen.values())) > 8
    kept = tmp_path / 'fewshot_train_shot1_seed3.json'
    kept.write_text('{}')  # another's, such as GLIP's
    assert f'{kept}: kept' in run(file).stdout and kept.read_text() == '{}'
    run(file, '--overwrite')
    assert all(
        (tmp_path / f'fewshot_train_shot{shot}_seed{seed}.json').read_bytes() == content
        for (shot, seed), content in seen.items()
    )


def test_bad_files_are_named(tmp_path: Path) -> None:
    missing = run(tmp_path / 'no.json')
    assert missing.returncode == 1 and 'no.json' in missing.stderr
    (tmp_path / 'empty.json').write_text(
        '{"images": [], "annotations": [], "categories": []}'
    )
    empty = run(tmp_path / 'empty.json')
    assert 'empty.json: no image has a box' in empty.stderr
