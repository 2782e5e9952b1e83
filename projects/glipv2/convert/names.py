"""Names of a published GLIP's modules and of ours.

A table holds names of modules (their ``weight`` and ``bias`` move along) and of single
parameters. All names are written out for a model's depths, so that a table reads the
same in both directions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .forms import LINEAR, MERGE, NUMBER, SAME, Form

ATTENTION = {
    'layer_norm_v': 'norm_visual',
    'layer_norm_l': 'norm_text',
    'attn.v_proj': 'visual_query',
    'attn.l_proj': 'text_key',
    'attn.values_v_proj': 'visual_value',
    'attn.values_l_proj': 'text_value',
    'attn.out_v_proj': 'visual_out',
    'attn.out_l_proj': 'text_out',
    'gamma_v': 'visual_scale',
    'gamma_l': 'text_scale',
}
TEXT_LAYER = {
    'attention.self.query': 'query',
    'attention.self.key': 'key',
    'attention.self.value': 'value',
    'attention.output.dense': 'attention_out',
    'attention.output.LayerNorm': 'attention_norm',
    'intermediate.dense': 'feedforward_in',
    'output.dense': 'feedforward_out',
    'output.LayerNorm': 'feedforward_norm',
}
DYNAMIC_CONV = {
    'DyConv.0.conv': 'from_coarser.conv',
    'DyConv.0.bn': 'from_coarser.norm',
    'DyConv.1.conv': 'from_same.conv',
    'DyConv.1.bn': 'from_same.norm',
    'DyConv.2.conv': 'from_finer.conv',
    'DyConv.2.bn': 'from_finer.norm',
    'AttnConv.1': 'source_weight',
    'relu.fc.0': 'activation.conv1.conv',
    'relu.fc.2': 'activation.conv2.conv',
    'offset': 'offset',
}
HEAD = {
    'bbox_pred': 'bbox_pred',
    'centerness': 'centerness',
    'dot_product_projection_text': 'text_projection',
    'log_scale': 'log_scale',
    'bias_lang': 'bias_lang',
    'bias0': 'bias0',
}
SWIN_BLOCK = {
    'norm1': 'norm1',
    'norm2': 'norm2',
    'attn.qkv': 'attn.w_msa.qkv',
    'attn.proj': 'attn.w_msa.proj',
    'attn.relative_position_bias_table': 'attn.w_msa.relative_position_bias_table',
    'attn.relative_position_index': 'attn.w_msa.relative_position_index',
    'mlp.fc1': 'ffn.layers.0.0',
    'mlp.fc2': 'ffn.layers.1',
}
CROSS_ATTENTION = ('norm', 'norm_kv', 'to_q', 'to_kv', 'to_out')
FEEDFORWARD = ('norm', 'linear1', 'linear2')
BERT_LAYER = tuple(TEXT_LAYER)
BERT_EMBEDDINGS = (
    'word_embeddings',
    'position_embeddings',
    'token_type_embeddings',
    'LayerNorm',
)
FPN = {
    'fpn_inner2': 'lateral_convs.0.conv',
    'fpn_inner3': 'lateral_convs.1.conv',
    'fpn_inner4': 'lateral_convs.2.conv',
    'fpn_layer2': 'fpn_convs.0.conv',
    'fpn_layer3': 'fpn_convs.1.conv',
    'fpn_layer4': 'fpn_convs.2.conv',
    'top_blocks.p6': 'fpn_convs.3.conv',
    'top_blocks.p7': 'fpn_convs.4.conv',
}
DYNAMIC_RELU = ('relu.fc.0', 'relu.fc.2')


@dataclass(frozen=True)
class Entry:
    """Where a module or parameter goes, and in which form."""

    target: str
    form: Form = SAME


@dataclass(frozen=True)
class Shape:
    """Sizes of a GLIP that its file shows.

    Args:
        depths: Blocks of each Swin stage.
        num_blocks: Blocks of the head's tower.
        fused: Whether a block has attention and a text layer before its DyConv.
        text_layers: Layers of BERT.
        levels: Pyramid levels.
        gated: Layers of BERT that read examples (MQ-GLIP).
        target: Blocks in which examples read the image.
    """

    depths: tuple[int, ...]
    num_blocks: int
    fused: bool
    text_layers: int = 12
    levels: int = 5
    gated: int = 0
    target: int = 0


def official_names(shape: Shape) -> dict[str, Entry]:
    """Map the names of the original code's files, without ``module.``, to ours."""
    names = swin_names(shape.depths, 'backbone.body.', outputs=(1, 2, 3))
    names |= _table(FPN, 'backbone.fpn.', 'neck.')
    names |= _bert_names(shape, 'language_backbone.body.model.')
    names |= _reader_names(shape, 'language_backbone.body.model.')
    names |= _head_names(shape, 'rpn.head.')
    return names


