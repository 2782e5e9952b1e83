"""The head's numbers: alignment, assignment, losses, class scores."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from mmdet.models.dense_heads import ATSSHead
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from glipv2.structures.assignment import NO_BOX
from glipv2.structures.grounding import Grounding
from glipv2.structures.word_features import WordFeatures
from tests.tiny import CHANNELS, TEXT_DIM, tiny_config, tiny_model

SIZES = ((8, 12), (4, 6), (2, 3))
META = dict(img_shape=(64, 96), pad_shape=(64, 96), scale_factor=(1.0, 1.0))
BOXES = torch.tensor([[8.0, 8, 40, 40], [30, 20, 90, 60], [4, 30, 28, 62]])


def words_of(batch: int = 1, tokens: int = 7) -> WordFeatures:
    """Make random words, the last two of them padding."""
    mask = torch.ones(batch, tokens).bool()
    mask[:, -2:] = False
    return WordFeatures(
        torch.randn(batch, tokens, TEXT_DIM), mask, torch.zeros(batch, tokens).long()
    )


def sample_with(boxes: torch.Tensor, labels: torch.Tensor) -> DetDataSample:
    """Make a data sample with ground truth."""
    sample = DetDataSample(metainfo=META)
    sample.gt_instances = InstanceData(bboxes=boxes, labels=labels)
    return sample


def random_output(tokens: int = 7) -> Grounding:
    """Make a random raw output for one image."""
    count = sum(height * width for height, width in SIZES)
    return Grounding(
        torch.randn(1, count, tokens), torch.randn(1, count, 4) * 0.1,
        torch.randn(1, count), SIZES,
    )  # fmt: skip


def test_alignment_equals_the_formula_per_element() -> None:
    head = tiny_model().bbox_head
    torch.nn.init.normal_(head.bias_lang)
    torch.nn.init.constant_(head.log_scale, 0.3)
    regions, words = torch.randn(1, 5, CHANNELS), words_of()
    logits = head.align(regions, words)
    for n in range(5):
        for t in range(7):
            unit = words.features[0, t] / words.features[0, t].norm()
            projected = head.text_projection.weight @ (unit / 2)
            projected = projected + head.text_projection.bias
            expected = regions[0, n] @ projected / torch.tensor(0.3).exp()
            expected = expected + unit @ head.bias_lang + head.bias0[0]
            torch.testing.assert_close(logits[0, n, t], expected, rtol=1e-4, atol=1e-5)


def test_first_probability_of_a_match_is_the_prior() -> None:
    head = tiny_model().bbox_head
    torch.testing.assert_close(head.bias0.sigmoid(), torch.tensor([0.01]))


def test_assignment_equals_mmdets_atss_head() -> None:
    """mmdet's own head, with classes instead of boxes' indices, is the reference."""
    config = tiny_config()
    head = tiny_model().bbox_head
    keys = ('anchor_generator', 'bbox_coder', 'loss_bbox')
    theirs = ATSSHead(
        num_classes=5, in_channels=CHANNELS, train_cfg=config.train_cfg,
        test_cfg=config.test_cfg, **{key: config.bbox_head[key] for key in keys},
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
    )  # fmt: skip
    classes = torch.tensor([4, 0, 2])
    reference = theirs.get_targets(
        *theirs.get_anchors(SIZES, [META], device='cpu'),
        [InstanceData(bboxes=BOXES, labels=classes)],
        [META],
    )
    given = head.assign(SIZES, [sample_with(BOXES, classes)])
    owner = given.owner
    expected = torch.cat(reference[1], 1)
    assert given.num_positives == int((expected < 5).sum()) > 0
    torch.testing.assert_close(owner < NO_BOX, expected < 5)
    torch.testing.assert_close(classes[owner[owner < NO_BOX]], expected[expected < 5])
    torch.testing.assert_close(given.anchors, torch.cat(reference[0], 1))
    torch.testing.assert_close(given.targets, torch.cat(reference[3], 1))
    assert (given.weight == 1).all()


def test_losses_equal_sums_written_out() -> None:
    head = tiny_model().bbox_head
    out, words = random_output(), words_of()
    positive_map = torch.zeros(3, 7).bool()
    positive_map[0, 1], positive_map[1, 2:4], positive_map[2, 1] = True, True, True
    given = head.assign(SIZES, [sample_with(BOXES, torch.arange(3))])
    got = head.loss_by_feat(out, words.mask, given, positive_map[None])
    anchors, owner, targets = given.anchors, given.owner, given.targets
    positives = given.num_positives
    token_loss = 0.0
    for n in range(out.logits.shape[1]):
        for t in range(5):  # the real tokens
            box = int(owner[0, n])
            goal = box < NO_BOX and bool(positive_map[box, t])
            p = out.logits[0, n, t].sigmoid().item()
            right = p if goal else 1 - p
            alpha = 0.25 if goal else 0.75
            token_loss += -alpha * (1 - right) ** 2 * torch.tensor(right).log().item()
    torch.testing.assert_close(
        got['loss_cls'], torch.tensor(token_loss / positives), rtol=1e-4, atol=1e-5
    )
    rows = owner[0] < NO_BOX
    centre = head.centerness_target(anchors[0, rows], targets[0, rows])
    bce = F.binary_cross_entropy_with_logits(
        out.centerness[0, rows], centre, reduction='sum'
    )
    torch.testing.assert_close(got['loss_centerness'], bce / positives)
    decoded = head.bbox_coder.decode(anchors[0, rows], out.boxes[0, rows])
    weighted = sum(
        c * (1 - _giou(a, b)) for c, a, b in zip(centre, decoded, targets[0, rows])
    )
    torch.testing.assert_close(
        got['loss_bbox'], 2 * weighted / centre.sum(), rtol=1e-4, atol=1e-5
    )


def test_the_token_loss_leaves_padding_out() -> None:
    """As the focal loss of the elements that count and no others, and its gradient."""
    head = tiny_model().bbox_head
    out, words = random_output(), words_of()
    positive_map = torch.rand(3, 7) < 0.5
    given = head.assign(SIZES, [sample_with(BOXES, torch.arange(3))])
    given = replace(given, weight=(torch.rand_like(given.weight) < 0.7).float())
    logits = out.logits.requires_grad_()
    got = head.loss_by_feat(out, words.mask, given, positive_map[None])['loss_cls']
    (gradient,) = torch.autograd.grad(got, logits)

    targets = torch.zeros_like(logits)
    for n, box in enumerate(given.owner[0].tolist()):
        if box < NO_BOX:
            targets[0, n] = positive_map[box].float()
    counted = (given.weight > 0)[..., None] & words.mask[:, None]
    expected = head.loss_cls(
        logits[counted], targets[counted], avg_factor=given.num_positives
    )
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, logits)[0])
    assert (gradient[~counted] == 0).all()


def _giou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    def area(box: torch.Tensor) -> torch.Tensor:
        return (box[2:] - box[:2]).clamp(min=0).prod()

    overlap = area(torch.cat((torch.max(a[:2], b[:2]), torch.min(a[2:], b[2:]))))
    union = area(a) + area(b) - overlap
    hull = area(torch.cat((torch.min(a[:2], b[:2]), torch.max(a[2:], b[2:]))))
    return overlap / union - (hull - union) / hull


def test_a_phrases_score_is_the_mean_of_its_words() -> None:
    head = tiny_model().bbox_head
    head.test_cfg.score_thr = -1.0
    out = random_output()
    spans = torch.zeros(2, 7).bool()
    spans[0, 1:3], spans[1, 4] = True, True
    found = head.candidates(out, [spans], [META])[0]
    assert len(found) == 2 * out.logits.shape[1]
    centre = out.centerness[0].sigmoid()
    for label, tokens in ((0, [1, 2]), (1, [4])):
        mean = out.logits[0][:, tokens].sigmoid().mean(1)
        expected = (mean * centre).sqrt().sort().values
        got = found.scores[found.labels == label].sort().values
        torch.testing.assert_close(got, expected)


def test_scores_below_the_threshold_go_before_the_centerness() -> None:
    head = tiny_model().bbox_head
    head.test_cfg.score_thr = 0.7
    out = random_output()
    spans = torch.zeros(1, 7).bool()
    spans[0, 3] = True
    found = head.candidates(out, [spans], [META])[0]
    assert len(found) == int((out.logits[0, :, 3].sigmoid() > 0.7).sum()) > 0


def test_the_best_of_a_level_are_ranked_after_the_centerness() -> None:
    head = tiny_model().bbox_head
    head.test_cfg.update(score_thr=0.0, nms_pre=3)
    out = random_output()
    spans = torch.zeros(2, 7).bool()
    spans[0, 1], spans[1, 4] = True, True
    found = head.candidates(out, [spans], [META])[0]
    start, expected = 0, []
    for height, width in SIZES:
        rows = slice(start, start + height * width)
        scores = out.logits[0, rows][:, [1, 4]].sigmoid()
        scores = (scores * out.centerness[0, rows, None].sigmoid()).sqrt()
        expected += scores.flatten().sort(descending=True).values[:3].tolist()
        start += height * width
    assert found.scores.tolist() == pytest.approx(expected)


@pytest.mark.parametrize('inclusive', [False, True])
def test_boxes_are_coded_and_clipped_as_the_convention_says(inclusive: bool) -> None:
    """The formula of GLIP's code, with its "+1"s, and the plain one."""
    head = tiny_model(
        bbox_head={**tiny_config().bbox_head, 'inclusive_boxes': inclusive}
    ).bbox_head
    one = 1 if inclusive else 0
    head.test_cfg.update(score_thr=-1.0, nms_pre=-1)
    out = random_output()
    spans = torch.zeros(1, 7).bool()
    spans[0, 1] = True
    found = head.candidates(out, [spans], [META])[0]
    deltas = out.boxes[0].double() * torch.tensor([0.1, 0.1, 0.2, 0.2])
    index = 0
    for stride, (height, width) in zip((8, 16, 32), SIZES):
        for row in range(height):
            for column in range(width):
                dx, dy, dw, dh = deltas[index].tolist()
                side = 4 * stride
                centre = [(c + 0.5) * stride - one / 2 for c in (column, row)]
                extent = [side * math.exp(d) for d in (dw, dh)]
                middle = [c + side * d for c, d in zip(centre, (dx, dy))]
                low = [m - (e - one) / 2 for m, e in zip(middle, extent)]
                high = [m + (e - one) / 2 for m, e in zip(middle, extent)]
                expected = [
                    min(max(value, 0), limit - one)
                    for value, limit in zip((*low, *high), (96, 64, 96, 64))
                ]
                got = found.bboxes[index].tolist()
                assert got == pytest.approx(expected, abs=1e-3)
                index += 1
    head.test_cfg.update(min_bbox_size=-1, max_per_img=1000, nms=dict(
        type='nms', iou_threshold=1.0))  # fmt: skip
    kept = head.suppress(found, META, rescale=False)
    order = found.scores.argsort(descending=True)
    torch.testing.assert_close(
        kept.bboxes.sort(0).values,
        (found.bboxes[order] + torch.tensor([0, 0, one, one])).sort(0).values,
    )


