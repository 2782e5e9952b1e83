"""The fusion neck: padding, late fusion, use in somebody else's detector."""

from collections.abc import Sequence

import pytest
import torch
from mmdet.models.detectors import SingleStageDetector
from mmdet.registry import MODELS
from mmengine.structures import InstanceData
from torch import Tensor

from glipv2.structures.word_features import WordFeatures
from glipv2.text.prompt import prompt_from_names
from tests.tiny import (
    CHANNELS,
    TEXT_DIM,
    TEXT_SOURCE,
    batch_of,
    losses_of,
    sample_of,
    tiny_config,
    tiny_model,
)

SIZES = ((8, 12), (4, 6), (2, 3))


def build_neck(**changes: object) -> torch.nn.Module:
    """Build a neck with random weights that do something everywhere."""
    neck = MODELS.build({**tiny_config().fusion_neck, **changes})
    for parameter in neck.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return neck.double().eval()


def build_inputs(tokens: int = 6) -> tuple[list[Tensor], WordFeatures]:
    """Make a random pyramid and words."""
    pyramid = [torch.randn(2, CHANNELS, *size).double() for size in SIZES]
    mask = torch.ones(2, tokens).bool()
    features = torch.randn(2, tokens, TEXT_DIM).double()
    return pyramid, WordFeatures(features, mask, torch.zeros(2, tokens).long())


def test_padded_words_change_nothing() -> None:
    neck = build_neck()
    pyramid, words = build_inputs()
    longer = WordFeatures(
        torch.cat((words.features, torch.randn(2, 3, TEXT_DIM).double()), 1),
        torch.cat((words.mask, torch.zeros(2, 3).bool()), 1),
        torch.zeros(2, 9).long(),
    )
    fused, read = neck(pyramid, words)
    padded, read_padded = neck(pyramid, longer)
    torch.testing.assert_close(read_padded.features[:, :6], read.features)
    for ours, other in zip(padded, fused):
        torch.testing.assert_close(ours, other)