def mmdet_names(shape: Shape) -> dict[str, Entry]:
    """Map the names of mmdet's converted GLIP files to ours.

    Returns:
        Ours by theirs; backbone and neck have mmdet's names on both sides.
    """
    official = swin_names(shape.depths, 'backbone.body.', outputs=(1, 2, 3))
    official |= _table(FPN, 'backbone.fpn.', 'neck.')
    names = {entry.target: Entry(entry.target) for entry in official.values()}
    names |= _bert_names(shape, 'language_model.language_backbone.body.model.')
    renamed = {
        name.replace('DyConv', 'dyconvs').replace('AttnConv', 'attnconv'): entry
        for name, entry in _head_names(shape, 'bbox_head.head.').items()
    }
    return names | renamed


def swin_names(
    depths: tuple[int, ...], prefix: str = '', outputs: tuple[int, ...] = ()
) -> dict[str, Entry]:
    """Map the published names of a Swin backbone to ours.

    Args:
        depths: Blocks of each stage.
        prefix: In front of all published names.
        outputs: Stages whose output has a norm of its own.
    """
    names = _table(
        {'patch_embed.proj': 'patch_embed.projection'}
        | {'patch_embed.norm': 'patch_embed.norm'}
        | {f'norm{stage}': f'norm{stage}' for stage in outputs},
        prefix,
        'backbone.',
    )
    for stage, depth in enumerate(depths):
        theirs, ours = f'{prefix}layers.{stage}.', f'backbone.stages.{stage}.'
        for block in range(depth):
            names |= _table(
                SWIN_BLOCK, f'{theirs}blocks.{block}.', f'{ours}blocks.{block}.'
            )
        if stage < len(depths) - 1:
            for part in ('reduction', 'norm'):
                name = f'downsample.{part}'
                names[theirs + name] = Entry(ours + name, MERGE)
    return names


def _bert_names(shape: Shape, prefix: str) -> dict[str, Entry]:
    ours = 'text_encoder.model.'
    parts = [f'embeddings.{name}' for name in BERT_EMBEDDINGS] + [
        f'encoder.layer.{layer}.{name}'
        for layer in range(shape.text_layers)
        for name in BERT_LAYER
    ]
    return {prefix + name: Entry(ours + name) for name in parts}


def _reader_names(shape: Shape, prefix: str) -> dict[str, Entry]:
    """Map what MQ-GLIP adds to GLIP."""
    names: dict[str, Entry] = {}
    for layer in range(shape.gated):
        theirs = f'{prefix}encoder.qv_layer.{layer}.'
        ours = f'text_encoder.example_reader.gated.{layer}.'
        names |= _same_parts(CROSS_ATTENTION, theirs + 'attn.', ours + 'attention.')
        names |= _same_parts(
            FEEDFORWARD, theirs + 'attn_gate.', ours + 'attention_gate.'
        )
        names |= _same_parts(FEEDFORWARD, theirs + 'ff.', ours + 'feedforward.')
        names[theirs + 'ff_gate'] = Entry(ours + 'feedforward_gate')
    for block in range(shape.target):
        theirs = f'{prefix}pre_select.layers.{block}.'
        ours = f'text_encoder.example_reader.target.{block}.'
        names |= _same_parts(
            CROSS_ATTENTION, theirs + 'image_condition.', ours + 'attention.'
        )
        names |= _same_parts(FEEDFORWARD, theirs + 'ff.', ours + 'feedforward.')
        if block == shape.target - 1:  # where the channels become those of words
            names[theirs + 'res_mapping'] = Entry(ours + 'shortcut')
    return names


def _head_names(shape: Shape, prefix: str) -> dict[str, Entry]:
    names = _table(HEAD, prefix, 'bbox_head.')
    for level in range(shape.levels):
        name = f'scales.{level}.scale'
        names[prefix + name] = Entry(f'bbox_head.{name}', NUMBER)
    step = 3 if shape.fused else 1
    for block in range(shape.num_blocks):
        ours = f'fusion_neck.blocks.{block}.'
        theirs = [f'{prefix}dyhead_tower.{step * block + i}.' for i in range(step)]
        if shape.fused:
            names |= _table(ATTENTION, theirs[0] + 'b_attn.', ours + 'attention.')
            names |= _table(TEXT_LAYER, theirs[1], ours + 'text_layer.')
        names |= _table(DYNAMIC_CONV, theirs[-1], ours + 'dynamic_conv.')
        for part in DYNAMIC_RELU:
            name = theirs[-1] + part
            names[name] = Entry(names[name].target, LINEAR)
    return names


def _same_parts(parts: Sequence[str], theirs: str, ours: str) -> dict[str, Entry]:
    return {theirs + part: Entry(ours + part) for part in parts}


def _table(pairs: Mapping[str, str], theirs: str, ours: str) -> dict[str, Entry]:
    return {theirs + a: Entry(ours + b) for a, b in pairs.items()}
