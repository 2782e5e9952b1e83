"""COCO captions in Karpathy's splits (CVPR 2015); images of COCO 2014.

data/coco/annotations/dataset_coco.json
data/coco/{train,val}2014/
"""

_base_ = ['./loaders.py', './glip_pictures.py']

train_pipeline = _base_.text_train_pipeline
test_pipeline = _base_.text_test_pipeline

data_root = 'data/coco/'
ann_file = 'annotations/dataset_coco.json'
captions = dict(
    type='CocoKarpathyDataset',
    data_root=data_root,
    ann_file=ann_file,
    data_prefix=dict(img=''),  # the file names hold train2014/ and val2014/
)
test_captions = dict(captions, test_mode=True, pipeline=test_pipeline)

train_dataloader = dict(
    dataset=dict(
        captions,
        split=['train', 'restval'],  # as usual: 113k images
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(dataset=dict(test_captions, split='val'))
# 5000 images, of which figures are reported.
test_dataloader = dict(dataset=dict(test_captions, split='test'))

val_evaluator = dict(type='CaptionMetric')
# Published figures use Stanford's tokeniser: tokenizer='ptb', which needs Java.
test_evaluator = val_evaluator
