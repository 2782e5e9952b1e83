"""The mask head against plain formulas, and in the detector."""

import numpy as np
import pytest
import torch
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData
from torch import nn

from glipv2.models import LanguageMaskHead
from glipv2.models.layers.hourglass import Hourglass
from glipv2.structures.word_features import WordFeatures
from tests.tiny import (
    CHANNELS,
    TEXT_DIM,
    batch_of,
    detail_changes,
    losses_of,
    sample_of,
    tiny_model,
)

TRAIN = dict(
    mask_size=28,
    assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.5,
                  min_pos_iou=0.5, match_low_quality=False, ignore_iof_thr=-1),
    sampler=dict(type='RandomSampler', num=16, pos_fraction=1.0, neg_pos_ub=-1,
                 add_gt_as_proposals=True),
)  # fmt: skip
EXTRACTOR = dict(
    type='SingleRoIExtractor', out_channels=CHANNELS, featmap_strides=[8, 16, 32],
    roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
)  # fmt: skip
HEAD = dict(
    type='LanguageMaskHead', in_channels=CHANNELS, text_dim=TEXT_DIM, train_cfg=TRAIN,
    roi_extractor=EXTRACTOR,
)  # fmt: skip


def make_head(**changes: object) -> LanguageMaskHead:
    """Build a head with every weight random."""
    torch.manual_seed(0)
    options = {**HEAD, **changes}
    options.pop('type')
    head = LanguageMaskHead(**options)
    head.init_weights()
    for parameter in head.parameters():
        nn.init.normal_(parameter, std=0.1)
    return head


