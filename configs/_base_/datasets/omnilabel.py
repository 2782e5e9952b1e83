"""OmniLabel val (Schulter et al., ICCV 2023): free descriptions, negatives included.

Texts of three words and more are asked alone and shorter ones 20 at a time, each prompt
with its 100 best boxes, as DesCo's evaluation of GLIP has it. The file of one source is
`--cfg-options omnilabel=data/omnilabel/dataset_all_val_v0.1.3_coco.json` (`_object365`,
`_openimagesv5`).
"""

import os

_base_ = './coco_text.py'  # trains on COCO; the descriptions are tested zero-shot

omnilabel = os.environ.get('OMNILABEL', 'data/omnilabel/dataset_all_val_v0.1.3.json')
omnilabel_keys = ('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor')
omnilabel_pipeline = [
    dict(step, meta_keys=(*omnilabel_keys, 'description_ids'))
    if step['type'] == 'PackTextDetInputs'
    else step
    for step in _base_.test_pipeline
]

# For a model's test_cfg.
omnilabel_prompts = dict(words_alone=3, chunked_size=20, max_per_prompt=100)

val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='OmniLabelDataset',
        ann_file=omnilabel,
        data_prefix=dict(img='data/omnilabel/imgs/'),
        test_mode=True,
        pipeline=omnilabel_pipeline,
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(_delete_=True, type='OmniLabelMetric', ann_file=omnilabel)
test_evaluator = val_evaluator
