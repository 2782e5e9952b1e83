"""Names and shapes of the published files, written down from the public code.

They are independent of the converters' tables. Linear layers have a weight (rows,
columns) and a bias (rows,), norms two of (channels,).
"""

from collections.abc import Sequence

Shapes = dict[str, tuple[int, ...]]


def linear(name: str, rows: int, columns: int, *kernel: int) -> Shapes:
    """Of a linear layer or a convolution with a bias."""
    return {f'{name}.weight': (rows, columns, *kernel), f'{name}.bias': (rows,)}


def norm(name: str, channels: int) -> Shapes:
    """Of a norm."""
    return {f'{name}.weight': (channels,), f'{name}.bias': (channels,)}


def swin_keys(
    prefix: str, dim: int, depths: Sequence[int], heads: Sequence[int], window: int
) -> Shapes:
    """Of a Swin without the norms of its outputs."""
    keys = linear(f'{prefix}patch_embed.proj', dim, 3, 4, 4)
    keys |= norm(f'{prefix}patch_embed.norm', dim)
    for stage, (depth, head) in enumerate(zip(depths, heads)):
        c = dim * 2**stage
        for number in range(depth):
            block = f'{prefix}layers.{stage}.blocks.{number}'
            keys |= norm(f'{block}.norm1', c) | norm(f'{block}.norm2', c)
            table = f'{block}.attn.relative_position'
            keys[f'{table}_bias_table'] = ((2 * window - 1) ** 2, head)
            keys[f'{table}_index'] = (window**2, window**2)
            keys |= linear(f'{block}.attn.qkv', 3 * c, c)
            keys |= linear(f'{block}.attn.proj', c, c)
            keys |= linear(f'{block}.mlp.fc1', 4 * c, c)
            keys |= linear(f'{block}.mlp.fc2', c, 4 * c)
        if stage < len(depths) - 1:
            merge = f'{prefix}layers.{stage}.downsample'
            keys |= {f'{merge}.reduction.weight': (2 * c, 4 * c)}
            keys |= norm(f'{merge}.norm', 4 * c)
    return keys


def bert_layer_keys(prefix: str, dim: int = 768) -> Shapes:
    """Of one layer of BERT."""
    keys: Shapes = {}
    for part in ('self.query', 'self.key', 'self.value', 'output.dense'):
        keys |= linear(f'{prefix}attention.{part}', dim, dim)
    keys |= norm(f'{prefix}attention.output.LayerNorm', dim)
    keys |= linear(f'{prefix}intermediate.dense', 4 * dim, dim)
    keys |= linear(f'{prefix}output.dense', dim, 4 * dim)
    return keys | norm(f'{prefix}output.LayerNorm', dim)


def tower_keys(blocks: int, fused: bool) -> Shapes:
    """Of the blocks of fusion and DyConv."""
    keys: Shapes = {}
    step = 3 if fused else 1
    for block in range(blocks):
        at = [f'rpn.head.dyhead_tower.{step * block + i}.' for i in range(step)]
        if fused:
            b = f'{at[0]}b_attn.'
            keys |= norm(f'{b}layer_norm_v', 256) | norm(f'{b}layer_norm_l', 768)
            keys |= {f'{b}gamma_v': (256,), f'{b}gamma_l': (768,)}
            for name, size in (('v', 256), ('l', 768)):
                keys |= linear(f'{b}attn.{name}_proj', 2048, size)
                keys |= linear(f'{b}attn.values_{name}_proj', 2048, size)
                keys |= linear(f'{b}attn.out_{name}_proj', size, 2048)
            keys |= bert_layer_keys(at[1])
        for conv in range(3):
            keys |= linear(f'{at[-1]}DyConv.{conv}.conv', 256, 256, 3, 3)
            keys |= norm(f'{at[-1]}DyConv.{conv}.bn', 256)
        keys |= linear(f'{at[-1]}AttnConv.1', 1, 256, 1, 1)
        keys |= linear(f'{at[-1]}relu.fc.0', 64, 256)
        keys |= linear(f'{at[-1]}relu.fc.2', 1024, 64)
        keys |= linear(f'{at[-1]}offset', 27, 256, 3, 3)
    return keys


