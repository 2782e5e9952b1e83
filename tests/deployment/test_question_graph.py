"""An exported VQA head answers as the model does, whatever the question's length."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from glipv2.benchmarks.export_equality import image_of
from glipv2.deployment import ExportedModel, ExportOptions, export_vqa
from tests.deployment.comparison import CONFIG, random_model
from tests.models.grounded_reader.test_reader import READER
from tests.tiny import TEXT_DIM, sample_of

ANSWERS = ('yes', 'no', '2', 'red')
QUESTIONS = ('is there a dog?', 'what colour is the very large car near the old tree?')
SCRIPT = Path(__file__).parents[2] / 'tools' / 'deployment' / 'run_onnx.py'
SIZE = (64, 96)


@pytest.fixture(
    scope='module',
    params=[(None, SIZE), (READER, None)],
    ids=['plain, one size', 'reader, any size'],
)
def case(request: pytest.FixtureRequest) -> tuple[dict | None, tuple | None]:
    return request.param


@pytest.fixture(scope='module')
def model(case: tuple) -> nn.Module:
    head = dict(type='VQAHead', text_dim=TEXT_DIM, answers=ANSWERS, reader=case[0])
    return random_model(vqa_head=head)


@pytest.fixture(scope='module')
def file(
    model: nn.Module, case: tuple, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp('vqa') / 'model.onnx'
    export_vqa(model, CONFIG, path, ExportOptions(size=case[1]))
    return path


@pytest.fixture(scope='module')
def script() -> ModuleType:
    spec = spec_from_file_location('run_onnx', SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('question', QUESTIONS)
def test_answers_equal_the_models(
    file: Path, model: nn.Module, case: tuple, question: str
) -> None:
    size = case[1] or (33 + len(question), 120)
    image = image_of(size)
    inputs = torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())
    sample = sample_of(question, shape=size, task='vqa')
    with torch.no_grad():
        batch = dict(inputs=[inputs], data_samples=[sample])
        found = model.test_step(batch)[0]
    tokens = model.text_encoder.tokenizer(question)['input_ids']
    scores = ExportedModel(file, trust_code=True)(image, tokens=tokens)['answer_scores']
    expected = dict(zip(found.pred_answers, found.pred_answer_scores))
    got = dict(zip(ANSWERS, scores.tolist()))
    assert got == pytest.approx(expected, abs=1e-5)
    assert len({round(score, 4) for score in got.values()}) > 1


def test_the_script_answers(script: ModuleType, file: Path, model: nn.Module) -> None:
    session, description = script.open_model(file, 1)
    image = Image.fromarray(image_of(SIZE))
    tokens = model.text_encoder.tokenizer(QUESTIONS[0])['input_ids']
    scores = script.run(session, description, image, tokens)['answer_scores']
    best = script.best_answers(scores, description['answers'], 2)
    assert best['pred_answer'] == ANSWERS[int(np.argmax(scores))]
    assert len(best['pred_answers']) == 2
    for wrong, message in ((None, 'pass the question'), ([1] * 99, '2 to 64 tokens')):
        with pytest.raises(script.BadInput, match=message):
            script.run(session, description, image, wrong)
