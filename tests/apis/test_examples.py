"""The inferencer's examples: forms, names with and without, bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from glipv2.apis import GLIPv2Inferencer
from glipv2.checkpoint.example_bank import ExampleBank
from tests.tiny import example_changes
from tests.tiny_files import HEADS, write_model

BOX = [10, 10, 50, 50]


@pytest.fixture(scope='module')
def by_example(tmp_path_factory: pytest.TempPathFactory) -> GLIPv2Inferencer:
    """Build a model that reads examples, with open gates."""
    folder = tmp_path_factory.mktemp('model')
    file = write_model(folder, **example_changes(), **HEADS)
    inferencer = GLIPv2Inferencer(weights=file, device='cpu', show_progress=False)
    for gated in inferencer.model.text_encoder.example_reader.gated:
        torch.nn.init.normal_(gated.attention_gate.linear2.weight)
    return inferencer


def names_of(inferencer: GLIPv2Inferencer, image: Path, **call: object) -> set[str]:
    """Look, and name what may be found."""
    found = inferencer(
        str(image), return_datasamples=True, score_thr=0.0, max_per_img=300, **call
    )
    (sample,) = found['predictions']
    assert not isinstance(sample, dict), sample
    return set(sample.pred_instances.label_names)


def test_names_with_and_without_examples(
    by_example: GLIPv2Inferencer, images: Path
) -> None:
    image = images / '0.png'
    shown = {'my part': [(str(image), BOX), (images / '1.png', BOX)]}
    found = names_of(by_example, image, texts='dog . key', examples=shown)
    assert found == {'dog', 'key', 'my part'}
    assert names_of(by_example, image, examples=shown) == {'my part'}
    plain = by_example(str(image), texts=('My Part',))['predictions'][0]
    seen = by_example(str(image), texts=('My Part',), examples=shown)
    (seen,) = seen['predictions']
    assert set(seen['label_names']) == {'My Part'}
    assert plain['scores'] != seen['scores']


def test_without_names(by_example: GLIPv2Inferencer, images: Path) -> None:
    """Words of nameless things are hidden, so that their number does not count."""
    image = str(images / '0.png')
    pairs = [(image, BOX)]
    assert names_of(by_example, image, examples=pairs) == {'object 1'}
    two = [pairs, [(image, [0, 0, 30, 30])]]
    assert names_of(by_example, image, examples=two) == {'object 1', 'object 2'}
    one = by_example(image, examples={'object 3': pairs})['predictions'][0]
    other = by_example(image, examples={'object 4': pairs})['predictions'][0]
    assert one['scores'] == other['scores']
    hidden = [
        by_example(image, examples={name: pairs}, hide_names=True)['predictions'][0]
        for name in ('dog', 'key')
    ]
    assert hidden[0]['scores'] == hidden[1]['scores']


def test_forms_of_examples(
    by_example: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    image = str(images / '0.png')
    mask = np.zeros((64, 96), dtype=bool)
    mask[10:50, 10:50] = True
    shown = dict(part=[(image, BOX)])
    bank = by_example.read_examples(shown)
    bank.save(tmp_path / 'bank.safetensors')
    (images / 'parts.json').write_text(json.dumps(dict(part=[['0.png', BOX]])))
    wanted = by_example(image, examples=shown)['predictions'][0]
    for form in (
        dict(part=(image, BOX)), dict(part=[(image, mask)]), bank,
        tmp_path / 'bank.safetensors', images / 'parts.json',
    ):  # fmt: skip
        (found,) = by_example(image, examples=form)['predictions']
        assert found['scores'] == wanted['scores']
    batch = [image, str(images / '1.png')]
    (found, _) = by_example(batch, examples=bank, batch_size=2)['predictions']
    np.testing.assert_allclose(found['scores'], wanted['scores'], atol=1e-5)


def test_a_thousand_examples_are_few(
    by_example: GLIPv2Inferencer, images: Path
) -> None:
    pairs = [(str(images / '0.png'), [x / 100, 0, 40, 40]) for x in range(1000)]
    bank = by_example.read_examples(dict(part=pairs))
    assert bank.queries['part'].shape == (20, 1, 16)


def test_bad_examples_are_one_line(
    by_example: GLIPv2Inferencer,
    inferencer: GLIPv2Inferencer,
    images: Path,
    tmp_path: Path,
) -> None:
    image = str(images / '0.png')
    twice = tmp_path / 'twice.json'
    twice.write_text('{"dog": [["0.png", [1, 1, 9, 9]]], "Dog": []}')
    bank = by_example.read_examples(dict(part=[(image, BOX)]))
    other = ExampleBank(bank.queries, 'another model')
    other.save(tmp_path / 'other.safetensors')
    for examples, message in (
        (dict(part=[(image, [50, 50, 120, 60])]), 'part in .*reaches out of its image'),
        (dict(part=[(image, [-5, 0, 20, 20])]), 'reaches out of its image of 96 x 64'),
        (dict(part=[(image, [5, 5, 9, 40])]), 'less than its cell of 8'),
        (dict(part=[(image, [5, 5, 5, 40])]), 'no area'),
        (dict(part=[(image, [5, 5, float('nan'), 40])]), 'no area'),
        (dict(part=[(image, 'box')]), 'four numbers'),
        (dict(part=[(image, np.zeros((64, 96)))]), 'empty mask'),
        (dict(part=[(str(images), BOX)]), 'more than one image'),
        (dict(part=[image]), 'is no pair'),
        (dict(part=[]), 'no list of pairs'),
        (dict(dog=[(image, BOX)], Dog=[(image, BOX)]), "twice: 'dog' and 'Dog'"),
        ({}, 'no example'),
        ([], 'no example'),
        (tmp_path / 'other.safetensors', 'examples of another model'),
        (twice, "twice: 'dog' and 'Dog'"),
    ):
        with pytest.raises(ValueError, match=message) as error:
            by_example(image, texts='dog', examples=examples)
        assert '\n' not in str(error.value)
    with pytest.raises(FileNotFoundError):
        by_example(image, examples=dict(part=[(tmp_path / 'none.png', BOX)]))
    with pytest.raises(ValueError, match='reads no examples'):
        inferencer(image, texts='dog', examples=dict(part=[(image, BOX)]))
    with pytest.raises(ValueError, match="task 'vqa' reads no examples"):
        by_example(image, texts='a dog?', task='vqa', examples=bank)
