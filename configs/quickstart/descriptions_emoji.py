"""Things of EmojiScenes by description, such as "the largest heart", zero-shot.

    python tools/test.py configs/quickstart/descriptions_emoji.py emoji

Each image of `val` is asked for what fits something in it and for what fits nothing
(docs/emoji_scenes.md); the figures are D3's.
"""

_base_ = './glipv2_lite0_minilm_emoji.py'

described_keys = ('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor')
test_dataloader = dict(
    dataset=dict(
        _base_.emoji_val.descriptions,
        _delete_=True,
        pipeline=[
            _base_.load_image,
            _base_.resize,
            dict(_base_.pack, meta_keys=(*described_keys, 'sent_ids')),
        ],
    )
)
test_evaluator = dict(
    _delete_=True,
    type='DescriptionMetric',
    ann_file=_base_.data_root + _base_.emoji_val.descriptions.ann_file,
)
