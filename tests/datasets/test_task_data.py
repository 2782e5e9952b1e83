"""The base configs of questions and captions, on small files of the same formats."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from PIL import Image

import glipv2  # noqa: F401 (registers the parts)

FOLDER = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets'
# Widths of the images, twice as wide as high, in testing.
WIDTHS = dict(vqav2=960, coco_karpathy=960, emoji_vqa=192, emoji_captions=192)


def write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((24, 48, 3), np.uint8)).save(path)


def write_vqa(questions: Path, annotations: Path, **more: str) -> None:
    ids = dict(question_id=1, image_id=5)
    answers = [dict(answer=x) for x in ('two', *['2'] * 9)]
    answered = dict(ids, question_type='how many', answer_type='number')
    write_json(questions, dict(questions=[dict(ids, question='how many?', **more)]))
    write_json(annotations, dict(annotations=[dict(answered, answers=answers)]))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write every file that the configs name, and go where they look for it."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / 'data'
    for split in ('train', 'val'):
        write_vqa(
            data / f'vqav2/v2_OpenEnded_mscoco_{split}2014_questions.json',
            data / f'vqav2/v2_mscoco_{split}2014_annotations.json',
        )
        write_image(data / f'coco/{split}2014/COCO_{split}2014_000000000005.jpg')
        scenes = data / 'emoji_scenes'
        write_vqa(
            scenes / f'annotations/vqa_{split}_questions.json',
            scenes / f'annotations/vqa_{split}_annotations.json',
            file_name='4.jpg',
        )
        write_image(scenes / split / '4.jpg')
        captions = [dict(id=i, image_id=5, caption='two dogs') for i in (1, 2)]
        write_json(
            scenes / f'annotations/captions_{split}.json',
            dict(images=[dict(id=5, file_name='4.jpg')], annotations=captions),
        )
    images = [
        dict(
            filepath='val2014', filename='COCO_val2014_000000000005.jpg', cocoid=number,
            split=split, sentences=[dict(raw='two dogs'), dict(raw='two dogs')],
        )
        for number, split in enumerate(('train', 'restval', 'val', 'test'))
    ]  # fmt: skip
    write_json(data / 'coco/annotations/dataset_coco.json', dict(images=images))
    return data


@pytest.mark.parametrize('name', WIDTHS)
def test_samples_go_from_the_files_to_the_metric(name: str, data: Path) -> None:
    config = Config.fromfile(FOLDER / f'{name}.py')
    trained = DATASETS.build(config.train_dataloader.dataset)
    assert trained[0]['data_samples'].text in ('how many?', 'two dogs')
    for loader, evaluator in (
        (config.val_dataloader, config.val_evaluator),
        (config.test_dataloader, config.test_evaluator),
    ):
        packed = DATASETS.build(loader.dataset)[0]
        assert packed['inputs'].shape[2] == WIDTHS[name]
        sample = packed['data_samples']
        sample.pred_answer, sample.pred_caption = '2', 'Two dogs.'
        judge = Evaluator(evaluator)
        judge.process([sample])
        figures = judge.evaluate(1)
        if sample.task == 'vqa':
            assert figures['vqa/accuracy_of_how_many'] == 100
        else:
            assert figures['caption/ROUGE_L'] == pytest.approx(1)