def glip_keys(size: str, fused: bool) -> Shapes:
    """Of a GLIP, ``'T'`` or ``'L'``, as its file has them (with ``module.``)."""
    if size == 'T':
        dim, depths, heads, window, blocks = 96, (2, 2, 6, 2), (3, 6, 12, 24), 7, 6
    else:
        dim, depths, heads, window, blocks = 192, (2, 2, 18, 2), (6, 12, 24, 48), 12, 8
    keys = swin_keys('backbone.body.', dim, depths, heads, window)
    for level in (1, 2, 3):
        keys |= norm(f'backbone.body.norm{level}', dim * 2**level)
        keys |= linear(f'backbone.fpn.fpn_inner{level + 1}', 256, dim * 2**level, 1, 1)
        keys |= linear(f'backbone.fpn.fpn_layer{level + 1}', 256, 256, 3, 3)
    for level in ('p6', 'p7'):
        keys |= linear(f'backbone.fpn.top_blocks.{level}', 256, 256, 3, 3)
    bert = 'language_backbone.body.model.'
    keys[f'{bert}embeddings.position_ids'] = (1, 512)
    for name, count in (('word', 30522), ('position', 512), ('token_type', 2)):
        keys[f'{bert}embeddings.{name}_embeddings.weight'] = (count, 768)
    keys |= norm(f'{bert}embeddings.LayerNorm', 768)
    for layer in range(12):
        keys |= bert_layer_keys(f'{bert}encoder.layer.{layer}.')
    keys |= tower_keys(blocks, fused)
    head = 'rpn.head.'
    keys |= linear(f'{head}cls_logits', 80, 256, 1, 1)
    keys |= linear(f'{head}bbox_pred', 4, 256, 1, 1)
    keys |= linear(f'{head}centerness', 1, 256, 1, 1)
    keys |= linear(f'{head}dot_product_projection_text', 256, 768)
    keys |= {f'{head}log_scale': (1,), f'{head}bias0': (1,), f'{head}bias_lang': (768,)}
    keys |= {f'{head}scales.{level}.scale': (1,) for level in range(5)}
    keys |= {f'rpn.anchor_generator.cell_anchors.{i}': (1, 4) for i in range(5)}
    return {f'module.{key}': shape for key, shape in keys.items()}


def unicl_keys(
    dim: int, depths: Sequence[int], heads: Sequence[int], text: int, layers: int,
    words: int, window: int = 7,
) -> Shapes:  # fmt: skip
    """Of a UniCL of 224 pixels."""
    keys = swin_keys('image_encoder.', dim, depths, heads, window)
    keys |= norm('image_encoder.norm', dim * 8)
    for stage, depth in enumerate(depths[:-1]):  # in the last a window is all there is
        windows = (56 // 2**stage // window) ** 2
        for number in range(1, depth, 2):
            name = f'image_encoder.layers.{stage}.blocks.{number}.attn_mask'
            keys[name] = (windows, window**2, window**2)
    tower = 'text_encoder.'
    keys[f'{tower}token_embedding.weight'] = (words, text)
    keys[f'{tower}positional_embedding'] = (77, text)
    for layer in range(layers):
        block = f'{tower}resblocks.{layer}'
        keys |= norm(f'{block}.ln_1', text) | norm(f'{block}.ln_2', text)
        keys[f'{block}.attn.in_proj_weight'] = (3 * text, text)
        keys[f'{block}.attn.in_proj_bias'] = (3 * text,)
        keys |= linear(f'{block}.attn.out_proj', text, text)
        keys |= linear(f'{block}.mlp.c_fc', 4 * text, text)
        keys |= linear(f'{block}.mlp.c_proj', text, 4 * text)
    keys |= norm(f'{tower}ln_final', text)
    keys['text_projection'] = (text, 512)
    keys['image_projection'] = (dim * 8, 512)
    keys['logit_scale'] = ()
    return keys


def reader_keys(dim: int = 768, channels: int = 256) -> Shapes:
    """Of what MQ-GLIP adds to GLIP-T and GLIP-L, with ``module.``."""

    def attention(name: str, c: int, inner: int, out: int) -> Shapes:
        keys = norm(f'{name}.norm', c) | norm(f'{name}.norm_kv', c)
        keys[f'{name}.to_q.weight'] = (inner, c)
        keys[f'{name}.to_kv.weight'] = (2 * inner, c)
        keys[f'{name}.to_out.weight'] = (out, inner)
        return keys

    def feedforward(name: str, c: int, inner: int, out: int) -> Shapes:
        keys = norm(f'{name}.norm', c)
        keys[f'{name}.linear1.weight'] = (inner, c)
        keys[f'{name}.linear2.weight'] = (out, inner)
        return keys

    model = 'module.language_backbone.body.model.'
    keys: Shapes = {}
    for layer in range(6):
        name = f'{model}encoder.qv_layer.{layer}'
        keys |= attention(f'{name}.attn', dim, 512, dim)
        keys |= feedforward(f'{name}.attn_gate', dim, dim // 2, 1)
        keys |= feedforward(f'{name}.ff', dim, 4 * dim, dim)
        keys[f'{name}.ff_gate'] = (1,)
    for block, out in enumerate((channels, dim)):
        name = f'{model}pre_select.layers.{block}'
        keys |= attention(f'{name}.image_condition', channels, 256, out)
        keys |= feedforward(f'{name}.ff', out, 4 * out, out)
    keys[f'{model}pre_select.layers.1.res_mapping.weight'] = (dim, channels)
    return keys
