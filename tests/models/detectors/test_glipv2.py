"""The detector: losses, predictions, chunks, batches of unlike samples, bad input."""

from copy import deepcopy

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from tests.tiny import batch_of, losses_of, sample_of, tiny_config, tiny_model

NAMES = ('dog', 'hot dog', 'car', 'cart', 'Red_Apple', 'traffic cone (orange)')


def detections(sample: DetDataSample) -> InstanceData:
    """Sort predictions by label and box, so that ties cannot reorder them."""
    found = sample.pred_instances
    key = found.labels.double() * 1e6 + found.bboxes[:, 0].double()
    return found[key.argsort()]


def assert_same_detections(ours: DetDataSample, other: DetDataSample) -> None:
    """Compare boxes, scores, labels and names."""
    ours, other = detections(ours), detections(other)
    assert len(ours) == len(other) > 0
    assert ours.label_names == other.label_names
    torch.testing.assert_close(ours.labels, other.labels)
    torch.testing.assert_close(ours.scores, other.scores, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.bboxes, other.bboxes, rtol=1e-4, atol=1e-2)


def predict(model: torch.nn.Module, batch: dict) -> list[DetDataSample]:
    """Run the public test step on a copy of a batch."""
    with torch.no_grad():
        return model.eval().test_step(deepcopy(batch))


def test_every_parameter_gets_a_gradient() -> None:
    model = tiny_model()
    batch = batch_of([sample_of(NAMES, [[8, 8, 40, 40]], [4])])
    sum(losses_of(model, batch).values()).backward()
    without = [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and parameter.grad is None
    ]
    assert without == []


def test_a_batch_without_boxes_has_finite_losses_and_all_gradients() -> None:
    model = tiny_model()
    losses = losses_of(model, batch_of([sample_of(NAMES)]))
    sum(losses.values()).backward()
    assert losses['loss_bbox'] == 0
    assert losses['loss_cls'].isfinite()
    assert losses['loss_cls'] > 0
    assert all(p.grad is not None for p in model.bbox_head.parameters())


def test_mixed_precision_is_close_to_full_precision() -> None:
    """As AmpOptimWrapper runs a step, and a test with autocast."""
    model = tiny_model()
    batch = batch_of([sample_of(NAMES, [[8, 8, 40, 40]], [4])])
    full = losses_of(model, deepcopy(batch))
    with torch.autocast('cpu', torch.bfloat16):
        mixed = losses_of(model, deepcopy(batch))
    for key, loss in full.items():
        torch.testing.assert_close(mixed[key].float(), loss, rtol=0.05, atol=0.05)
    sum(mixed.values()).backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    with torch.autocast('cpu', torch.bfloat16):
        found = predict(model, batch)[0].pred_instances
    assert found.scores.isfinite().all()
    assert len(found)


def test_grounding_samples_train_like_the_same_class_list() -> None:
    """A caption with spans on the same words gives the very same losses."""
    model = tiny_model()
    boxes = [[8, 8, 40, 40], [30, 20, 90, 60]]
    names = batch_of([sample_of(('dog', 'red apple'), boxes, [1, 0])])
    caption = deepcopy(names)
    caption['data_samples'] = [
        sample_of(
            'dog. red apple.',
            boxes,
            [0, 1],
            tokens_positive={0: [[5, 14]], 1: [[0, 3]]},
        )
    ]
    names['data_samples'] = [
        sample_of(
            'dog. red apple.', boxes, [1, 0], tokens_positive=[[[0, 3]], [[5, 14]]]
        )
    ]
    for key, value in losses_of(model, names).items():
        torch.testing.assert_close(losses_of(model, caption)[key], value)


def test_batch_of_unlike_texts_and_sizes_equals_one_by_one() -> None:
    model = tiny_model()
    samples = [
        sample_of(NAMES, shape=(64, 96)),
        sample_of('a dog and a red apple', shape=(96, 64), tokens_positive=[[[2, 5]]]),
        sample_of(('cart',), shape=(50, 70)),
        sample_of(NAMES[::-1], shape=(64, 96)),
    ]
    batch = batch_of(samples)
    together = predict(model, batch)
    for index, joint in enumerate(together):
        single = {key: value[index : index + 1] for key, value in batch.items()}
        assert_same_detections(joint, predict(model, single)[0])


