"""Released files: equal predictions, smaller files, and refusals."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

from glipv2.apis import GLIPv2Inferencer
from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.checkpoint.release_file import write_release
from glipv2.convert.publish import publish
from glipv2.text.sources import shipped_bert_folder
from tests.tiny import TEXT_SOURCE, tiny_config
from tests.tiny_files import write_images, write_model, write_model_of_all_tasks


@pytest.fixture(scope='module')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp('images'))


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model_of_all_tasks(tmp_path_factory.mktemp('trained'))


def found(weights: Path, image: Path, **call: object) -> dict:
    model = GLIPv2Inferencer(weights=weights, device='cpu', show_progress=False)
    return model(str(image), **call)['predictions'][0]


def test_predictions_are_equal_without_the_training_machine(
    trained: Path, images: Path, tmp_path: Path
) -> None:
    calls = (dict(texts='a cat . a dog .'), dict(texts='is it red?', task='vqa'))
    before = [found(trained, images / '0.png', **call) for call in calls]
    released = tmp_path / 'released.safetensors'
    publish(trained, released)
    answers = trained.parent / 'answers.txt'
    answers.rename(trained.parent / 'gone.txt')
    after = [found(released, images / '0.png', **call) for call in calls]
    (trained.parent / 'gone.txt').rename(answers)
    assert after == before
    with safe_open(released, 'pt') as file:
        assert str(trained.parent) not in file.metadata()['config']


@pytest.fixture(scope='module')
def text_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small text encoder, as an installed package holds one."""
    folder = tmp_path_factory.mktemp('text')
    torch.manual_seed(1)
    model = BertModel(BertConfig(**TEXT_SOURCE))
    model.save_pretrained(folder)
    BertTokenizerFast.from_pretrained(shipped_bert_folder()).save_pretrained(folder)
    return folder


@pytest.fixture(scope='module')
def with_text(text_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model whose frozen text encoder comes from there."""
    encoder = dict(tiny_config().text_encoder, source=str(text_folder), frozen=True)
    return write_model(tmp_path_factory.mktemp('with_text'), text_encoder=encoder)


def test_half_and_without_text(with_text: Path, images: Path, tmp_path: Path) -> None:
    whole, small = tmp_path / 'whole.safetensors', tmp_path / 'small.safetensors'
    publish(with_text, whole)
    publish(with_text, small, half=True, without_text=True)
    assert small.stat().st_size < whole.stat().st_size / 4
    kept = load_checkpoint_safely(small)['state_dict']
    assert not [key for key in kept if key.startswith('text_encoder.model.')]
    exact = found(whole, images / '0.png', texts='a cat . a dog .')
    near = found(small, images / '0.png', texts='a cat . a dog .')
    assert exact['scores'][0] == pytest.approx(near['scores'][0], abs=5e-3)


def test_other_text_weights_are_refused(
    with_text: Path, text_folder: Path, tmp_path: Path
) -> None:
    small = tmp_path / 'small.safetensors'
    publish(with_text, small, without_text=True)
    weights = text_folder / 'model.safetensors'
    before = weights.read_bytes()
    state = load_file(weights)
    key = next(iter(state))
    save_file({**state, key: state[key] + 1}, weights, {'format': 'pt'})
    try:
        with pytest.raises(ValueError, match='not those that the model was trained'):
            GLIPv2Inferencer(weights=small, device='cpu')
    finally:
        weights.write_bytes(before)


@pytest.mark.parametrize('cut', [0, 5, 100, -1])
def test_damaged_file(trained: Path, tmp_path: Path, cut: int) -> None:
    released = tmp_path / 'released.safetensors'
    publish(trained, released)
    released.write_bytes(released.read_bytes()[:cut])
    with pytest.raises(ValueError, match='damaged or no safetensors file'):
        load_checkpoint_safely(released)


def test_config_in_a_release_is_guarded(trained: Path, tmp_path: Path) -> None:
    released = tmp_path / 'released.safetensors'
    state = load_checkpoint_safely(trained)['state_dict']
    write_release(released, state, "model = dict(type='os.system', command='true')")
    with pytest.raises(ValueError, match=r'os\.system'):
        GLIPv2Inferencer(weights=released, device='cpu')


def test_trained_text_cannot_be_left_out(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='text encoder was trained'):
        publish(trained, tmp_path / 'x.safetensors', without_text=True)
    with pytest.raises(ValueError, match='must end with'):
        publish(trained, tmp_path / 'x.pth')
