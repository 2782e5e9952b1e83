"""A folder that `glipv2 label --format coco` has labelled, for detectors of mmdet.

Every name is this file's own, so that it stands beside any config of mmdet's. The
values below are options: `--cfg-options labels=OUT images=FOLDER`, or `LABELS=OUT` and
so on before the command of mmdet's own tools. Numbers without a source are our choice.
"""

import json
import os
import pathlib

# labels: the OUT of `glipv2 label`; images: its FOLDER; names: of what the student
# finds, 'nut . screw'; auto: all that is labelled.
labels = os.environ.get('LABELS', 'data/labels').rstrip('/') + '/'
train_ann = labels + 'coco/train.json'
images = os.environ.get('IMAGES', 'data/images').rstrip('/') + '/'
names = os.environ.get('NAMES', 'auto').strip(' .')
labelled = (  # in UTF-8, whatever the machine's own encoding is
    [x['name'] for x in json.loads(pathlib.Path(train_ann).read_bytes())['categories']]
    if os.path.isfile(train_ann)
    else None
)
names = tuple(labelled if names == 'auto' and labelled else names.split(' . '))
if labelled and not set(names) <= set(labelled):
    raise ValueError(
        f'names has {", ".join(sorted(set(names) - set(labelled)))}, but {train_ann} '
        f'has labels of {", ".join(labelled)} only'
    )
# val_ann, val_images: what is tested on; auto: the labels' own split `val`.
val_ann = os.environ.get('VAL_ANN', 'auto')
val_ann = labels + 'coco/val.json' if val_ann == 'auto' else val_ann
val_images = os.environ.get('VAL_IMAGES', 'auto')
val_images = images if val_images == 'auto' else val_images.rstrip('/') + '/'
# image_size: side, pixels.
image_size = int(os.environ.get('IMAGE_SIZE', '640'))
labelled_epochs = int(os.environ.get('LABELLED_EPOCHS', '50'))
# mosaic_epochs: the first ones, with mosaics; auto: all but the last fifth.
mosaic_epochs = os.environ.get('MOSAIC_EPOCHS', 'auto')
mosaic_epochs = (
    labelled_epochs - max(labelled_epochs // 5, 1)
    if mosaic_epochs == 'auto'
    else int(mosaic_epochs)
)

labelled_train = dict(
    type='CocoDataset',
    ann_file=train_ann,
    data_prefix=dict(img=images),
    metainfo=dict(classes=names),
    filter_cfg=dict(filter_empty_gt=True, min_size=1),
)
labelled_val = dict(
    type='CocoDataset',
    ann_file=val_ann,
    data_prefix=dict(img=val_images),
    metainfo=dict(classes=names),
    test_mode=True,
)
box_metric = dict(type='CocoMetric', ann_file=val_ann, metric='bbox')

side = (image_size, image_size)
grey = dict(img=(114, 114, 114))  # of RTMDet and YOLOX
read_labelled = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
]
fit = dict(type='Resize', scale=side, keep_ratio=True)
padded = dict(type='Pad', size=side, pad_val=grey)
varied = [
    dict(type='YOLOXHSVRandomAug'),
    dict(type='RandomFlip', prob=0.5),
    padded,
    dict(type='FilterAnnotations', min_gt_bbox_wh=(1, 1), keep_empty=False),
    dict(type='PackDetInputs'),
]
# RTMDet-tiny's, without MixUp; the mosaic's sides are twice the image's.
mosaic_pipeline = [
    *read_labelled,
    dict(
        type='CachedMosaic',
        img_scale=side,
        pad_val=114.0,
        max_cached_images=20,
        random_pop=False,
    ),
    dict(
        type='RandomResize',
        scale=(2 * image_size, 2 * image_size),
        ratio_range=(0.5, 1.5),
        keep_ratio=True,
    ),
    dict(type='RandomCrop', crop_size=side),
    *varied,
]
whole_pipeline = [*read_labelled, fit, *varied]
pack_labelled = dict(
    type='PackDetInputs',
    meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
)
padded_test_pipeline = [
    dict(type='LoadImageFromFile'),
    fit,
    padded,
    dict(type='LoadAnnotations', with_bbox=True),
    pack_labelled,
]
without_mosaic = dict(
    type='PipelineSwitchHook',
    switch_epoch=mosaic_epochs,
    switch_pipeline=whole_pipeline,
)
mean_weights = dict(
    type='EMAHook',
    ema_type='ExpMomentumEMA',
    momentum=0.0002,  # RTMDet's
    update_buffers=True,
    priority=49,
)

labelled_loop = dict(max_epochs=labelled_epochs, val_interval=labelled_epochs)
labelled_cosine = dict(
    type='CosineAnnealingLR',
    by_epoch=True,
    begin=0,
    end=labelled_epochs,
    T_max=labelled_epochs,
    eta_min_ratio=0.01,
    convert_to_iter_based=True,
)
labelled_warmup = dict(
    type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=100
)
