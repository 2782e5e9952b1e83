"""Are the things that a caption mentions there, and boxed right? (docs/captions.md)

    python tools/test.py configs/quickstart/described_emoji.py emoji

Every image of EmojiScenes `val` is described, and the phrases of the caption are found.
"""

_base_ = './multitask_emoji.py'

test_dataloader = dict(
    dataset=dict(
        _base_.emoji_val.boxes,
        _delete_=True,
        pipeline=[
            *_base_.box_test_pipeline[:-1],
            dict(type='DescribeImage'),
            _base_.box_test_pipeline[-1],
        ],
    )
)
test_evaluator = dict(_delete_=True, type='GroundedCaptionMetric')