def pyramid_of(batch: int = 2) -> list[torch.Tensor]:
    """Make random levels of 64 x 96 images."""
    return [torch.randn(batch, CHANNELS, 64 // s, 96 // s) for s in (8, 16, 32)]


def test_logits_are_the_mean_over_the_phrases_words() -> None:
    """Every pixel against every word, in float64, then the mean."""
    head = make_head().double()
    pyramid = [level.double() for level in pyramid_of()]
    words = torch.randn(7, TEXT_DIM, dtype=torch.double)
    spans = torch.zeros(2, 7).bool()
    spans[0, 1:4], spans[1, 5] = True, True
    rois = torch.tensor([[0, 4.0, 4, 40, 60], [1, 10, 8, 90, 50], [1, 0, 0, 20, 20]])
    phrase = torch.tensor([0, 1, 0])
    # RoIAlign has no float64 gradient here, but its forward does.
    vectors = head.phrase_vectors(words, spans)[phrase]
    found = head(pyramid, rois.double(), vectors)
    assert found.shape == (3, 1, 28, 28)
    features = head.roi_extractor(pyramid, rois.double())
    features = head.upsample(head.hourglasses(features)).relu()
    for region in range(3):
        for row, column in ((0, 0), (13, 20), (27, 5)):
            pixel = features[region, :, row, column]
            logits = []
            for token in spans[phrase[region]].nonzero().flatten().tolist():
                unit = words[token] / words[token].norm()
                project = head.text_projection.weight @ (unit / 2)
                project = project + head.text_projection.bias
                logits.append(
                    pixel @ project / head.log_scale.exp() + unit @ head.bias_lang
                )
            expected = torch.stack(logits).mean().float()
            torch.testing.assert_close(
                found[region, 0, row, column].float(), expected, rtol=1e-5, atol=1e-6
            )


def test_gradients_of_words_and_pixels() -> None:
    head = make_head(in_channels=4, roi_extractor=dict(EXTRACTOR, out_channels=4))
    head = head.double()
    spans = torch.tensor([[True, True, False], [False, False, True]])
    features = torch.randn(2, 4, 4, 4, dtype=torch.double, requires_grad=True)
    words = torch.randn(3, TEXT_DIM, dtype=torch.double, requires_grad=True)

    def logits(features: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
        vectors = head.phrase_vectors(words, spans)
        return head._match_upsampled(head.hourglasses(features), vectors, None)

    assert torch.autograd.gradcheck(logits, (features, words))


@pytest.mark.parametrize(('scales', 'side'), [(1, 14), (2, 12), (4, 16)])
def test_hourglass_keeps_the_shape(scales: int, side: int) -> None:
    x = torch.randn(2, 8, side, side)
    assert Hourglass(scales, 8)(x).shape == x.shape


def test_a_region_that_does_not_halve_is_refused() -> None:
    with pytest.raises(ValueError, match='a multiple of 16'):
        make_head(hourglass_scales=4)


def masks_of(boxes: list, height: int = 64, width: int = 96) -> BitmapMasks:
    """Fill boxes."""
    masks = np.zeros((len(boxes), height, width), dtype=np.uint8)
    for mask, (left, top, right, bottom) in zip(masks, boxes):
        mask[top:bottom, left:right] = 1
    return BitmapMasks(masks, height, width)


BOXES = [[8, 8, 40, 40], [44, 20, 84, 60]]


def masked_sample(boxes: list = BOXES, labels: tuple = (0, 1)):
    """Make a sample with masks."""
    sample = sample_of(('dog', 'red car'), boxes, list(labels))
    sample.gt_instances.masks = masks_of(boxes)
    return sample


def test_every_parameter_learns_and_the_rest_stays() -> None:
    model = tiny_model(mask_head=HEAD, train_only=('mask_head',))
    model.train()
    assert model.mask_head.training and not model.backbone.training
    losses = losses_of(model, batch_of([masked_sample(), masked_sample()]))
    assert losses.keys() == {'loss_mask'}
    losses['loss_mask'].backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith('mask_head.'), name
    joint = losses_of(tiny_model(mask_head=HEAD), batch_of([masked_sample()]))
    assert {'loss_cls', 'loss_bbox', 'loss_centerness', 'loss_mask'} == joint.keys()
    with pytest.raises(ValueError, match="train_only names 'mask'"):
        tiny_model(mask_head=HEAD, train_only=('mask',))


def test_objects_without_a_mask_are_left_out() -> None:
    head = make_head()
    pyramid = pyramid_of(1)
    words = WordFeatures(
        torch.randn(1, 5, TEXT_DIM), torch.ones(1, 5).bool(), torch.zeros(1, 5).long()
    )
    spans = [torch.eye(5).bool()[1:3]]
    none = InstanceData(bboxes=torch.zeros(0, 4), scores=torch.zeros(0))

    def loss_with(boxes: list, empty: int | None) -> torch.Tensor:
        masks = masks_of(boxes)
        if empty is not None:
            masks.masks[empty] = 0
        truth = InstanceData(
            bboxes=torch.tensor(boxes).float(),
            labels=torch.tensor([0, 1][: len(boxes)]), masks=masks,
        )  # fmt: skip
        return head.loss(pyramid, words, spans, [none], [truth])['loss_mask']

    torch.testing.assert_close(loss_with(BOXES, 1), loss_with(BOXES[:1], None))
    nothing = loss_with(BOXES[:1], 0)
    nothing.backward()
    assert nothing == 0
    assert all(p.grad is not None for p in head.parameters())
    truth = InstanceData(bboxes=torch.zeros(0, 4), labels=torch.zeros(0).long())
    with pytest.raises(ValueError, match='LoadTextMasks'):
        head.loss(pyramid, words, spans, [none], [truth])


def test_class_agnostic_masks_ignore_the_words() -> None:
    head = make_head(class_agnostic=True)
    assert not hasattr(head, 'text_projection')
    rois = torch.tensor([[0, 4.0, 4, 40, 60]])
    assert head(pyramid_of(1), rois, None).shape == (1, 1, 28, 28)
    model = tiny_model(mask_head=dict(HEAD, class_agnostic=True))
    losses_of(model, batch_of([masked_sample()]))['loss_mask'].backward()
    assert all(p.grad is not None for p in model.mask_head.parameters())


def test_images_of_other_texts_are_as_alone() -> None:
    model = tiny_model(mask_head=HEAD, test_cfg=dict(
        score_thr=0.0, nms_pre=50, nms=dict(type='nms', iou_threshold=0.6),
        max_per_img=9, chunked_size=2, max_chunk_batch=2,
    )).eval()  # fmt: skip
    texts = (('dog', 'cat', 'red car', 'tree', 'sun'), ('hat',), ('a', 'b', 'c'))

    def run(chosen: tuple) -> list:
        torch.manual_seed(3)
        images = batch_of([sample_of(text) for text in texts])['inputs']
        batch = dict(
            inputs=[images[i] for i in chosen],
            data_samples=[sample_of(texts[i]) for i in chosen],
        )
        with torch.no_grad():
            return [x.pred_instances for x in model.test_step(batch)]

    together = run((0, 1, 2))
    for index, whole in enumerate(together):
        (alone,) = run((index,))
        assert whole.masks.shape == (9, *whole.masks.shape[1:])
        assert whole.masks.dtype == torch.bool
        assert torch.equal(whole.labels, alone.labels)
        assert (whole.masks == alone.masks).float().mean() > 0.9999
    assert 'pair' not in together[0]


def test_no_box_gives_no_mask() -> None:
    model = tiny_model(mask_head=HEAD, test_cfg=dict(
        score_thr=1.0, nms=dict(type='nms', iou_threshold=0.6), max_per_img=9,
    )).eval()  # fmt: skip
    with torch.no_grad():
        found = model.test_step(batch_of([sample_of(('dog',))]))[0]
    height, width = found.ori_shape[:2]
    assert found.pred_instances.masks.shape == (0, height, width)


def test_masks_are_pasted_into_their_box_also_beyond_the_border() -> None:
    head = make_head()
    boxes = torch.tensor([[10.0, 20, 50, 40], [-20, -10, 30, 30]])
    logits = torch.full((2, 1, 28, 28), 9.0)
    meta = dict(ori_shape=(128, 192), img_shape=(64, 96), scale_factor=(0.5, 0.5))
    masks = head.paste(logits, boxes, meta, rescale=True)
    assert masks.shape == (2, 128, 192)
    expected = torch.zeros_like(masks)
    expected[0, 40:80, 20:100] = True
    expected[1, :60, :60] = True
    assert (masks != expected).float().mean() < 1e-3
    assert head.paste(logits, boxes, meta, rescale=False).shape == (2, 64, 96)
    torch.testing.assert_close(boxes[0], torch.tensor([10.0, 20, 50, 40]))


def test_detail_is_added_to_each_pixel() -> None:
    """Against the deconvolution and a product for every pixel, in float64."""
    head = make_head(detail_channels=3, detail_stride=4).double()
    pyramid = [level.double() for level in pyramid_of()]
    detail = torch.randn(2, 3, 16, 24, dtype=torch.double)
    rois = torch.tensor([[0, 4.0, 4, 40, 60], [1, 10, 8, 90, 50]]).double()
    vectors = torch.randn(2, CHANNELS + 1, dtype=torch.double)
    seen = head.read_detail(detail, rois)
    assert seen.shape == (2, 3, 28, 28)
    found = head(pyramid, rois, vectors, seen)[:, 0]
    features = head.upsample(head.hourglasses(head.roi_extractor(pyramid, rois)))
    features = features + head.detail_projection(seen.movedim(1, 3)).movedim(3, 1)
    expected = torch.einsum('rchw,rc->rhw', features.relu(), vectors[:, :-1])
    expected = expected + vectors[:, -1:, None]
    torch.testing.assert_close(found, expected, check_dtype=False)
    # A plane that grows to the right is read where the region lies, cell by cell.
    ramp = (torch.arange(24).double() + 0.5).expand(1, 3, 16, 24) * 4
    (read,) = head.read_detail(ramp, torch.tensor([[0, 20.0, 8, 76, 48]]).double())
    torch.testing.assert_close(read[0, 3], 20 + 2 * (torch.arange(28).double() + 0.5))


DETAIL_HEAD = dict(HEAD, detail_channels=8)


def test_detail_trains_the_head_alone_and_only_where_it_fits() -> None:
    model = tiny_model(
        mask_head=DETAIL_HEAD, train_only=('mask_head',), **detail_changes()
    )
    losses = losses_of(model, batch_of([masked_sample(), masked_sample()]))
    losses['loss_mask'].backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == name.startswith('mask_head.'), name
    plain = tiny_model(mask_head=HEAD).state_dict()
    same = tiny_model(mask_head=HEAD, **detail_changes()).state_dict()
    assert plain.keys() == same.keys()  # a detector without detail starts one with it
    wrong = tiny_model(mask_head=DETAIL_HEAD)
    with pytest.raises(ValueError, match='is 8, but .* has 16 .* neck.start_level=1'):
        losses_of(wrong, batch_of([masked_sample()]))


def test_detail_is_that_of_the_boxs_own_image() -> None:
    """In a batch, with several prompts an image, and beside a task without boxes."""
    model = tiny_model(
        mask_head=DETAIL_HEAD, **detail_changes(),
        vqa_head=dict(type='VQAHead', text_dim=TEXT_DIM, answers=['yes', 'no']),
        test_cfg=dict(
            score_thr=0.0, nms_pre=50, nms=dict(type='nms', iou_threshold=0.6),
            max_per_img=9, chunked_size=2, max_chunk_batch=2,
        ),
    ).eval()  # fmt: skip
    torch.nn.init.normal_(model.mask_head.detail_projection.weight, std=3.0)
    torch.manual_seed(3)
    images = batch_of([sample_of('dog')] * 3)['inputs']
    names = ('dog', 'cat', 'red car', 'tree', 'sun')

    def run(*chosen: int, question: bool = False) -> list:
        samples = [sample_of(names) for _ in chosen]
        if question:
            samples[0] = sample_of('is there a dog?', task='vqa')
        batch = dict(inputs=[images[i] for i in chosen], data_samples=samples)
        with torch.no_grad():
            return [x.get('pred_instances') for x in model.test_step(batch)]

    alone = [run(image)[0].masks for image in range(3)]
    assert (alone[0] != alone[1]).float().mean() > 0.01
    for found in (run(0, 1, 2), [None, *run(0, 1, 2, question=True)[1:]]):
        for whole, expected in zip(found, alone):
            if whole is not None:
                assert (whole.masks == expected).float().mean() > 0.9999
