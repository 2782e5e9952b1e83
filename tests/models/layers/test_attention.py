"""The fusion's attention against formulas written out element by element."""

import math

import pytest
import torch
from torch import nn

from glipv2.models.layers import bi_attention
from glipv2.models.layers.bi_attention import BiAttention
from glipv2.models.layers.text_layer import TextLayer


def _randomised(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return module.double().eval()


def _softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    return [share / sum(shares) for share in shares]


def _plain_bi_attention(module, visual, text, text_mask, visual_mask):
    """GLIP equations 4 to 6, one score at a time, for one image."""
    heads = module.num_heads
    visual, text = module.norm_visual(visual), module.norm_text(text)
    query, key = module.visual_query(visual), module.text_key(text)
    visual_value, text_value = module.visual_value(visual), module.text_value(text)
    depth = query.shape[-1] // heads
    from_text, from_visual = torch.zeros_like(query), torch.zeros_like(key)
    for head in range(heads):
        part = slice(head * depth, (head + 1) * depth)
        scores = [
            [
                sum(a * b for a, b in zip(q[part].tolist(), k[part].tolist()))
                / math.sqrt(depth)
                for k in key
            ]
            for q in query
        ]
        tokens = [t for t in range(len(text)) if text_mask[t]]
        places = [n for n in range(len(visual)) if visual_mask[n]]
        for n in range(len(visual)):
            shares = _softmax([scores[n][t] for t in tokens])
            for share, t in zip(shares, tokens):
                from_text[n, part] += share * text_value[t, part]
        for t in range(len(text)):
            shares = _softmax([scores[n][t] for n in places])
            for share, n in zip(shares, places):
                from_visual[t, part] += share * visual_value[n, part]
    return (
        visual + module.visual_scale * module.visual_out(from_text),
        text + module.text_scale * module.text_out(from_visual),
    )


@pytest.fixture
def shared(monkeypatch):
    """List, by block, whether one exponential served both directions."""
    tries, original = [], BiAttention._share_exponentials

    def watched(*args):
        found = original(*args)
        tries.append(found is not None)
        return found

    monkeypatch.setattr(BiAttention, '_share_exponentials', watched)
    return tries


@pytest.mark.parametrize('block', [1 << 20, 60, 1])  # all, three, one location
@pytest.mark.parametrize('scale', [None, 1, 1e4])  # None: with gradients
def test_bi_attention_equals_the_formula_per_element(block, scale, shared, monkeypatch):
    monkeypatch.setitem(bi_attention.BLOCK_SCORES, 'cpu', block)
    module = _randomised(BiAttention(6, 10, embed_dim=8, num_heads=2))
    with torch.no_grad():
        module.visual_query.weight.mul_(scale or 1)
    visual = torch.randn(2, 7, 6, dtype=torch.double)
    text = torch.randn(2, 5, 10, dtype=torch.double)
    text_mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]).bool()
    visual_mask = torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0]]).bool()
    with torch.set_grad_enabled(scale is None):
        got = module(visual, text, text_mask, visual_mask)
    if scale is None:
        assert shared == []
    elif scale == 1:  # a block of padding has nothing to divide by
        assert all(shared) if block > 60 else any(shared)
    else:  # scores of thousands
        assert not all(shared)
    for image in range(2):
        expected = _plain_bi_attention(
            module, visual[image], text[image], text_mask[image], visual_mask[image]
        )
        # Of words, the real ones: nothing reads padding.
        for ours, plain, real in zip(got, expected, (..., text_mask[image])):
            torch.testing.assert_close(
                ours[image][real], plain[real], rtol=1e-10, atol=1e-10
            )


