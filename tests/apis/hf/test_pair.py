"""The pair against transformers' Grounding DINO processor, on the shipped weights."""

import inspect

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import GroundingDinoImageProcessor, GroundingDinoProcessor

from glipv2.apis import GLIPv2ForObjectDetection, GLIPv2Inferencer, GLIPv2Processor
from glipv2.apis.hf.names import find_names
from glipv2.shipped import ASSETS

NAMES = ['A dog face', 'red apple', 'Cat face']
METHODS = ('__call__', 'post_process_grounded_object_detection')


@pytest.fixture(scope='module')
def pair() -> tuple[GLIPv2Processor, GLIPv2ForObjectDetection]:
    """The shipped model."""
    return (
        GLIPv2Processor.from_pretrained('emoji'),
        GLIPv2ForObjectDetection.from_pretrained('emoji'),
    )


@pytest.fixture(scope='module')
def image() -> Image.Image:
    """An example that comes with the package."""
    return Image.open(ASSETS / 'examples' / 'animals.jpg').convert('RGB')


@pytest.mark.parametrize('method', METHODS)
def test_arguments_are_transformers(method: str) -> None:
    ours, theirs = (
        {
            each.name: (each.kind, each.default)
            for each in inspect.signature(getattr(owner, method)).parameters.values()
        }
        for owner in (GLIPv2Processor, GroundingDinoProcessor)
    )
    assert {name: ours.get(name) for name in theirs} == theirs


def test_results_are_transformers(pair: tuple, image: Image.Image) -> None:
    processor, model = pair
    theirs = GroundingDinoProcessor(GroundingDinoImageProcessor(), processor.tokenizer)
    small = image.resize((image.width // 2, image.height // 3))
    inputs = processor(images=[image, small], text=[NAMES, NAMES[:1]])
    outputs = model(**inputs)
    assert outputs.pred_boxes.shape[:2] == outputs.logits.shape[:2]
    sizes = [each.size[::-1] for each in (image, small)]
    for options in (
        dict(target_sizes=sizes, threshold=0.06),
        dict(target_sizes=torch.tensor(sizes), threshold=0.3, text_threshold=0.4),
        dict(threshold=0.06, text_threshold=0.0),
    ):
        found, expected = (
            each.post_process_grounded_object_detection(
                outputs, inputs.input_ids, **options
            )
            for each in (processor, theirs)
        )
        assert len(found) == len(expected) == 2
        for one, other in zip(found, expected):
            assert one.keys() == other.keys()
            torch.testing.assert_close(one['scores'], other['scores'])
            torch.testing.assert_close(one['boxes'], other['boxes'])
            assert one['text_labels'] == other['text_labels']
    with pytest.raises(ValueError, match='2 images, but 1 sizes'):
        processor.post_process_grounded_object_detection(outputs, target_sizes=[(1, 1)])


def test_it_finds_what_the_inferencer_finds(pair: tuple, image: Image.Image) -> None:
    processor, model = pair
    inputs = processor(images=image, text='a dog face. red apple. cat face.')
    (found,) = processor.post_process_grounded_object_detection(
        model(**inputs), threshold=0.3, target_sizes=[image.size[::-1]]
    )
    inferencer = GLIPv2Inferencer('emoji', device='cpu', show_progress=False)
    expected = inferencer(
        np.asarray(image)[..., ::-1], texts=tuple(name.lower() for name in NAMES),
        format='hf',
    )['predictions'][0]  # fmt: skip
    assert len(expected) == len(found['scores']) > 0
    for index, other in zip(found['scores'].argsort(descending=True), expected):
        box, score, name = (
            found[key][index] for key in ('boxes', 'scores', 'text_labels')
        )
        assert abs(float(score) - other['score']) < 1e-3
        assert name == other['label']
        assert box.tolist() == pytest.approx(list(other['box'].values()), abs=2)


def test_texts(pair: tuple) -> None:
    processor, _ = pair
    merged, names = 'a cat. a dog.', ['A cat', 'a dog ']
    forms = (merged, names, [names], [merged])
    ids = [processor(text=form).input_ids for form in forms]
    assert all(each.equal(ids[0]) for each in ids)
    names, spans = find_names(ids[0][0].tolist(), processor.tokenizer)
    assert (names, spans) == (['a cat', 'a dog'], [(1, 3), (4, 6)])
    with pytest.raises(ValueError, match='no name'):
        find_names(processor(text='.').input_ids[0].tolist(), processor.tokenizer)
    with pytest.raises(ValueError, match='give images'):
        processor()
    with pytest.raises(ValueError, match='1 images, but 2 texts'):
        processor(np.zeros((9, 9, 3), np.uint8), ['a cat.', 'a dog.'])
    with pytest.raises(ValueError, match='an array'):
        processor(np.zeros((9, 9)), 'a cat.')
