"""Questions, captions and boxes in one model: losses, predictions, bad input."""

from copy import deepcopy

import pytest
import torch
from mmdet.structures import DetDataSample

from tests.task_samples import (
    ANSWERS,
    HEADS,
    box_sample,
    caption_sample,
    predict,
    task_model,
    vqa_sample,
)
from tests.tiny import (
    CHANNELS,
    TEXT_DIM,
    batch_of,
    losses_of,
    sample_of,
    tiny_config,
    tiny_model,
)

KEYS = {'loss_cls', 'loss_bbox', 'loss_centerness', 'loss_vqa', 'vqa_accuracy',
        'loss_caption', 'caption_accuracy'}  # fmt: skip


def test_a_mixed_batch_trains_every_parameter() -> None:
    model = task_model()
    losses = losses_of(model, batch_of([box_sample(), vqa_sample(), caption_sample()]))
    assert losses.keys() == KEYS
    total, _ = model.parse_losses(losses)
    total.backward()
    assert total.isfinite()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize('absent', [0, 1, 2])
def test_an_absent_task_has_zero_losses_and_the_same_keys(absent: int) -> None:
    model = task_model()
    samples = [box_sample(), vqa_sample(), caption_sample()]
    del samples[absent]
    losses = losses_of(model, batch_of(samples))
    assert losses.keys() == KEYS
    of_task = [('loss_cls', 'loss_bbox', 'loss_centerness'), ('loss_vqa',),
               ('loss_caption',)]  # fmt: skip
    assert all(losses[key] == 0 for key in of_task[absent])
    model.parse_losses(losses)[0].backward()
    assert all(p.grad is not None for p in model.parameters())


def test_each_task_of_a_mixed_batch_equals_the_task_alone() -> None:
    model = task_model()
    samples = [caption_sample(), box_sample(), vqa_sample(), box_sample(),
               vqa_sample(text='how many cats?', gt_answers=['2'] * 10)]  # fmt: skip
    batch = batch_of(samples)
    together = losses_of(model, batch)
    for rows, keys in (
        ([1, 3], ('loss_cls', 'loss_bbox')), ([0], ('loss_caption',)),
        ([2, 4], ('loss_vqa', 'vqa_accuracy')),
    ):  # fmt: skip
        alone = {key: [value[row] for row in rows] for key, value in batch.items()}
        losses = losses_of(model, alone)
        for key in keys:
            torch.testing.assert_close(losses[key], together[key])


def test_a_caption_with_boxes_is_both() -> None:
    model = task_model()
    keys = dict(boxes=[[8, 8, 40, 40]], labels=[0], tokens_positive=[[[2, 5]]])
    both = sample_of('a dog and a cat', task='grounded_caption', **keys)
    batch = batch_of([both])
    losses = losses_of(model, batch)
    for task, key in (('caption', 'loss_caption'), ('grounding', 'loss_cls')):
        sample = sample_of('a dog and a cat', task=task, **keys)
        alone = losses_of(model, dict(batch, data_samples=[sample]))
        torch.testing.assert_close(losses[key], alone[key])
        assert alone[key] > 0


def test_only_the_new_heads_can_be_trained() -> None:
    model = task_model(train_only=('vqa_head',))
    losses = losses_of(model, batch_of([box_sample(), vqa_sample()]))
    assert losses.keys() == {'loss_vqa', 'vqa_accuracy'}
    model.parse_losses(losses)[0].backward()
    trained = {
        n.split('.')[0] for n, p in model.named_parameters() if p.grad is not None
    }
    assert trained == {'vqa_head'}