def test_blocks_change_no_gradient(monkeypatch):
    module = _randomised(BiAttention(6, 10, embed_dim=8, num_heads=2))
    visual = torch.randn(2, 7, 6, dtype=torch.double)
    text = torch.randn(2, 5, 10, dtype=torch.double)
    pull = torch.randn(2, 7, 6, dtype=torch.double)
    results = []
    for block in (1 << 20, 60):
        monkeypatch.setitem(bi_attention.BLOCK_SCORES, 'cpu', block)
        leaves = [visual.clone().requires_grad_(), text.clone().requires_grad_()]
        module.zero_grad()
        fused, words = module(*leaves, torch.ones(2, 5).bool())
        ((fused * pull).sum() + words.pow(2).sum()).backward()
        gradients = [x.grad for x in (*leaves, *module.parameters())]
        results.append([gradient.clone() for gradient in gradients])
    for one, other in zip(*results):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize('block', [1 << 20, 60])
def test_dropout_is_right_on_average(block, monkeypatch):
    monkeypatch.setitem(bi_attention.BLOCK_SCORES, 'cpu', block)
    module = _randomised(BiAttention(6, 10, embed_dim=8, num_heads=2, dropout=0.3))
    visual = torch.randn(1, 7, 6, dtype=torch.double).expand(4000, -1, -1)
    text = torch.randn(1, 5, 10, dtype=torch.double).expand(4000, -1, -1)
    mask = torch.ones(4000, 5).bool()
    with torch.no_grad():
        expected = module.eval()(visual[:1], text[:1], mask[:1])
        got = module.train()(visual, text, mask)
    for one, many in zip(expected, got):
        assert many.std(0).max() > 0.01
        torch.testing.assert_close(many.mean(0), one[0], rtol=0, atol=0.05)


def test_half_precision_does_not_overflow():
    """Scores and sums that leave float16's range in the plain formula."""
    module = _randomised(BiAttention(64, 64, embed_dim=128, num_heads=2)).float()
    with torch.no_grad():
        module.visual_query.weight.mul_(300)
        module.norm_visual.weight.fill_(8.0)
    visual, text = torch.randn(1, 20_000, 64), torch.randn(1, 9, 64)
    mask = torch.ones(1, 9).bool()
    with torch.no_grad():
        fused, words = module.half()(visual.half(), text.half(), mask)
    assert fused.isfinite().all()
    assert words.isfinite().all()
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        fused, words = module.float()(visual, text, mask)
    assert fused.isfinite().all()
    assert words.isfinite().all()


def test_bi_attention_residual_is_on_the_normed_input():
    module = _randomised(BiAttention(6, 10, embed_dim=8, num_heads=2))
    nn.init.zeros_(module.visual_scale)
    nn.init.zeros_(module.text_scale)
    visual = torch.randn(1, 7, 6, dtype=torch.double)
    text = torch.randn(1, 5, 10, dtype=torch.double)
    fused, words = module(visual, text, torch.ones(1, 5).bool())
    torch.testing.assert_close(fused, module.norm_visual(visual))
    torch.testing.assert_close(words, module.norm_text(text))


def test_padding_changes_nothing():
    module = _randomised(BiAttention(6, 10, embed_dim=8, num_heads=2))
    visual = torch.randn(1, 7, 6, dtype=torch.double)
    text = torch.randn(1, 5, 10, dtype=torch.double)
    alone = module(visual, text, torch.ones(1, 5).bool())
    padded = module(
        torch.cat((visual, torch.randn(1, 3, 6, dtype=torch.double)), 1),
        torch.cat((text, torch.randn(1, 4, 10, dtype=torch.double)), 1),
        torch.tensor([[True] * 5 + [False] * 4]),
        torch.tensor([[True] * 7 + [False] * 3]),
    )
    torch.testing.assert_close(padded[0][:, :7], alone[0])
    torch.testing.assert_close(padded[1][:, :5], alone[1])


