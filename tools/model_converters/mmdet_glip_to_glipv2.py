"""Convert mmdet's GLIP weights to glipv2, and back.

    python tools/model_converters/mmdet_glip_to_glipv2.py tiny_b_mmdet.pth glip_t-b.pth
    python tools/model_converters/mmdet_glip_to_glipv2.py --reverse glip_t-b.pth x.pth

Takes the files of mmdet's model zoo and checkpoints of its training. Nothing is
written unless every weight finds its place.
"""

import argparse

from glipv2.convert.convert import convert, read_shape, revert
from glipv2.convert.files import (
    config_of,
    read,
    run,
    save,
    shapes_of,
    weights_of,
    write_ours,
)
from glipv2.convert.names import mmdet_names

IGNORED = (
    (r'^bbox_head\.anchor_generator\.', 'anchors; computed from the config'),
    (r'\.model\.pooler\.', "BERT's head for whole sentences; GLIP does not use it"),
    (r'\.embeddings\.position_ids$', 'the numbers 0 to 511; transformers counts'),
)


def main(args: argparse.Namespace) -> str:
    """Convert one file; says what was done."""
    content = read(args.src, args.trust_pickle)
    weights = weights_of(content, 'state_dict')
    if args.reverse:
        shape = read_shape(
            list(weights), 'backbone.stages.', 'fusion_neck.blocks.',
            'text_encoder.model.encoder.layer.',
        )  # fmt: skip
        published = revert(weights, mmdet_names(shape), content.get('unused', {}))
        save(args.dst, dict(state_dict=published))
        return f"{args.dst}: {len(published)} weights under mmdet's names"
    shape = read_shape(
        list(weights), 'backbone.stages.', 'bbox_head.head.dyhead_tower.',
        'language_model.language_backbone.body.model.encoder.layer.',
    )  # fmt: skip
    width = weights['backbone.patch_embed.norm.weight'].numel()
    config = config_of(args.config, shape, width)
    state, unused = convert(weights, mmdet_names(shape), IGNORED, shapes_of(config))
    write_ours(args.dst, state, unused, config, args.src)
    return f'{args.dst}: {len(state)} weights for {config.filename}'


if __name__ == '__main__':
    run(main, __doc__)