def test_values_outside_an_image_change_nothing_inside() -> None:
    neck = build_neck(num_blocks=1)
    pyramid, words = build_inputs()
    inside = [torch.ones(2, *size).bool() for size in SIZES]
    for keep in inside:
        keep[:, :, keep.shape[2] // 2 :] = False
    other = [
        torch.where(keep[:, None], level, torch.randn_like(level))
        for level, keep in zip(pyramid, inside)
    ]
    for ours, theirs in zip(
        neck(pyramid, words, inside)[0], neck(other, words, inside)[0]
    ):
        torch.testing.assert_close(ours, theirs)
    seen = build_neck(num_blocks=1, mask_padding=False)
    seen.load_state_dict(neck.state_dict())
    first = seen(pyramid, words, inside)[1].features
    assert not torch.allclose(first, seen(other, words, inside)[1].features)


def halved(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Compute the sizes of five levels; sides are halved, rounded up."""
    sizes = [size]
    for _ in range(4):
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    return sizes


def padded(
    pyramid: list[Tensor], right: int, down: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Put images into larger levels full of something else, and mask them."""
    height, width = pyramid[0].shape[-2:]
    larger, inside = [], []
    for level, size in zip(pyramid, halved((height + down, width + right))):
        within = (..., slice(level.shape[2]), slice(level.shape[3]))
        around = torch.randn(*level.shape[:2], *size).to(level) * 3
        around[within] = level
        mask = torch.zeros(len(level), *size).bool()
        mask[within] = True
        larger.append(around)
        inside.append(mask)
    return larger, inside


@pytest.mark.parametrize('num_blocks', [1, 2, 6])
@pytest.mark.parametrize('padding', [(1, 0), (0, 6), (7, 5), (20, 12)])
@pytest.mark.parametrize('finest', [(8, 12), (11, 5)], ids=['even', 'odd'])
@pytest.mark.parametrize(
    ('dtype', 'near'), [(torch.float32, 1e-5), (torch.float64, 1e-10)]
)
def test_the_amount_of_padding_changes_nothing(
    num_blocks: int, padding: tuple, finest: tuple, dtype: torch.dtype, near: float
) -> None:
    torch.manual_seed(11)
    neck = build_neck(num_blocks=num_blocks, norm_groups=4)
    for block in neck.blocks:
        for parameter in block.dynamic_conv.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    neck = neck.to(dtype)
    _, words = build_inputs()
    words = words.with_features(words.features.to(dtype))
    alone = [torch.randn(2, CHANNELS, *size).to(dtype) for size in halved(finest)]
    expected = results_of(neck, alone, alone, words, None)
    larger, inside = padded(alone, *padding)
    for ours, theirs in zip(results_of(neck, alone, larger, words, inside), expected):
        assert (ours - theirs).norm() <= near * theirs.norm()


def results_of(
    neck: torch.nn.Module,
    alone: list[Tensor],
    pyramid: list[Tensor],
    words: WordFeatures,
    inside: list[Tensor] | None,
) -> list[Tensor]:
    """Compute O of the images, P, and gradients: of levels, and of the parameters of
    each part of a block in a row (some of a part's are zero but for rounding)."""

    def cropped(levels: Sequence[Tensor]) -> list[Tensor]:
        return [
            level[..., : own.shape[2], : own.shape[3]]
            for level, own in zip(levels, alone)
        ]

    pyramid = [level.clone().requires_grad_() for level in pyramid]
    fused, read = neck(pyramid, words, inside)
    results = [*cropped(fused), read.features]
    sum(x.sin().sum() for x in results).backward()
    results += cropped([level.grad for level in pyramid])
    for part in (part for block in neck.blocks for part in block.children()):
        results.append(torch.cat([p.grad.flatten() for p in part.parameters()]))
    neck.zero_grad()
    return [result.detach() for result in results]


def test_the_amount_of_padding_does_not_change_words() -> None:
    """Questions and captions go other ways through the blocks."""
    neck = build_neck(num_blocks=3)
    _, words = build_inputs()
    alone = [torch.randn(2, CHANNELS, *size).double() for size in halved((7, 10))]
    larger, inside = padded(alone, 9, 4)
    asked = neck.fuse_words(alone, words).features
    torch.testing.assert_close(
        neck.fuse_words(larger, words, inside).features, asked, rtol=1e-10, atol=1e-10
    )
    told, told_padded = (
        neck.read(words, neck.image_views(*images)).features
        for images in ((alone, None), (larger, inside))
    )
    torch.testing.assert_close(told_padded, told, rtol=1e-10, atol=1e-10)


def test_legacy_offsets_cannot_ignore_padding() -> None:
    with pytest.raises(ValueError, match='set mask_padding=False'):
        build_neck(legacy_offsets=True)
    assert build_neck(legacy_offsets=True, mask_padding=False).mask_padding is False


def test_inputs_are_left_as_they_are() -> None:
    pyramid, words = build_inputs()
    copies = [level.clone() for level in pyramid]
    features = words.features.clone()
    build_neck()(pyramid, words)
    assert all(torch.equal(level, copy) for level, copy in zip(pyramid, copies))
    assert torch.equal(words.features, features)


def test_late_fusion_keeps_words_and_images_apart() -> None:
    neck = build_neck(early_fusion=False)
    pyramid, words = build_inputs()
    fused, read = neck(pyramid, words)
    assert torch.equal(read.features, words.features)
    again, _ = neck(pyramid, words.with_features(words.features * 2))
    assert all(torch.equal(ours, other) for ours, other in zip(fused, again))


class RetinaNetWithWords(SingleStageDetector):
    """A user's own detector: fixed words sharpen the pyramid of a RetinaNet."""

    def __init__(self, words: list[str], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.encoder = MODELS.build(dict(type='TextEncoder', source=TEXT_SOURCE))
        self.fusion = MODELS.build(tiny_config().fusion_neck)
        self.prompt = prompt_from_names(words)

    def extract_feat(self, batch_inputs: Tensor) -> tuple[Tensor, ...]:
        pyramid = super().extract_feat(batch_inputs)
        words, _ = self.encoder.encode([self.prompt] * len(batch_inputs))
        return self.fusion(pyramid, words)[0]


def test_neck_and_encoder_serve_another_detector() -> None:
    config = tiny_config()
    keys = ('backbone', 'neck', 'data_preprocessor', 'train_cfg', 'test_cfg')
    head = {key: value for key, value in config.bbox_head.items() if key != 'text_dim'}
    detector = RetinaNetWithWords(
        ['dog', 'car'],
        bbox_head={
            **head, 'type': 'ATSSHead', 'num_classes': 2, 'stacked_convs': 1,
            'norm_cfg': dict(type='GN', num_groups=4),
        },
        **{key: config[key] for key in keys},
    )  # fmt: skip
    detector.init_weights()
    batch = batch_of([sample_of(('dog', 'car'), [[8, 8, 40, 40]], [1])])
    losses = losses_of(detector, batch)
    total = sum(sum(v) if isinstance(v, list) else v for v in losses.values())
    total.backward()
    blocks = detector.fusion.blocks
    assert blocks[0].attention.text_value.weight.grad.abs().sum() > 0
    with torch.no_grad():
        found = detector.eval().test_step(batch)[0].pred_instances
    assert isinstance(found, InstanceData)


def test_recomputing_blocks_changes_no_gradient() -> None:
    gradients = []
    torch.manual_seed(3)
    state = build_neck().state_dict()
    for with_cp in (False, True):
        neck = build_neck(with_cp=with_cp).train()
        neck.load_state_dict(state)
        torch.manual_seed(4)
        pyramid, words = build_inputs()
        fused, read = neck(pyramid, words)
        (sum(x.pow(2).sum() for x in fused) + read.features.sum()).backward()
        gradients.append([p.grad for p in neck.parameters()])
    for plain, recomputed in zip(*gradients):
        torch.testing.assert_close(plain, recomputed)


@pytest.mark.timeout(120)
def test_torch_compile_traces_neck_and_head() -> None:
    """Tracing only; compiling the trace to machine code is torch's own affair."""
    model = tiny_model().eval()
    pyramid = [torch.randn(1, CHANNELS, *size) for size in SIZES]
    words = WordFeatures(
        torch.randn(1, 6, TEXT_DIM), torch.ones(1, 6).bool(), torch.zeros(1, 6).long()
    )

    def run(*levels: Tensor) -> Tensor:
        return model.bbox_head(*model.fusion_neck(levels, words)).logits

    with torch.no_grad():
        traced = torch.compile(run, backend='eager')(*pyramid)
        torch.testing.assert_close(traced, run(*pyramid))
