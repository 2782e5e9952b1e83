"""PresenceHead: its loss by hand, and scores that it lowers."""

import pytest
import torch
import torch.nn.functional as F

from glipv2.apis.predictions import to_dict
from glipv2.models.vl_heads.presence_head import PresenceHead
from glipv2.structures.word_features import WordFeatures
from tests.task_samples import box_sample, caption_sample, predict, task_model
from tests.tiny import (
    TEXT_DIM,
    batch_of,
    losses_of,
    sample_of,
    tiny_config,
    tiny_model,
)

PRESENCE = dict(type='PresenceHead', text_dim=TEXT_DIM)


def test_the_loss_is_the_mean_over_phrases_with_words() -> None:
    head = PresenceHead(8)
    ids = torch.ones(2, 4, dtype=torch.long)
    words = WordFeatures(torch.randn(2, 4, 8), ids.bool(), ids)
    spans = [torch.zeros(2, 4).bool(), torch.zeros(3, 4).bool()]
    spans[0][0, 1:3] = spans[0][1, 3] = spans[1][0, 0] = spans[1][2, 1] = True
    labels = [torch.tensor([1, 1]), torch.tensor([], dtype=torch.long)]
    logits = head(words, spans)
    two = words.features[0, 1:3].mean(0)  # a phrase is the mean of its words
    by_hand = head.output(F.gelu(head.hidden(head.norm(two))))
    torch.testing.assert_close(logits[0][:1], by_hand)
    expected = F.binary_cross_entropy_with_logits(
        torch.cat((logits[0], logits[1][[0, 2]])), torch.tensor([0.0, 1, 0, 0])
    )
    torch.testing.assert_close(
        head.loss(words, spans, labels)['loss_presence'], expected
    )


def test_what_is_not_there_loses_its_scores() -> None:
    torch.manual_seed(0)
    test_cfg = dict(tiny_config().test_cfg, max_per_img=10**4)
    model = tiny_model(presence_head=PRESENCE, test_cfg=test_cfg)
    batch = batch_of([sample_of(('dog', 'hot dog', 'cart'))])
    (found,) = predict(model, batch['data_samples'], batch)
    there = torch.tensor([0.9, 0.1, 0.5])
    head, model.presence_head = model.presence_head, None
    (plain,) = predict(model, batch['data_samples'], batch)
    head.forward = lambda words, spans: [there.logit()]
    model.presence_head = head
    (lowered,) = predict(model, batch['data_samples'], batch)
    for label in range(3):
        own, before = (
            x.pred_instances.scores[x.pred_instances.labels == label].max()
            for x in (lowered, plain)
        )
        torch.testing.assert_close(own, before * there[label])
    assert found.pred_instances.scores.max() < plain.pred_instances.scores.max()
    assert lowered.pred_presence == pytest.approx(
        {'dog': 0.9, 'hot dog': 0.1, 'cart': 0.5}
    )
    assert 'pred_presence' not in plain


def test_presence_is_by_name_over_all_prompts() -> None:
    torch.manual_seed(0)
    test_cfg = dict(tiny_config().test_cfg, chunked_size=2, max_chunk_batch=2)
    model = tiny_model(presence_head=PRESENCE, test_cfg=test_cfg)
    names = ('dog', 'cart', 'car', 'tree', 'hot dog')
    batch = batch_of([sample_of(names), sample_of(names[:2])])
    found = predict(model, batch['data_samples'], batch)
    alone = batch_of([sample_of(names[2:4])])
    alone['inputs'] = batch['inputs'][:1]
    (pair,) = predict(model, alone['data_samples'], alone)
    assert [list(sample.pred_presence) for sample in found] == [
        list(names),
        ['dog', 'cart'],
    ]
    second = {name: found[0].pred_presence[name] for name in names[2:4]}
    assert second == pytest.approx(pair.pred_presence, rel=1e-4)
    assert to_dict(pair)['presence'] == pair.pred_presence


def test_it_is_trained_with_boxes_and_is_zero_without() -> None:
    model = task_model(presence_head=PRESENCE)
    losses = losses_of(model, batch_of([box_sample(), caption_sample()]))
    assert losses['loss_presence'] > 0
    losses['loss_presence'].backward()
    assert all(x.grad.any() for x in model.presence_head.parameters())
    absent = losses_of(model, batch_of([caption_sample()]))
    assert absent.keys() == losses.keys() and absent['loss_presence'] == 0


def test_late_fusion_has_read_no_image() -> None:
    with pytest.raises(ValueError, match='presence_head needs words that are fused'):
        tiny_model(presence_head=PRESENCE, fusion_neck=None)
