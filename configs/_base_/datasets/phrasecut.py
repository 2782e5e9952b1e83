"""PhraseCut: masks of phrases; data/phrasecut holds its refer_*.json and images/."""

_base_ = ['./loaders.py', './glip_pictures.py']

# Not flipped: phrases say left and right.
train_pipeline = [
    *(_base_.load_image, _base_.load_masks, _base_.train_resize),
    _base_.pack,
]
test_pipeline = [
    *(_base_.load_image, _base_.test_resize, _base_.load_masks),
    _base_.pack,
]
phrases = dict(
    type='PhraseCutDataset',
    data_root='data/phrasecut/',
    data_prefix=dict(img='images/'),
)
test_phrases = dict(phrases, test_mode=True, pipeline=test_pipeline)

train_dataloader = dict(
    batch_size=2,  # per process; 64 in all
    dataset=dict(phrases, ann_file='refer_train.json', pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(test_phrases, ann_file='refer_val.json'))
test_dataloader = dict(dataset=dict(test_phrases, ann_file='refer_test.json'))
val_evaluator = dict(type='PhraseCutMetric')
test_evaluator = val_evaluator
