"""VQAv2 (Goyal et al., CVPR 2017) in its official files; images of COCO 2014.

    data/vqav2/v2_OpenEnded_mscoco_{train,val}2014_questions.json
    data/vqav2/v2_mscoco_{train,val}2014_annotations.json
    data/coco/{train,val}2014/

Figures of test-dev come from the evaluation server: test on test2015's questions
without ann_file, and give VQAMetric outfile_prefix and format_only=True.
"""

_base_ = ['./loaders.py', './glip_pictures.py']

train_pipeline = _base_.text_train_pipeline
test_pipeline = _base_.text_test_pipeline

data_root = 'data/'
train_questions, val_questions = (
    dict(
        type='VQADataset',
        data_root=data_root,
        question_file=f'vqav2/v2_OpenEnded_mscoco_{split}_questions.json',
        ann_file=f'vqav2/v2_mscoco_{split}_annotations.json',
        img_name=f'COCO_{split}_{{image_id:012d}}.jpg',
        data_prefix=dict(img=f'coco/{split}/'),
    )
    for split in ('train2014', 'val2014')
)

train_dataloader = dict(dataset=dict(train_questions, pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(val_questions, test_mode=True, pipeline=test_pipeline)
)
test_dataloader = val_dataloader

val_evaluator = dict(type='VQAMetric')
test_evaluator = val_evaluator
