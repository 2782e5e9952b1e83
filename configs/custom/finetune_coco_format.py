"""Your own images with a COCO annotation file: check, train, use.

    OWN=configs/custom/finetune_coco_format.py
    python tools/analysis_tools/check_dataset.py $OWN --cfg-options data_root=data/mine
    python tools/train.py $OWN --cfg-options data_root=data/mine

Class names are read from the annotation file. What stands in double braces below, or
is read from the environment, is an option: `--cfg-options name=value`, or `NAME=value`
before the command of mmdet's own tools. Numbers without a source are our choice. See
docs/own_data.md.
"""

import os

_base_ = [
    # base_model: file in configs/_base_/models of the checkpoint's architecture.
    '../_base_/models/{{$BASE_MODEL:glipv2_lite0_minilm}}.py',
    '../_base_/datasets/roboflow_layout.py',
    '../_base_/datasets/small_pictures.py',
    # transfer_mode: full, linear or prompt, with GLIP's rates for each.
    '../_base_/schedules/transfer_{{$TRANSFER_MODE:full}}.py',
]

data_root = os.environ.get('DATA_ROOT', 'data/mine').rstrip('/') + '/'
# layout: where the files are below data_root.
layouts = dict(
    coco=dict(
        train_ann='annotations/instances_train.json',
        train_images='train/',
        val_ann='annotations/instances_val.json',
        val_images='val/',
    ),
    roboflow=dict(
        train_ann='train/_annotations.coco.json',
        train_images='train/',
        val_ann='valid/_annotations.coco.json',
        val_images='valid/',
    ),
)
files = layouts['{{$LAYOUT:coco}}']
# Or each by its own name; auto: the layout's.
given = dict(
    train_ann=os.environ.get('TRAIN_ANN', 'auto'),
    train_images=os.environ.get('TRAIN_IMAGES', 'auto'),
    val_ann=os.environ.get('VAL_ANN', 'auto'),
    val_images=os.environ.get('VAL_IMAGES', 'auto'),
)
files = {key: files[key] if value == 'auto' else value for key, value in given.items()}

# image_size: longest side, pixels; the CPU model learnt at 192, GLIP at 1333.
image_size = {{'$IMAGE_SIZE:320'}}
# num_categories: names of a training prompt. -1: all, in a fixed order, as in GLIP's
# fine-tuning; take 40 or so if they do not fit into one prompt.
num_categories = {{'$NUM_CATEGORIES:-1'}}
transfer_mode = '{{$TRANSFER_MODE:full}}'
tokenizer = _base_.model.text_encoder.source
scale = (image_size, image_size)
load_from = 'emoji'  # the weights in the package; or a file, or another name

model = dict(
    transfer_mode=transfer_mode,
    text_encoder=dict(tuned_prompts=int(transfer_mode == 'prompt')),
)

resize = dict(_base_.resize, scale=scale)
train_pipeline = [
    *(_base_.load_image, _base_.load_boxes, resize, _base_.flip),
    dict(
        _base_.prompt,
        tokenizer=tokenizer,
        max_tokens=_base_.model.text_encoder.max_tokens,
        num_categories=num_categories,
        shuffle=num_categories > 0,
    ),
    _base_.pack,
]
test_pipeline = [_base_.load_image, resize, _base_.load_boxes, _base_.pack]

train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='CocoTextDataset',
        data_root=data_root,
        ann_file=files['train_ann'],
        data_prefix=dict(img=files['train_images']),
        filter_cfg=dict(filter_empty_gt=True, min_size=1),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=4,
    dataset=dict(
        data_root=data_root,
        ann_file=files['val_ann'],
        data_prefix=dict(img=files['val_images']),
        on_bad='error',  # check_dataset.py lists them all
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + files['val_ann'], classwise=True)
test_evaluator = val_evaluator

# The schedule stops by the val score; --cfg-options train_cfg.max_epochs=N ends before.
train_cfg = dict(max_epochs=50)
custom_hooks = [*_base_.custom_hooks, dict(type='FinetuneReport')]