def test_a_batch_of_all_tasks_and_sizes_equals_one_by_one() -> None:
    model = task_model()
    samples = [
        box_sample(),
        vqa_sample(),
        caption_sample(''),
        vqa_sample(text='how many cats are there?', shape=(60, 64)),
        caption_sample('a dog', shape=(50, 70)),
        caption_sample('a', shape=(50, 70)),
        sample_of('', task='grounded_caption'),
        sample_of('is the dog red?', task='grounded_vqa'),
    ]
    batch = batch_of(samples)
    together = predict(model, samples, batch)
    for row, joint in enumerate(together):
        alone = predict(
            model, (), {key: value[row : row + 1] for key, value in batch.items()}
        )[0]
        assert set(joint.keys()) == set(alone.keys())
        for key in ('pred_answers', 'pred_caption', 'pred_sentence', 'pred_phrases'):
            assert joint.get(key) == alone.get(key)
        for key in ('pred_answer_scores', 'pred_caption_score'):
            if key in alone:
                assert joint.get(key) == pytest.approx(alone.get(key), abs=1e-4)
        if 'pred_instances' in alone:
            torch.testing.assert_close(
                joint.pred_instances.scores.sort()[0],
                alone.pred_instances.scores.sort()[0], rtol=1e-4, atol=1e-5,
            )  # fmt: skip


def test_what_each_task_predicts() -> None:
    model = task_model()
    model.test_cfg.num_answers = 3
    answer, caption, prefixed = predict(
        model, [vqa_sample(), caption_sample(''), caption_sample('a dog')]
    )
    assert answer.pred_answer == answer.pred_answers[0]
    assert len(answer.pred_answers) == len(answer.pred_answer_scores) == 3
    assert set(answer.pred_answers) <= set(ANSWERS)
    assert answer.pred_answer_scores == sorted(answer.pred_answer_scores, reverse=True)
    assert isinstance(caption.pred_caption, str)
    assert caption.pred_caption_score <= 0
    assert prefixed.pred_caption.startswith('a dog')
    for sample in (answer, caption, prefixed):
        assert 'pred_instances' not in sample


def test_phrases_of_a_sentence_are_found_in_the_same_image() -> None:
    model = task_model()
    question = sample_of('is the small dog near a car?', task='grounded_vqa')
    batch = batch_of([question])
    found = predict(model, (), batch)[0]
    assert found.pred_sentence == f'{question.text} {found.pred_answer}'
    phrases = [entry['phrase'] for entry in found.pred_phrases]
    assert phrases[:2] == ['the small dog', 'a car']
    for entry in found.pred_phrases:
        [[start, end]] = entry['tokens_positive']
        assert found.pred_sentence[start:end] == entry['phrase']
    labels = found.pred_instances.labels.tolist()
    assert found.pred_instances.label_names == [phrases[label] for label in labels]
    # The same as if a user had asked for these phrases.
    spans = [entry['tokens_positive'] for entry in found.pred_phrases]
    asked = sample_of(found.pred_sentence, tokens_positive=spans)
    plain = predict(model, (), dict(batch, data_samples=[asked]))[0]
    torch.testing.assert_close(plain.pred_instances.bboxes, found.pred_instances.bboxes)


def test_a_sentence_without_noun_phrases_has_no_boxes() -> None:
    model = task_model(
        vqa_head=dict(type='VQAHead', text_dim=TEXT_DIM, answers=['yes'])
    )
    found = predict(model, [sample_of('is it so?', task='grounded_vqa')])[0]
    assert found.pred_phrases == []
    assert len(found.pred_instances) == 0
    assert found.pred_instances.labels.dtype == torch.long
    assert found.pred_instances.label_names == []


