"""What is said when there is nothing: no box, no weights, no word that is known."""

from pathlib import Path

import pytest

from glipv2.apis import GLIPv2Inferencer
from glipv2.apis.nothing_found import Finds, names_learnt


def test_a_lower_score_is_named_that_shows_the_best_box(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    call = dict(texts='cat . dog', return_datasamples=True)
    missed = Finds(1.0, ('red apple', 'dog face'))
    for sample in inferencer(str(images), score_thr=1.0, **call)['predictions']:
        missed.add(sample)
    said = missed.explain_nothing()
    assert 'nothing found with a score of 1 or more' in said
    assert said.endswith('trained on: red apple, dog face')
    lower = float(said.partition('a least score of ')[2].split()[0])
    found = Finds(lower, ())
    for sample in inferencer(str(images), score_thr=lower, **call)['predictions']:
        found.add(sample)
    assert found.boxes and found.explain_nothing() is None


def test_a_call_without_boxes_is_not_explained(
    all_tasks: GLIPv2Inferencer, images: Path
) -> None:
    finds = Finds(0.3)
    finds.add(dict(error='broken'))
    call = dict(texts='what is it?', task='vqa', return_datasamples=True)
    finds.add(all_tasks(str(images / '0.png'), **call)['predictions'][0])
    assert finds.explain_nothing() is None


def test_names_of_the_training_set_are_read() -> None:
    assert names_learnt(None) == names_learnt(dict(meta={})) == ()
    assert names_learnt(dict(meta=dict(dataset_meta=dict(classes=('a',))))) == ('a',)
    assert names_learnt(dict(meta=dict(dataset_meta=dict(CLASSES=['b'])))) == ('b',)


@pytest.mark.parametrize('text', ['🐶 . dog', ('dog', '🐶'), 'ⴰⴱ | dog'])
def test_unknown_names_are_refused(
    inferencer: GLIPv2Inferencer, images: Path, text: str | tuple
) -> None:
    with pytest.raises(ValueError, match='the model cannot read'):
        inferencer(str(images / '0.png'), texts=text)
    one, other = inferencer([str(images / '0.png')] * 2, texts=[text, 'dog . cat'])[
        'predictions'
    ]
    assert 'cannot read' in one['error'] and 'error' not in other


def test_a_model_without_weights_is_refused(checkpoint: Path) -> None:
    config = checkpoint.with_suffix('.py')
    for model in (config, 'glip_t'):
        with pytest.raises(ValueError, match='no weights for this model'):
            GLIPv2Inferencer(model, device='cpu')
    wanted = GLIPv2Inferencer(config, device='cpu', random_weights=True)
    assert wanted.tasks
