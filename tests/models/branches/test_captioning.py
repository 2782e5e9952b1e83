"""Captions: causality, KV caches, and agreement of training and decoding."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import BertModel

from glipv2.models.branches.caption_writer import CaptionWriter
from glipv2.models.language_models.causal_reading import read_causally
from glipv2.models.language_models.text_model import build_text_model
from glipv2.models.layers.kv_cache import KVCache, causal_mask
from glipv2.models.necks.fusion_block import TO_WORDS
from glipv2.structures.fused import ImageView
from glipv2.structures.word_features import WordFeatures
from glipv2.text.sources import load_text_config
from tests.task_samples import caption_sample, predict, task_model
from tests.tiny import TEXT_DIM, TEXT_SOURCE, batch_of, losses_of, tiny_config

CLIP_SOURCE = dict(
    model_type='clip_text_model', tokenizer='bert-base-uncased', vocab_size=30522,
    hidden_size=TEXT_DIM, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=48, max_position_embeddings=64,
)  # fmt: skip
SOURCES = dict(
    bert={**TEXT_SOURCE, 'num_hidden_layers': 2},
    roberta={**TEXT_SOURCE, 'num_hidden_layers': 2},
    clip=CLIP_SOURCE,
)


def model_of(source: dict) -> nn.Module:
    """Build a model whose text layers are of one kind throughout."""
    kind = 'clip' if 'model_type' in source else 'bert'
    model = task_model(
        text_encoder=dict(type='TextEncoder', source=source, max_tokens=64),
        fusion_neck={**tiny_config().fusion_neck, 'text_layer': kind},
    )
    for parameter in model.parameters():  # large enough to make a difference
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.3)
    return model.eval()


def pyramid_of(count: int = 2) -> list[Tensor]:
    return [torch.randn(count, 16, 8 // step, 12 // step) for step in (1, 2, 4)]


def caption_logits(model: nn.Module, ids: Tensor, views: list[ImageView]) -> dict:
    """Compute every stage of a caption: encoder, fusion, head."""
    encoded = model.text_encoder.read_causally(ids)
    causal = causal_mask(ids.shape[1], 0, ids.device)
    words = WordFeatures(encoded, torch.ones_like(ids).bool(), ids)
    fused = model.fusion_neck.read(words, views, causal).features
    return dict(encoded=encoded, fused=fused, logits=model.caption_head(fused))


def views_that_read_words(
    model: nn.Module, pyramid: list[Tensor], ids: Tensor
) -> list[ImageView]:
    """Make the views of images that attend to words, too."""
    encoded = model.text_encoder.read_causally(ids)
    words = WordFeatures(encoded, torch.ones_like(ids).bool(), ids)
    first, second = model.fusion_neck.blocks
    aware = first(pyramid, words).pyramid
    return [
        block(levels, None, direction=TO_WORDS, last=True).view
        for block, levels in ((first, pyramid), (second, aware))
    ]


@pytest.mark.parametrize('source', ['bert', 'clip'])
@pytest.mark.parametrize('place', [1, 4, 8])
@torch.no_grad()
def test_a_word_changes_nothing_before_it(source: str, place: int) -> None:
    model = model_of(SOURCES[source])
    pyramid = pyramid_of()
    ids = torch.randint(1000, 20000, (2, 9))
    changed = ids.clone()
    changed[:, place] += 1
    views = model.fusion_neck.image_views(pyramid)
    one = caption_logits(model, ids, views)
    other = caption_logits(model, changed, views)
    for stage in ('encoded', 'fused', 'logits'):
        assert torch.equal(one[stage][:, :place], other[stage][:, :place]), stage
        assert not torch.equal(one[stage][:, place:], other[stage][:, place:]), stage


@torch.no_grad()
def test_with_text_to_image_on_words_leak() -> None:
    """Shows what the test above would find if images attended to the caption."""
    model = model_of(SOURCES['bert'])
    pyramid, place = pyramid_of(), 4
    ids = torch.randint(1000, 20000, (2, 9))
    changed = ids.clone()
    changed[:, place] += 1
    one, other = (
        caption_logits(model, x, views_that_read_words(model, pyramid, x))
        for x in (ids, changed)
    )
    assert torch.equal(one['encoded'][:, :place], other['encoded'][:, :place])
    for stage in ('fused', 'logits'):
        assert not torch.equal(one[stage][:, :place], other[stage][:, :place]), stage


@torch.no_grad()
def test_the_losses_gradient_respects_the_order() -> None:
    """The loss of token t depends on the tokens before it only."""
    model = task_model()
    text = 'a dog and a red cat'
    batch = batch_of([caption_sample(text)])
    loss = losses_of(model, batch)['loss_caption']
    model.eval()
    inputs = model.data_preprocessor(batch)['inputs']
    views = model.fusion_neck.image_views(model.extract_feat(inputs))
    ids = torch.tensor([model.text_encoder.tokenizer(text)['input_ids']])
    losses = []
    for end in range(1, ids.shape[1]):
        logits = caption_logits(model, ids[:, :end], views)['logits']
        losses.append(F.cross_entropy(logits[:, -1], ids[:, end]))
    torch.testing.assert_close(loss, torch.stack(losses).mean())


@pytest.mark.parametrize('source', ['bert', 'clip'])
@torch.no_grad()
def test_a_step_with_caches_equals_the_whole_sentence(source: str) -> None:
    model = model_of(SOURCES[source])
    views = model.fusion_neck.image_views(pyramid_of())
    beams = 3
    writer = CaptionWriter(
        model.text_encoder, model.fusion_neck, model.caption_head, views
    )
    given = torch.randint(1000, 20000, (2, 3))
    logits = writer.begin(given, beams)
    allowed = ~logits[0].isinf()
    whole = caption_logits(model, given, views)['logits'][:, -1]
    torch.testing.assert_close(logits[:, allowed], whole[:, allowed], rtol=0, atol=1e-4)
    told = given.repeat_interleave(beams, 0)
    for _ in range(4):
        # Beams may continue any other beam of their image.
        rows = torch.randint(beams, (2, beams)) + torch.tensor([[0], [beams]])
        words = torch.randint(1000, 20000, (2 * beams,))
        logits = writer.step(words, rows.flatten())
        told = torch.cat((told[rows.flatten()], words[:, None]), 1)
        whole = caption_logits(model, told, views)['logits'][:, -1]
        torch.testing.assert_close(
            logits[:, allowed], whole[:, allowed], rtol=0, atol=1e-4
        )


def test_special_tokens_are_never_written() -> None:
    model = task_model()
    views = model.eval().fusion_neck.image_views(pyramid_of(1))
    writer = CaptionWriter(
        model.text_encoder, model.fusion_neck, model.caption_head, views
    )
    logits = writer.begin(torch.tensor([[101]]), 1)
    tokenizer = model.text_encoder.tokenizer
    banned = {int(i) for i in logits[0].isinf().nonzero()}
    assert banned == set(tokenizer.all_special_ids) - {tokenizer.sep_token_id}


@pytest.mark.parametrize('model_type', ['bert', 'roberta'])
@torch.no_grad()
def test_causal_text_equals_transformers_decoder(model_type: str) -> None:
    """transformers 4 and 5 have no common form of a (T, T) mask."""
    config, build = load_text_config(SOURCES['bert']), BertModel
    if model_type == 'roberta':
        from transformers import RobertaConfig, RobertaModel

        fields = {k: v for k, v in SOURCES['bert'].items()}
        config, build = RobertaConfig(vocab_size=30522, **fields), RobertaModel
    ids = torch.randint(1000, 20000, (2, 7))
    theirs = build(config, add_pooling_layer=False).eval()
    config = deepcopy(config)
    config.is_decoder = True
    decoder = build(config, add_pooling_layer=False).eval()
    decoder.load_state_dict(theirs.state_dict())
    expected = decoder(ids).last_hidden_state
    for model in (theirs, decoder):
        found = read_causally(model, ids)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    both_ways = theirs(ids).last_hidden_state
    assert (both_ways - expected).abs().max() > 1e-3


@torch.no_grad()
def test_causal_clip_equals_the_causal_tower() -> None:
    model = build_text_model(load_text_config(CLIP_SOURCE)).eval()
    ids = torch.randint(1000, 20000, (2, 7))
    model.causal = True
    expected = model(ids, torch.ones_like(ids)).last_hidden_state
    torch.testing.assert_close(read_causally(model, ids), expected, rtol=0, atol=1e-5)


def test_words_attend_to_images_as_in_the_full_fusion() -> None:
    """With one block, P does not depend on what images attend to."""
    model = task_model(
        fusion_neck={**tiny_config().fusion_neck, 'num_blocks': 1}
    ).eval()
    neck, pyramid = model.fusion_neck, pyramid_of()
    inside = [torch.rand(2, *x.shape[-2:]) > 0.3 for x in pyramid]
    words = model.text_encoder(
        torch.randint(1000, 20000, (2, 6)), torch.ones(2, 6).bool()
    )
    _, fused = neck(pyramid, words, inside)
    read = neck.read(words, neck.image_views(pyramid, inside))
    torch.testing.assert_close(read.features, fused.features, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        neck.fuse_words(pyramid, words, inside).features, fused.features,
        rtol=1e-4, atol=1e-5,
    )  # fmt: skip


def test_fused_words_alone_equal_those_of_the_whole_fusion() -> None:
    model = task_model().eval()
    pyramid = pyramid_of()
    words = model.text_encoder(
        torch.randint(1000, 20000, (2, 6)), torch.ones(2, 6).bool()
    )
    _, fused = model.fusion_neck(pyramid, words)
    alone = model.fusion_neck.fuse_words(pyramid, words)
    torch.testing.assert_close(alone.features, fused.features, rtol=1e-4, atol=1e-5)


def test_the_caption_head_is_the_mlm_head_where_there_is_one() -> None:
    mlm = dict(type='MLMHead', text_dim=TEXT_DIM, embeddings='copy')
    model = task_model(mlm_head=mlm)
    assert not list(model.caption_head.parameters())
    features = torch.randn(3, TEXT_DIM)
    assert torch.equal(model.caption_head(features), model.mlm_head(features))
    losses = losses_of(model, batch_of([caption_sample()]))
    losses['loss_caption'].backward()
    assert model.mlm_head.output_weight.grad.abs().sum() > 0
    other = dict(type='CaptionHead', text_dim=TEXT_DIM, vocab_size=30521)
    with pytest.raises(ValueError, match='give both the same'):
        task_model(mlm_head=mlm, caption_head=other)


def test_each_step_computes_one_token() -> None:
    model = task_model()
    seen = []
    model.text_encoder.model.encoder.layer[0].intermediate.register_forward_hook(
        lambda module, inputs, output: seen.append(output.shape[1])
    )
    looks = []
    model.backbone.register_forward_hook(lambda *_: looks.append(1))
    model.test_cfg.caption = dict(max_length=5, mode='greedy')
    predict(model, [caption_sample('a dog and')])
    assert seen[0] == 4
    assert set(seen[1:]) == {1}
    assert len(looks) == 1


def test_caches_grow_and_are_selected_by_row() -> None:
    cache = KVCache()
    cache.select(torch.tensor([0]))  # nothing yet
    first = torch.randn(2, 1, 3, 4)
    cache.extend(first, -first)
    cache.select(torch.tensor([1, 1]))
    new = torch.randn(2, 1, 1, 4)
    key, value = cache.extend(new, -new)
    assert torch.equal(key, torch.cat((first[[1, 1]], new), 2))
    assert torch.equal(value, -key)
    mask = causal_mask(2, 3, torch.device('cpu'))
    assert mask.int().tolist() == [[[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]]
