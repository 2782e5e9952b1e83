"""UniCL's weights as published, to a start for GLIPv2: its Swin and its text tower."""

import argparse
from collections.abc import Mapping

import torch
from torch import Tensor
from transformers import CLIPTextConfig

from ..models.language_models.clip_text import ClipText, stretch_positions
from .convert import convert, count, needed, read_depths
from .files import read, weights_of, write_ours
from .names import Entry, swin_names
from .shapes import without_memory
from .swin import IGNORED as IGNORED_OF_SWIN
from .swin import backbone_shapes

# UniCL's own loader renames what older files call otherwise.
OLD_PREFIXES = {
    'visual.': 'image_encoder.', 'text.': 'text_encoder.',
    'lang_encoder.': 'text_encoder.',
}  # fmt: skip
IMAGE, TEXT = 'image_encoder.', 'text_encoder.'
OURS = 'text_encoder.model.'
POSITIONS = 256  # GLIP's code stretches 77 to as many
IGNORED = (
    *((pattern.replace('^', f'^{IMAGE}'), why) for pattern, why in IGNORED_OF_SWIN),
    (
        r'^(text|image|vision)_projection$|^logit_scale$',
        'to the space where UniCL compares whole images with whole texts',
    ),
    (r'\.attn_mask$', 'a causal mask; GLIP reads in both directions'),
)
BLOCK = {
    'ln_1': 'layer_norm1',
    'ln_2': 'layer_norm2',
    'attn.query': 'self_attn.q_proj',
    'attn.key': 'self_attn.k_proj',
    'attn.value': 'self_attn.v_proj',
    'attn.out_proj': 'self_attn.out_proj',
    'mlp.c_fc': 'mlp.fc1',
    'mlp.c_proj': 'mlp.fc2',
}
AROUND = {
    'token_embedding': 'embeddings.token_embedding',
    'positional_embedding': 'embeddings.position_embedding.weight',
    'ln_final': 'final_layer_norm',
}


def convert_unicl(args: argparse.Namespace) -> str:
    """Convert one file; arguments and errors as ``glip.convert_glip``.

    Returns:
        What was done, in one line.
    """
    if args.reverse:
        raise ValueError('there is no way back to UniCL: its positions were stretched')
    content = read(args.src, args.trust_pickle)
    state, unused = convert_weights(weights_of(content, 'model', 'state_dict'))
    write_ours(args.dst, state, unused, None, args.src)
    return f'{args.dst}: {len(state)} weights of a backbone and a text encoder'


def convert_weights(
    weights: Mapping[str, Tensor],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Convert UniCL's weights to those of a GLIPv2's backbone and text encoder.

    Args:
        weights: As published.

    Returns:
        Ours, and those left out.

    Raises:
        ValueError: If a key is unknown, a weight is missing or a shape differs.
    """
    weights = {_new_name(key): value for key, value in weights.items()}
    depths = read_depths(list(weights), f'{IMAGE}layers.')
    layers = count(list(weights), f'{TEXT}resblocks.')
    image = {
        key.removeprefix(IMAGE): value
        for key, value in weights.items()
        if key.startswith(IMAGE)
    }
    target = backbone_shapes(image, depths) | _text_shapes(weights, layers)
    names = swin_names(depths, IMAGE) | _text_names(layers)
    return convert(_apart(weights), names, IGNORED, target)


def _new_name(key: str) -> str:
    for old, new in OLD_PREFIXES.items():
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def _apart(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Divide what PyTorch's attention keeps as one; stretch the positions."""
    apart: dict[str, Tensor] = {}
    for key, value in weights.items():
        block, joined, leaf = key.partition('.in_proj_')
        if joined:
            for part, rows in zip(('query', 'key', 'value'), value.chunk(3)):
                apart[f'{block}.{part}.{leaf}'] = rows
        elif key == f'{TEXT}positional_embedding':
            apart[key] = stretch_positions(value, POSITIONS)
        else:
            apart[key] = value
    return apart


def _text_names(layers: int) -> dict[str, Entry]:
    names = {TEXT + theirs: Entry(OURS + ours) for theirs, ours in AROUND.items()}
    for layer in range(layers):
        for theirs, ours in BLOCK.items():
            target = f'{OURS}encoder.layers.{layer}.{ours}'
            names[f'{TEXT}resblocks.{layer}.{theirs}'] = Entry(target)
    return names


def _text_shapes(weights: Mapping[str, Tensor], layers: int) -> dict[str, torch.Size]:
    """List the weights of a text tower of the width that the file shows."""
    words, dim = needed(weights, f'{TEXT}token_embedding.weight').shape
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=dim,
        intermediate_size=4 * dim,
        num_hidden_layers=layers,
        num_attention_heads=1,  # no weight depends on it
        max_position_embeddings=POSITIONS,
    )
    with without_memory():
        state = ClipText(config).state_dict()
    return {OURS + key: value.shape for key, value in state.items()}
