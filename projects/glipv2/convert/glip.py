"""GLIP's weights as published, to ours and back."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .convert import Ignored, convert, needed, read_shape, revert
from .files import (
    config_of,
    read,
    shapes_of,
    weights_of,
    write_ours,
    write_published,
)
from .names import Entry, Shape, mmdet_names, official_names

UNUSED_BERT = (
    (r'\.model\.pooler\.', "BERT's head for whole sentences; GLIP does not use it"),
    (r'\.embeddings\.position_ids$', 'the numbers 0 to 511; transformers counts'),
)
OUR_PREFIXES = (
    'backbone.stages.', 'fusion_neck.blocks.', 'text_encoder.model.encoder.layer.',
)  # fmt: skip


@dataclass(frozen=True)
class PublishedForm:
    """How a project publishes GLIP.

    Args:
        title: What its names are called in messages.
        key: Where a file holds the weights.
        names: Names of a GLIP's weights, ours by theirs.
        prefixes: Of the Swin stages, of the head's blocks and of BERT's layers.
        width: Weight with as many elements as the first Swin stage has channels.
        ignored: Patterns of keys that are left out, and why.
        wrapper: In front of all names that are written.
    """

    title: str
    key: str
    names: Callable[[Shape], Mapping[str, Entry]]
    prefixes: tuple[str, str, str]
    width: str
    ignored: Ignored
    wrapper: str = ''


OFFICIAL = PublishedForm(
    'official names',
    'model',
    official_names,
    (
        'backbone.body.layers.',
        'rpn.head.dyhead_tower.',
        'language_backbone.body.model.encoder.layer.',
    ),
    'backbone.body.patch_embed.norm.weight',
    (
        (r'^rpn\.anchor_generator\.', 'anchors; computed from the config'),
        (r'^rpn\.head\.cls_logits\.', 'a classifier that GLIP freezes and never uses'),
        *UNUSED_BERT,
    ),
    'module.',
)
MMDET = PublishedForm(
    "mmdet's names",
    'state_dict',
    mmdet_names,
    (
        'backbone.stages.',
        'bbox_head.head.dyhead_tower.',
        'language_model.language_backbone.body.model.encoder.layer.',
    ),
    'backbone.patch_embed.norm.weight',
    (
        (r'^bbox_head\.anchor_generator\.', 'anchors; computed from the config'),
        *UNUSED_BERT,
    ),
)


def convert_glip(args: argparse.Namespace, form: PublishedForm) -> str:
    """Convert one file, to ours or with ``reverse`` back.

    Args:
        args: Of ``files.parse_arguments``.
        form: Of the published file.

    Returns:
        What was done, in one line.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If a weight has no counterpart or another shape.
    """
    content = read(args.src, args.trust_pickle)
    if args.reverse:
        weights = weights_of(content, 'state_dict')
        shape = read_shape(list(weights), *OUR_PREFIXES)
        published = revert(weights, form.names(shape), content.get('unused', {}))
        written = {form.wrapper + key: value for key, value in published.items()}
        write_published(args.dst, form.key, written)
        return f'{args.dst}: {len(published)} weights under {form.title}'
    weights = weights_of(content, form.key)
    shape = read_shape(list(weights), *form.prefixes)
    config = config_of(args.config, shape, needed(weights, form.width).numel())
    names = form.names(shape)
    state, unused = convert(weights, names, form.ignored, shapes_of(config))
    write_ours(args.dst, state, unused, config, args.src)
    return f'{args.dst}: {len(state)} weights for {config.filename}'