def test_chunked_batch_equals_every_chunk_alone_and_merged() -> None:
    model = tiny_model()
    batch = batch_of([sample_of(NAMES), sample_of(NAMES[::-1], shape=(60, 64))])
    model.test_cfg.chunked_size = 2
    together = predict(model, batch)
    model.test_cfg.chunked_size = -1
    for index, joint in enumerate(together):
        sample = batch['data_samples'][index]
        found = []
        for start in range(0, len(NAMES), 2):
            alone = {
                key: deepcopy(value[index : index + 1]) for key, value in batch.items()
            }
            alone['data_samples'][0].set_metainfo(
                dict(text=sample.text[start : start + 2])
            )
            model.bbox_head.test_cfg.max_per_img = 10_000
            result = predict(model, alone)[0].pred_instances
            result.labels = result.labels + start
            found.append(result)
        merged = InstanceData.cat(found)
        merged = merged[merged.scores.argsort(descending=True)][:50]
        model.bbox_head.test_cfg.max_per_img = 50
        assert_same_detections(joint, DetDataSample(pred_instances=merged))


def test_names_longer_than_a_prompt_are_cut_by_tokens() -> None:
    model = tiny_model()
    names = tuple(f'thing number {index}' for index in range(60))
    found = predict(model, batch_of([sample_of(names)]))[0].pred_instances
    assert found.label_names == [names[label] for label in found.labels.tolist()]
    assert found.labels.max() > 30  # far beyond the 64 tokens of one prompt


def test_a_label_is_the_index_of_the_users_name() -> None:
    model = tiny_model()
    batch = batch_of([sample_of(NAMES)])
    forward = predict(model, batch)[0].pred_instances
    assert forward.label_names == [NAMES[label] for label in forward.labels.tolist()]


def test_late_fusion_trains_and_predicts() -> None:
    model = tiny_model(fusion_neck=None)
    batch = batch_of([sample_of(NAMES, [[8, 8, 40, 40]], [2])])
    sum(losses_of(model, batch).values()).backward()
    assert all(p.grad is not None for p in model.parameters())
    assert len(predict(model, batch)[0].pred_instances)


def test_without_early_fusion_chunks_share_one_pass_over_the_image() -> None:
    config = {**tiny_config().fusion_neck, 'early_fusion': False}
    model = tiny_model(fusion_neck=config)
    batch = batch_of([sample_of(NAMES), sample_of(NAMES)])
    calls = []
    model.fusion_neck.blocks[0].register_forward_hook(
        lambda module, inputs, output: calls.append(len(output.pyramid[0]))
    )
    model.test_cfg.update(chunked_size=2, max_chunk_batch=2)
    chunked = predict(model, batch)
    assert calls == [2]
    alone = predict(model, {key: value[:1] for key, value in batch.items()})
    assert_same_detections(chunked[0], alone[0])


def test_tensor_mode_gives_the_raw_output() -> None:
    model = tiny_model().eval()
    data = model.data_preprocessor(batch_of([sample_of(NAMES)]), False)
    logits, boxes, centerness = model(**data, mode='tensor')
    locations = 8 * 12 + 4 * 6 + 2 * 3
    assert logits.shape[:2] == (1, locations)
    assert boxes.shape == (1, locations, 4)
    assert centerness.shape == (1, locations)


def test_wrong_text_width_is_refused_at_construction() -> None:
    with pytest.raises(ValueError, match='set bbox_head.text_dim=32'):
        tiny_model(bbox_head={**tiny_config().bbox_head, 'text_dim': 48})


@pytest.mark.parametrize(
    ('sample', 'message'),
    [
        (sample_of((), [[1, 1, 9, 9]], [0]), 'image.jpg: .*names is empty'),
        (sample_of(''), 'image.jpg: the text is empty'),
        (sample_of(None), 'image.jpg has no text'),
        (sample_of(('dog',), [[1, 1, 9, 9]], [3]), 'box 0 has label 3.*1 phrases'),
        (sample_of(('dog',), [[9, 1, 1, 9]], [0]), 'box 0 is .*x1 < x2'),
        (sample_of(('dog',), [[1, 1, float('nan'), 9]], [0]), 'box 0 is .*finite'),
        (
            sample_of('a dog', [[1, 1, 9, 9]], [0], tokens_positive={1: [[2, 5]]}),
            'label 0, for which tokens_positive gives no words',
        ),
        (sample_of(tuple(f'thing {i}' for i in range(90))), 'do not fit'),
    ],
)
def test_bad_training_samples_are_named(sample: DetDataSample, message: str) -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match=message):
        losses_of(model, batch_of([sample]))
