"""A whole detector, an image alone and in batches that are padded more.

What the backbone and the pyramid neck still see of the padding is measured, and printed
with ``-s`` (docs/design_decisions.md).
"""

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from glipv2.text.prompt import prompt_from_names
from tests.tiny import CHANNELS, sample_of, tiny_model

NAMES = ('dog', 'car', 'tree')
BOXES = [[4.0, 6, 40, 44], [50, 20, 110, 84], [20, 60, 36, 80]]
SHAPE = (90, 120)  # alone, it is padded to (96, 128)
BATCHES = ((96, 128), (96, 160), (128, 128), (224, 352))


class Cells(nn.Module):
    """A backbone that sees no padding: mean colours of cells of 8, 16, 32 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.ModuleList(nn.Conv2d(3, CHANNELS, 1) for _ in range(3))

    def forward(self, x: Tensor) -> list[Tensor]:
        return [
            project(F.avg_pool2d(x, 8 * 2**level))
            for level, project in enumerate(self.project)
        ]


def build_model(backbone: nn.Module | None = None) -> nn.Module:
    """Build the tiny model with weights that do something everywhere."""
    init_default_scope('mmdet')
    torch.manual_seed(3)
    model = tiny_model()
    if backbone is not None:
        model.backbone, model.neck = backbone, None
    for name, parameter in model.named_parameters():
        if name.startswith('fusion_neck'):
            nn.init.normal_(parameter, std=0.2)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # else zeros stay zeros
            nn.init.normal_(module.weight, 1, 0.2)
            nn.init.normal_(module.bias, 0, 0.2)
    return model.eval()


def batch(size: tuple[int, int]) -> tuple[Tensor, list]:
    """Make one image in a batch of (H, W) pixels."""
    torch.manual_seed(4)
    image = F.interpolate(torch.randn(1, 3, 30, 40), SHAPE, mode='bilinear')
    inputs = torch.zeros(1, 3, *size)
    inputs[..., : SHAPE[0], : SHAPE[1]] = image
    sample = sample_of(NAMES, BOXES, [0, 1, 2], SHAPE, pad_shape=BATCHES[0])
    sample.set_metainfo(dict(batch_input_shape=size))
    return inputs, [sample]


def test_losses_do_not_depend_on_the_amount_of_padding() -> None:
    """Also locations count that are outside the image and in its own padding."""
    model = build_model(Cells())
    expected = None
    for size in BATCHES:
        model.zero_grad()
        losses = model.loss(*batch(size))
        total = sum(sum(x) if isinstance(x, list) else x for x in losses.values())
        total.backward()
        found = {name: p.grad for name, p in model.named_parameters()}
        found['loss'] = total.detach()
        expected = expected or found
        for name, value in expected.items():
            if value is not None and 'key.bias' not in name:  # that is 0 but rounded
                torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6)


def relative(found: list[Tensor], expected: list[Tensor]) -> float:
    """Compare the image's part of levels: relative L2 distance."""
    pairs = []
    for ours, theirs, stride in zip(found, expected, (8, 16, 32)):
        height, width = (-(-side // stride) for side in SHAPE)
        pairs.append([x[..., :height, :width].flatten() for x in (ours, theirs)])
    ours, theirs = (torch.cat(parts) for parts in zip(*pairs))
    return ((ours - theirs).norm() / theirs.norm()).item()


@pytest.mark.parametrize('size', BATCHES[1:], ids=str)
def test_backbone_and_pyramid_neck_see_padding(size: tuple[int, int]) -> None:
    model = build_model()
    results = []
    for padded in (BATCHES[0], size):
        inputs, samples = batch(padded)
        with torch.no_grad():
            pyramid = model.extract_feat(inputs)
            words, _ = model.text_encoder.encode([prompt_from_names(NAMES)])
            results.append(
                (pyramid, *model.grounding.fuse(pyramid, words, samples, padded))
            )
    (pyramid, fused, _), (padded_pyramid, padded_fused, _) = results
    print(f'{size}: O0 {relative(padded_pyramid, pyramid):.2%}')
    print(f'{size}: O {relative(padded_fused, fused):.2%}')
    assert 1e-3 < relative(padded_pyramid, pyramid) < 0.5