@pytest.mark.parametrize(
    ('sample', 'message'),
    [
        (vqa_sample(text='?!'), r"image.jpg: the question has no word: '\?!'"),
        (vqa_sample(text=''), 'the question has no word'),
        (vqa_sample(text='?', question_id=77), 'image.jpg, question 77'),
        (vqa_sample(text='is ' * 80), 'question has 82 tokens, but max_tokens'),
        (vqa_sample(gt_answers=[]), 'image.jpg has no gt_answers'),
        (caption_sample('dog ' * 90), 'image.jpg: the caption has 92 tokens'),
        (caption_sample(''), 'the caption has no word'),
        (sample_of('a dog', task='haiku'), "task 'haiku', but the tasks are"),
        (sample_of('a dog?', task='grounded_vqa'), 'HideAnswer'),
    ],
)
def test_bad_training_samples_are_named(sample: DetDataSample, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        losses_of(task_model(), batch_of([sample]))


def test_a_prefix_that_leaves_no_room_is_named() -> None:
    with pytest.raises(ValueError, match=r'image.jpg: the beginning .* 60 tokens'):
        predict(task_model(), [caption_sample('dog ' * 60)])
    with pytest.raises(ValueError, match='is its beginning'):
        predict(task_model(), [caption_sample(('dog', 'cat'))])


def test_a_task_without_its_head_is_named() -> None:
    with pytest.raises(ValueError, match="'caption', but the model has no caption_"):
        predict(tiny_model(), [caption_sample('')])


@pytest.mark.parametrize('head', ['vqa_head', 'caption_head'])
@pytest.mark.parametrize(
    'neck', [None, {**tiny_config().fusion_neck, 'early_fusion': False}]
)
def test_heads_on_words_need_fusion(head: str, neck: dict | None) -> None:
    with pytest.raises(ValueError, match=f'{head} needs words that are fused'):
        tiny_model(fusion_neck=neck, **{head: HEADS[head]})


def test_impossible_caption_settings_are_refused_at_construction() -> None:
    test_cfg = tiny_config().test_cfg
    with pytest.raises(ValueError, match='max_length is 64, but .* 64 tokens'):
        task_model(test_cfg={**test_cfg, 'caption': dict(max_length=64)})


@pytest.mark.parametrize('with_cp', [False, True])
@pytest.mark.parametrize('sample', [vqa_sample(), caption_sample(), box_sample()])
def test_a_step_of_one_task_fuses_nothing_else(
    sample: DetDataSample, with_cp: bool
) -> None:
    """Each block runs once, and once more in the backward pass of ``with_cp``."""
    model = task_model(fusion_neck={**tiny_config().fusion_neck, 'with_cp': with_cp})
    batches = []
    for block in model.fusion_neck.blocks:
        block.register_forward_pre_hook(
            lambda module, inputs: batches.append(len(inputs[0][0]))
        )
    losses = losses_of(model, batch_of([deepcopy(sample)] * 3))
    once = [3] * len(model.fusion_neck.blocks)
    assert batches == once
    model.parse_losses(losses)[0].backward()
    assert batches == (once * 2 if with_cp else once)


@pytest.mark.parametrize('sample', [vqa_sample(), caption_sample()])
def test_recomputed_blocks_give_the_same_gradients(sample: DetDataSample) -> None:
    batch = batch_of([sample, box_sample()])
    gradients = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        model = task_model(
            fusion_neck={**tiny_config().fusion_neck, 'with_cp': with_cp}
        )
        model.parse_losses(losses_of(model, deepcopy(batch)))[0].backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, msg=name)


CONTRASTIVE = dict(
    type='InterImageContrastiveLoss', visual_dim=CHANNELS, text_dim=TEXT_DIM,
    hidden_dim=16,
)  # fmt: skip


@pytest.mark.parametrize('fused', [False, True])
def test_the_inter_image_loss_reads_unfused_features_unless_told(fused: bool) -> None:
    model = task_model(contrastive_loss=dict(CONTRASTIVE, fused=fused))
    losses_of(model, batch_of([box_sample()]))['loss_inter'].backward()
    reached = [p.grad for p in model.fusion_neck.parameters() if p.grad is not None]
    assert any(gradient.abs().sum() for gradient in reached) is fused


@pytest.mark.parametrize('part', ['contrastive_loss', 'vqa_head', 'caption_head'])
def test_every_part_that_is_trained_alone_has_a_loss(part: str) -> None:
    model = task_model(contrastive_loss=CONTRASTIVE, train_only=(part,))
    samples = [box_sample(), vqa_sample(), caption_sample()]
    model.parse_losses(losses_of(model, batch_of(samples)))[0].backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None}
    assert moved == {
        name for name, _ in model.named_parameters() if name.startswith(part)
    }
    assert sum(p.grad.abs().sum() for p in getattr(model, part).parameters()) > 0
