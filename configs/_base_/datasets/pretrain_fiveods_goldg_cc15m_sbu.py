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

# Folder below data/, annotations and label map in it, folder of the images in it.
# fmt: off
detection_files = [
    ('objects365v2', 'annotations/zhiyuan_objv2_train_od.json',
     'annotations/o365v2_label_map.json', 'train/'),
    ('OpenImages', 'annotations/oidv6-train-annotations_od.json',
     'annotations/openimages_label_map.json', 'OpenImages/train/'),
    ('visual_genome', 'vg_train_od.jsonl', 'vg_label_map.json', 'images/'),
    ('imagenet_boxes', 'imagenet_boxes_train_od.jsonl',
     'imagenet_boxes_label_map.json', 'images/'),
    ('coco', 'annotations/instances_train2017_od.json',
     'annotations/coco2017_label_map.json', 'train2017/'),
]
# fmt: on
datasets = [
    *(
        dict(
            _base_.stream,
            data_root=f'data/{folder}/',
            ann_file=lines,
            label_map_file=label_map,
            data_prefix=dict(img=images),
            pipeline=detection_pipeline,
        )
        for folder, lines, label_map, images in detection_files
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
