"""The data check on phrases: ODVG lines and PhraseCut."""

import json
from pathlib import Path

from glipv2.datasets.report.inspect_dataset import TextSettings
from tests.datasets.report.defects import (
    examples,
    grounding,
    inspect,
    odvg_config,
    region,
    told,
)


def test_every_defect_of_odvg_lines_is_told(
    folder: Path, settings: TextSettings
) -> None:
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
    found = inspect(config, settings, num_samples=1)
    assert told(found) == {
        'broken entry': 3,
        'phrase outside its caption': 2,
        'box without area or not finite': 1,
        'box outside the image': 1,
        'phrase or name without tokens': 1,
        'text cut to max_tokens': 1,
    }
    assert 'line 3' in examples(found, 'broken entry')
    assert 'line 4' in examples(found, 'phrase outside its caption')
    assert 'line 4, phrase 1, box 0' in examples(
        found, 'box without area or not finite'
    )


def test_phrasecut(folder: Path, settings: TextSettings) -> None:
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
    found = inspect(config, settings)
    assert told(found) == {'broken entry': 3, 'mask does not match': 1}
    assert 'task 1 is a duplicate' in examples(found, 'broken entry')
    assert 'task 3, box 0' in examples(found, 'mask does not match')


def test_what_training_skips_is_a_warning(folder: Path, settings: TextSettings) -> None:
    record = grounding('a dog', region([[0, 5]], [1, 1, 9, 9]))
    config = odvg_config(folder, [record, '{', {**record, 'filename': 'lost.png'}])
    config['on_bad'] = 'skip'
    config['pipeline'][0]['on_bad'] = 'skip'
    found = inspect(config, settings, num_samples=3)
    assert told(found) == {
        'broken line, skipped': 1,
        'image missing, broken or of another size than stated, skipped': 1,
    }
    assert found.problems.num_errors == 0


def test_a_set_without_a_usable_box_is_an_error(
    folder: Path, settings: TextSettings
) -> None:
    found = inspect(odvg_config(folder, [grounding('a dog')]), settings)
    assert told(found) == {'data set does not load': 1}
    assert 'none of 1 samples has a box' in examples(found, 'data set does not load')
