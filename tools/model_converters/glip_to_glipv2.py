"""Convert official GLIP weights (microsoft/GLIP) to glipv2, and back.

    python tools/model_converters/glip_to_glipv2.py glip_tiny_o365.pth glip_t-b.pth
    python tools/model_converters/glip_to_glipv2.py --reverse glip_t-b.pth back.pth

GLIP-T (A), (B), (C), GLIP-T and GLIP-L are told apart by what the file holds. Nothing
is written unless every weight finds its place.
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
from glipv2.convert.names import official_names

IGNORED = (
    (r'^rpn\.anchor_generator\.', 'anchors; computed from the config'),
    (r'^rpn\.head\.cls_logits\.', 'a classifier that GLIP keeps frozen and unused'),
    (r'\.model\.pooler\.', "BERT's head for whole sentences; GLIP does not use it"),
    (r'\.embeddings\.position_ids$', 'the numbers 0 to 511; transformers counts'),
)


def main(args: argparse.Namespace) -> str:
    """Convert one file; says what was done."""
    content = read(args.src, args.trust_pickle)
    if args.reverse:
        weights = weights_of(content, 'state_dict')
        shape = read_shape(
            list(weights), 'backbone.stages.', 'fusion_neck.blocks.',
            'text_encoder.model.encoder.layer.',
        )  # fmt: skip
        published = revert(weights, official_names(shape), content.get('unused', {}))
        save(
            args.dst,
            dict(model={f'module.{key}': value for key, value in published.items()}),
        )
        return f'{args.dst}: {len(published)} weights under official names'
    weights = weights_of(content, 'model')
    shape = read_shape(
        list(weights), 'backbone.body.layers.', 'rpn.head.dyhead_tower.',
        'language_backbone.body.model.encoder.layer.',
    )  # fmt: skip
    width = weights['backbone.body.patch_embed.norm.weight'].numel()
    config = config_of(args.config, shape, width)
    state, unused = convert(weights, official_names(shape), IGNORED, shapes_of(config))
    write_ours(args.dst, state, unused, config, args.src)
    return f'{args.dst}: {len(state)} weights for {config.filename}'


if __name__ == '__main__':
    run(main, __doc__)