def test_text_layer_equals_torch_encoder_layer():
    ours = _randomised(TextLayer(dim=12, num_heads=3, feedforward_dim=20, eps=1e-5))
    theirs = nn.TransformerEncoderLayer(
        12, 3, 20, dropout=0.0, activation='gelu', batch_first=True
    )
    theirs = theirs.double().eval()
    with torch.no_grad():
        for kind in ('weight', 'bias'):
            joined = [
                getattr(getattr(ours, n), kind) for n in ('query', 'key', 'value')
            ]
            getattr(theirs.self_attn, f'in_proj_{kind}').copy_(torch.cat(joined))
        for source, target in (
            (ours.attention_out, theirs.self_attn.out_proj),
            (ours.attention_norm, theirs.norm1),
            (ours.feedforward_in, theirs.linear1),
            (ours.feedforward_out, theirs.linear2),
            (ours.feedforward_norm, theirs.norm2),
        ):
            target.load_state_dict(source.state_dict())
    text = torch.randn(2, 6, 12, dtype=torch.double)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    expected = theirs(text, src_key_padding_mask=~mask)
    torch.testing.assert_close(ours(text, mask)[mask], expected[mask])


@pytest.mark.parametrize(
    'build', [lambda: BiAttention(6, 10, 9, 2), lambda: TextLayer(10, 3)]
)
def test_heads_must_divide_the_channels(build):
    with pytest.raises(ValueError, match='not a multiple of num_heads'):
        build()


@pytest.mark.parametrize('masked', [False, True])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float16, torch.bfloat16])
@torch.no_grad()
def test_words_read_by_a_kernel_that_stores_no_scores(masked, dtype):
    backends = pytest.importorskip('torch.nn.attention')
    module = _randomised(BiAttention(8, 12, 16, 2))
    text, visual = torch.randn(2, 5, 12), torch.randn(2, 7, 8)
    visual_mask = None
    if masked:
        visual_mask = torch.arange(7) < torch.tensor([7, 3])[:, None]
    words = torch.ones(2, 5).bool()
    _, expected = module(visual.double(), text.double(), words, visual_mask)
    normed = module.norm_visual(visual.double()).to(dtype)
    with backends.sdpa_kernel(backends.SDPBackend.FLASH_ATTENTION):
        found = module.to(dtype).to_words(text.to(dtype), normed, visual_mask)
    assert found.dtype == dtype
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(found.double(), expected, rtol=8 * eps, atol=16 * eps)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_half_models_sum_over_locations_in_float32(dtype):
    """The shares of blocks come from these sums; bfloat16 has steps of 3 % there."""
    module = _randomised(BiAttention(8, 12, 16, 2))
    visual, keys, values = torch.randn(1, 9000, 8), *torch.randn(2, 1, 10, 8) * 0.3
    inputs = [x.to(dtype) for x in (visual, keys, torch.randn(1, 1, 10), values)]
    _, read, mass, log_total = module._block(*inputs, None)
    assert read.dtype == mass.dtype == log_total.dtype == torch.float32
    visual, keys, bias, _ = (x.double() for x in inputs)
    scores = bias.transpose(1, 2) + keys @ visual.transpose(1, 2)  # (1, H*T, n)
    expected = scores.logsumexp(2, keepdim=True)
    torch.testing.assert_close(log_total.double(), expected, rtol=0, atol=3e-3)
    apart = (read - scores.softmax(2) @ visual).norm() / read.norm()
    assert apart < 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@torch.no_grad()
def test_half_models_attend_in_blocks(dtype, monkeypatch):
    monkeypatch.setitem(bi_attention.BLOCK_SCORES, 'cpu', 10 * 100)
    module = _randomised(BiAttention(8, 12, 16, 2)).to(dtype)
    inputs = torch.randn(1, 450, 8).to(dtype), torch.randn(1, 5, 12).to(dtype)
    words = torch.ones(1, 5).bool()
    found = module(*inputs, words)
    expected = module.double()(*(x.double() for x in inputs), words)
    for one, other in zip(found, expected):
        assert one.dtype == dtype
        apart = (one - other).norm() / other.norm()
        assert apart < 4 * torch.finfo(dtype).eps
