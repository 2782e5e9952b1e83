"""Calibrated scores in calls: asked for, never silent."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from glipv2.apis import GLIPv2Inferencer
from glipv2.checkpoint.calibrated import add_calibration


@pytest.fixture(scope='module')
def calibrated(
    checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> GLIPv2Inferencer:
    stored = dict(
        temperature=0.5, bias=-0.2, biases={'dog': 1.0}, thresholds={'0.8': 0.3}
    )
    target = tmp_path_factory.mktemp('calibrated') / 'calibrated.pth'
    add_calibration(checkpoint, target, stored)
    return GLIPv2Inferencer(weights=target, device='cpu', show_progress=False)


def call(model: GLIPv2Inferencer, images: Path, **options: object) -> dict:
    image = str(images / '0.png')
    return model(image, texts=('dog', 'red cat'), **options)['predictions'][0]


def test_only_when_asked(
    calibrated: GLIPv2Inferencer, inferencer: GLIPv2Inferencer, images: Path
) -> None:
    assert call(calibrated, images) == call(inferencer, images)
    plain, sure = call(calibrated, images), call(calibrated, images, calibrated=True)
    bias = {'dog': 1.0, 'red cat': -0.2}
    expected = sorted(
        (
            expit(logit(score) / 0.5 + bias[name])
            for score, name in zip(plain['scores'], plain['label_names'])
        ),
        reverse=True,
    )
    assert np.allclose(sure['scores'], expected, atol=1e-5)
    assert sure['scores'] == sorted(sure['scores'], reverse=True)
    assert sorted(map(tuple, sure['bboxes'])) == sorted(map(tuple, plain['bboxes']))


def test_a_precision_in_place_of_a_score(
    calibrated: GLIPv2Inferencer, images: Path
) -> None:
    everything = call(calibrated, images, calibrated=True)
    chosen = call(calibrated, images, precision=0.75)
    assert chosen['scores'] == [x for x in everything['scores'] if x >= 0.3]
    with pytest.raises(ValueError, match=r'reached on its validation set is 0\.8'):
        call(calibrated, images, precision=0.99)


def test_weights_without_a_calibration_say_so(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    with pytest.raises(ValueError, match=r'carry no calibration; tools.*calibrate\.py'):
        call(inferencer, images, calibrated=True)
