"""Five detection sets, GoldG and 16 million captions (GLIPv2-B and H).

Copies are those of GLIP's released glip_Swin_L.yaml; those of GLIPv2 are not public.
"""

_base_ = './pretrain_o365_goldg_cap4m.py'

# Read with another vocabulary: CLIP's.
tokenizer = 'openai/clip-vit-base-patch32'
detection_pipeline, caption_pipeline = (
    [
        dict(step, tokenizer=tokenizer) if 'tokenizer' in step else step
        for step in pipeline
    ]
    for pipeline in (_base_.detection_pipeline, _base_.caption_pipeline)
)

detection = dict(
    type='StreamingODVGDataset', bad_lines='skip', pipeline=detection_pipeline
)
grounding = dict(
    type='StreamingODVGDataset', bad_lines='skip', pipeline=caption_pipeline
)
datasets = [
    dict(
        detection,
        data_root='data/objects365v2/',
        ann_file='annotations/zhiyuan_objv2_train_od.json',
        label_map_file='annotations/o365v2_label_map.json',
        data_prefix=dict(img='train/'),
    ),
    dict(
        detection,
        data_root='data/OpenImages/',
        ann_file='annotations/oidv6-train-annotations_od.json',
        label_map_file='annotations/openimages_label_map.json',
        data_prefix=dict(img='OpenImages/train/'),
    ),
    dict(
        detection,
        data_root='data/visual_genome/',
        ann_file='vg_train_od.jsonl',
        label_map_file='vg_label_map.json',
        data_prefix=dict(img='images/'),
    ),
    dict(
        detection,
        data_root='data/imagenet_boxes/',
        ann_file='imagenet_boxes_train_od.jsonl',
        label_map_file='imagenet_boxes_label_map.json',
        data_prefix=dict(img='images/'),
    ),
    dict(
        detection,
        data_root='data/coco/',
        ann_file='annotations/instances_train2017_od.json',
        label_map_file='annotations/coco2017_label_map.json',
        data_prefix=dict(img='train2017/'),
    ),
    dict(_base_.flickr30k, pipeline=caption_pipeline),
    dict(_base_.mixed, pipeline=caption_pipeline),
    dict(
        _base_.captions,
        data_root='data/cc15m_sbu/',
        ann_file='cc15m_sbu_vg.jsonl',
        pipeline=caption_pipeline,
    ),
]

train_dataloader = dict(
    batch_size=1,  # per GPU; 64 on 64 GPUs
    dataset=dict(
        datasets=datasets,
        # Thousands of images times copies: 2, 1, 3, 2 and (our choice) 1 for the
        # detection sets, 8 and 4 for GoldG, 1 (our choice) for captions.
        weights=[2 * 1742, 2000, 3 * 98, 2 * 670, 118, 8 * 149, 4 * 621, 16000],
    ),
)
