"""GLIPv2-T with a head for VQAv2's answers; boxes are not trained."""

_base_ = './glipv2_swin-t_bert.py'

model = dict(
    train_only=('backbone', 'neck', 'text_encoder', 'fusion_neck', 'vqa_head'),
    vqa_head=dict(
        type='VQAHead',
        text_dim=768,
        # tools/dataset_converters/vqa_answers.py writes it from train2014 and val2014.
        answers='data/vqav2/vqav2_answers.json',
        num_answers=3129,  # the usual list: answers of nine questions or more
    ),
)
