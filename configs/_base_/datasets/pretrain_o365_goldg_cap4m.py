"""Objects365, GoldG and four million captions (GLIP-T, GLIPv2-T); zero-shot COCO.

ODVG files as mmdet's converters write them; docs/pretraining.md says how each is made.
Numbers are those of GLIP's released code, where not said otherwise.
"""

_base_ = './coco_text.py'

# Of millions of images some are missing or broken; more than 1 % stop the run.
load_image = dict(_base_.load_image, type='LoadImage', on_bad='skip')
flipped_boxes = [load_image, *_base_.flipped_boxes[1:]]
detection_pipeline = [
    *flipped_boxes,
    dict(_base_.prompt, num_categories=85, full_sampling_prob=0.5),
    _base_.pack,
]
caption_pipeline = [
    *flipped_boxes,  # GLIP leaves "left" and "right" as they are
    dict(_base_.prompt, type='PackCaptions', none_prob=0.4, full_prob=0.3),
    _base_.prompt,
    _base_.pack,
]

stream = dict(type='StreamingODVGDataset', on_bad='skip')
objects365 = dict(
    stream,
    data_root='data/objects365v1/',
    ann_file='o365v1_train_odvg.json',
    label_map_file='o365v1_label_map.json',
    data_prefix=dict(img='train/'),
    pipeline=detection_pipeline,
)
flickr30k = dict(
    stream,
    data_root='data/flickr30k_entities/',
    ann_file='final_flickr_separateGT_train_vg.json',
    data_prefix=dict(img='flickr30k_images/'),
    pipeline=caption_pipeline,  # no negative captions: they pass PackCaptions
)
mixed = dict(  # GQA and Visual Genome captions without COCO's images
    stream,
    data_root='data/gqa/',
    ann_file='final_mixed_train_no_coco_vg.json',
    data_prefix=dict(img='images/'),
    pipeline=caption_pipeline,
)
captions = dict(  # written by tools/pseudo_label.py
    stream,
    data_root='data/cap4m/',
    ann_file='cap4m_vg.jsonl',
    data_prefix=dict(img='images/'),
    min_score=0.5,
    num_negative_captions=19,
    pipeline=caption_pipeline,
)

train_dataloader = dict(
    _delete_=True,
    batch_size=2,  # per GPU; 64 on 32 GPUs
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='MixtureSampler'),
    dataset=dict(
        type='MixedDataset',
        datasets=[objects365, flickr30k, mixed, captions],
        # Thousands of images: each once. Those of GLIP-T are not public; our choice.
        weights=[609, 149, 621, 4000],
    ),
)
