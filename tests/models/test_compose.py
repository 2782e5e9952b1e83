"""Any mmdet backbone and pyramid neck, by config: one step and a prediction each."""

import pytest
import torch
from mmengine.config import ConfigDict

from tests.tiny import CHANNELS, batch_of, losses_of, sample_of, tiny_model

BACKBONES = {
    'resnet50': (
        dict(type='ResNet', depth=50, out_indices=(1, 2, 3), norm_eval=True),
        [512, 1024, 2048],
    ),
    'swin_t': (
        dict(type='SwinTransformer', embed_dims=96, out_indices=(1, 2, 3)),
        [192, 384, 768],
    ),
    'cspnext': (
        dict(
            type='CSPNeXt', widen_factor=0.25, deepen_factor=0.33,
            out_indices=(2, 3, 4), norm_cfg=dict(type='BN'),
        ),
        [64, 128, 256],
    ),
    'efficientnet_lite0': (
        dict(type='EfficientNetLite', norm_eval=True),
        [40, 112, 320],
    ),
}  # fmt: skip


@pytest.mark.parametrize('neck', ['FPN', 'PAFPN'])
@pytest.mark.parametrize('name', BACKBONES)
def test_backbones_and_necks_plug_in(name: str, neck: str) -> None:
    backbone, channels = BACKBONES[name]
    model = tiny_model(
        backbone=ConfigDict(backbone),
        neck=ConfigDict(
            type=neck, in_channels=channels, out_channels=CHANNELS, num_outs=3
        ),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    batch = batch_of([sample_of(('dog', 'car'), [[8, 8, 56, 56]], [1])] * 2)
    losses = losses_of(model, batch)
    sum(losses.values()).backward()
    optimizer.step()
    assert all(loss.isfinite() for loss in losses.values())
    with torch.no_grad():
        found = model.eval().test_step(batch)[0].pred_instances
    assert set(found.label_names) <= {'dog', 'car'}
    assert len(found)
