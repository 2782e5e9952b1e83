"""A Swin backbone as published, to mmdet's names and back."""

import argparse
from collections.abc import Mapping

import torch
from mmdet.models.backbones import SwinTransformer
from torch import Tensor

from .convert import convert, needed, read_depths, revert
from .files import read, weights_of, write_ours, write_published
from .names import swin_names
from .shapes import without_memory

IGNORED = (
    (r'^head\.', 'the classifier of ImageNet'),
    (r'^norm\.', "the classifier's norm; a detector has one per output"),
    (r'\.attn_mask$', 'of shifted windows; computed for every size of image'),
)


def convert_swin(args: argparse.Namespace) -> str:
    """Convert one file; arguments and errors as ``glip.convert_glip``.

    Returns:
        What was done, in one line.
    """
    content = read(args.src, args.trust_pickle)
    weights = weights_of(content, 'model', 'state_dict')
    if args.reverse:
        weights = {f'backbone.{key}': value for key, value in weights.items()}
        names = swin_names(read_depths(list(weights), 'backbone.stages.'))
        published = revert(weights, names, content.get('unused', {}))
        write_published(args.dst, 'model', published)
        return f'{args.dst}: {len(published)} weights under published names'
    depths = read_depths(list(weights), 'layers.')
    state, unused = convert(
        weights, swin_names(depths), IGNORED, backbone_shapes(weights, depths)
    )
    ours = {key.removeprefix('backbone.'): value for key, value in state.items()}
    write_ours(args.dst, ours, unused, None, args.src)
    return f'{args.dst}: {len(ours)} weights of a backbone'


def backbone_shapes(
    weights: Mapping[str, Tensor], depths: tuple[int, ...]
) -> dict[str, torch.Size]:
    """List the weights of mmdet's Swin of the same sizes, but for its new norms.

    Args:
        weights: Published weights.
        depths: Blocks of each stage.
    """
    tables = [
        needed(weights, f'layers.{stage}.blocks.0.attn.relative_position_bias_table')
        for stage in range(len(depths))
    ]  # ((2 * window - 1) ** 2, heads)
    with without_memory():
        backbone = SwinTransformer(
            embed_dims=needed(weights, 'patch_embed.norm.weight').numel(),
            depths=depths,
            num_heads=[table.shape[1] for table in tables],
            window_size=(round(tables[0].shape[0] ** 0.5) + 1) // 2,
            out_indices=(),
        )
    return {f'backbone.{key}': x.shape for key, x in backbone.state_dict().items()}
