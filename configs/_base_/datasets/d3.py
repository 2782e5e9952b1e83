"""D3 (Described Object Detection, Xie et al., NeurIPS 2023): objects by description.

An image is asked for the descriptions of its scene, four or so, some of which nothing
in it fits (the paper's intra-scenario setting). All are asked at once; three metrics
judge all descriptions, those of what is there, and those of what is lacking ("a dog
without a leash").
"""

_base_ = './coco_text.py'  # trains on COCO; the descriptions are tested zero-shot

d3_root = 'data/d3/'
d3_keys = ('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor', 'sent_ids')
# Without boxes: their labels are numbers of descriptions, and the metric reads them.
d3_pipeline = [
    dict(step, meta_keys=d3_keys) if step['type'] == 'PackTextDetInputs' else step
    for step in _base_.test_pipeline
    if step['type'] != 'LoadAnnotations'
]

val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='DODDataset',
        data_root=d3_root,
        ann_file='d3_json/d3_full_annotations.json',
        data_prefix=dict(img='d3_images/', anno='d3_pkl/'),
        test_mode=True,
        pipeline=d3_pipeline,
    )
)
test_dataloader = val_dataloader

val_evaluator = [
    dict(
        type='DescriptionMetric',
        ann_file=f'{d3_root}d3_json/d3_{part}_annotations.json',
        prefix=f'd3_{part}',
    )
    for part in ('full', 'pres', 'abs')
]
test_evaluator = val_evaluator
