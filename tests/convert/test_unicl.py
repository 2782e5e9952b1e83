"""UniCL's converted encoders against its formulas, on a small made-up file."""

import argparse
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from torch import Tensor
from transformers import CLIPTextConfig

from glipv2.checkpoint.loading import load_checkpoint_safely
from glipv2.convert.unicl import convert_unicl, convert_weights
from glipv2.models.language_models.clip_text import ClipLayer, ClipText
from tests.convert.published_keys import unicl_keys

ROOT = Path(__file__).parents[2]
LAYERS, HEADS, DIM = 2, 4, 32
SMALL = dict(
    dim=12, depths=(1, 2, 1, 1), heads=(1, 2, 2, 2), text=DIM, layers=LAYERS, words=60
)


def made_up_weights() -> dict[str, Tensor]:
    """Make random weights under the published names."""
    torch.manual_seed(0)
    return {key: torch.randn(shape) * 0.3 for key, shape in unicl_keys(**SMALL).items()}


def norm(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    """UniCL's layer norm: eps 1e-12 inside the root, in float32."""
    centred = x.float() - x.float().mean(-1, keepdim=True)
    scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-12).sqrt()
    return weights[f'{name}.weight'] * scaled.to(x.dtype) + weights[f'{name}.bias']


def read_as_glip(
    weights: dict[str, Tensor], ids: Tensor, padding: Tensor, positions: Tensor
) -> Tensor:
    """Read texts with UniCL's tower in both directions, as GLIP's code does."""
    x = weights['token_embedding.weight'][ids] + positions[: ids.shape[1]]
    for layer in range(LAYERS):
        at = f'resblocks.{layer}.'
        y = norm(x, weights, f'{at}ln_1').transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            y, y, y, DIM, HEADS,
            weights[f'{at}attn.in_proj_weight'], weights[f'{at}attn.in_proj_bias'],
            None, None, False, 0.0,
            weights[f'{at}attn.out_proj.weight'], weights[f'{at}attn.out_proj.bias'],
            key_padding_mask=padding, need_weights=False,
        )  # fmt: skip
        x = x + y.transpose(0, 1)
        y = F.linear(
            norm(x, weights, f'{at}ln_2'),
            weights[f'{at}mlp.c_fc.weight'], weights[f'{at}mlp.c_fc.bias'],
        )  # fmt: skip
        y = y * torch.sigmoid(1.702 * y)
        x = x + F.linear(
            y, weights[f'{at}mlp.c_proj.weight'], weights[f'{at}mlp.c_proj.bias']
        )
    return norm(x, weights, 'ln_final')


def test_text_tower_equals_its_formulas() -> None:
    weights = made_up_weights()
    state, _ = convert_weights(weights)
    ours = 'text_encoder.model.'
    text = {k.removeprefix(ours): x for k, x in state.items() if k.startswith(ours)}
    source = Config.fromfile(
        ROOT / 'configs/_base_/models/glipv2_swin-b_unicl.py'
    ).model.text_encoder.source
    shrunk = dict(
        source, vocab_size=60, hidden_size=DIM, intermediate_size=4 * DIM,
        num_hidden_layers=LAYERS, num_attention_heads=HEADS,
    )  # fmt: skip
    del shrunk['tokenizer'], shrunk['model_type']
    model = ClipText(CLIPTextConfig(**shrunk, max_position_embeddings=256)).eval()
    model.load_state_dict(text)
    ids = torch.randint(0, 60, (3, 100))  # longer than UniCL's 77
    mask = torch.ones_like(ids)
    mask[1, 40:] = 0
    published = {
        key.removeprefix('text_encoder.'): value for key, value in weights.items()
    }
    positions = F.interpolate(
        published['positional_embedding'].T[None, :, :, None], (256, 1), mode='bilinear'
    )[0, :, :, 0].T  # GLIP's call, of an image one pixel wide
    with torch.no_grad():
        found = model(ids, mask).last_hidden_state
        expected = read_as_glip(published, ids, mask == 0, positions)
    real = mask.bool()
    torch.testing.assert_close(found[real], expected[real], rtol=1e-4, atol=1e-4)


def test_norms_are_computed_in_float32() -> None:
    """Words that hardly differ keep their direction in bfloat16, too."""
    layer = ClipLayer(8, 2, 8, eps=1e-12)
    x = (torch.randn(2, 8) * 1e-4).bfloat16()
    expected = norm(x, {'n.weight': torch.ones(8), 'n.bias': torch.zeros(8)}, 'n')
    found = layer.layer_norm1.bfloat16()(x)
    torch.testing.assert_close(found.float(), expected.float(), rtol=0.02, atol=0.02)
    assert found.float().std() > 0.5


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_file(tmp_path: Path, suffix: str) -> None:
    weights = made_up_weights()
    source, out = tmp_path / 'unicl.pth', tmp_path / f'out{suffix}'
    torch.save(dict(model=weights), source)
    args = argparse.Namespace(src=source, dst=out, reverse=False, trust_pickle=False)
    assert 'of a backbone and a text encoder' in convert_unicl(args)
    state = load_checkpoint_safely(out)['state_dict']
    assert {key.partition('.')[0] for key in state} == {'backbone', 'text_encoder'}
    patch = 'patch_embed.proj.weight'
    torch.testing.assert_close(
        state['backbone.patch_embed.projection.weight'],
        weights[f'image_encoder.{patch}'],
    )
    args.reverse = True
    with pytest.raises(ValueError, match='no way back'):
        convert_unicl(args)