@pytest.mark.parametrize('rescale', [False, True])
@pytest.mark.parametrize('kind', ['nms', 'soft_nms'])
def test_suppression_equals_mmdets(rescale: bool, kind: str) -> None:
    head = tiny_model().bbox_head
    corners = torch.rand(60, 2) * 40
    found = InstanceData(
        bboxes=torch.cat((corners, corners + torch.rand(60, 2) * 20), 1),
        scores=torch.rand(60),
        labels=torch.randint(3, (60,)),
    )
    meta = {**META, 'scale_factor': (0.5, 0.8)}
    cfg = ConfigDict(min_bbox_size=2, nms=dict(type=kind, iou_threshold=0.3),
                     max_per_img=20)  # fmt: skip
    ours = head.suppress(found[:], meta, rescale, cfg)
    theirs = head._bbox_post_process(found[:], cfg, rescale=rescale, img_meta=meta)
    assert len(ours) == len(theirs) == 20
    for key in ('bboxes', 'scores', 'labels'):
        torch.testing.assert_close(ours[key], theirs[key])


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_padded_words_of_a_half_model_are_no_nan(dtype: torch.dtype) -> None:
    """The features of a shorter prompt are padded with zeros."""
    head = tiny_model().bbox_head
    regions, words = torch.randn(1, 5, CHANNELS), words_of()
    words.features[:, -2:] = 0
    expected = head.align(regions, words)
    half = words.with_features(words.features.to(dtype))
    logits = head.to(dtype).align(regions.to(dtype), half)
    assert logits.dtype == torch.float32
    apart = (logits - expected).norm() / expected.norm()
    assert apart <= 4 * torch.finfo(dtype).eps
