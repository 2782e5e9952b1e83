"""Objects365 with examples of its names, whose words are sometimes hidden (MQ-Det)."""

_base_ = './pretrain_o365_goldg_cap4m.py'

show_examples = dict(
    type='ShowExamples',
    bank=_base_.objects365['data_root'] + 'examples.safetensors',
    hide_prob=0.4,  # MQ-Det
)
train_dataloader = dict(
    dataset=dict(
        datasets=[
            dict(
                _base_.objects365,
                pipeline=[*_base_.detection_pipeline[:-1], show_examples, _base_.pack],
            )
        ],
        weights=[1],
    )
)
