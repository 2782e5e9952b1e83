"""EmojiScenes (docs/emoji_scenes.md): each file as a data set, and the loaders.

A config that inherits this picks data sets and gives them their pipelines.
"""

_base_ = ['./loaders.py', './small_pictures.py']

data_root = 'data/emoji_scenes/'

train_part = dict(data_root=data_root, data_prefix=dict(img='train/'))
emoji_train = dict(
    boxes=dict(
        train_part,
        type='CocoTextDataset',
        ann_file='annotations/instances_train.json',
        filter_cfg=dict(filter_empty_gt=True, min_size=1),
    ),
    class_lists=dict(
        train_part,
        type='StreamingODVGDataset',
        ann_file='annotations/odvg_train_od.jsonl',
        label_map_file='annotations/odvg_train_label_map.json',
    ),
    phrases=dict(
        train_part,
        type='StreamingODVGDataset',
        ann_file='annotations/odvg_train_vg.jsonl',
    ),
    hidden_answers=dict(  # "question answer", the answer hidden
        train_part,
        type='StreamingODVGDataset',
        ann_file='annotations/odvg_train_vqa.jsonl',
    ),
    phrase_masks=dict(
        train_part, type='PhraseCutDataset', ann_file='annotations/refer_train.json'
    ),
    questions=dict(
        train_part,
        type='VQADataset',
        question_file='annotations/vqa_train_questions.json',
        ann_file='annotations/vqa_train_annotations.json',
    ),
    captions=dict(
        train_part,
        type='CocoKarpathyDataset',
        ann_file='annotations/captions_train.json',
    ),
)

val_part = dict(data_root=data_root, data_prefix=dict(img='val/'), test_mode=True)
emoji_val = dict(
    boxes=dict(
        val_part, type='CocoTextDataset', ann_file='annotations/instances_val.json'
    ),
    phrases=dict(
        val_part, type='FlickrPhrasesDataset', ann_file='annotations/flickr_val.json'
    ),
    phrase_masks=dict(
        val_part, type='PhraseCutDataset', ann_file='annotations/refer_val.json'
    ),
    questions=dict(
        val_part,
        type='VQADataset',
        question_file='annotations/vqa_val_questions.json',
        ann_file='annotations/vqa_val_annotations.json',
    ),
    new_questions=dict(  # of kinds that training never asks
        val_part,
        type='VQADataset',
        question_file='annotations/vqa_val_new_kinds_questions.json',
        ann_file='annotations/vqa_val_new_kinds_annotations.json',
    ),
    captions=dict(
        val_part, type='CocoKarpathyDataset', ann_file='annotations/captions_val.json'
    ),
    descriptions=dict(
        val_part,
        type='DescribedDataset',
        ann_file='annotations/descriptions_val.json',
    ),
)
box_metric = dict(
    type='CocoMetric',
    ann_file=data_root + emoji_val['boxes']['ann_file'],
    metric='bbox',
)

train_dataloader = dict(batch_size=8, num_workers=1)  # our choice, two CPU cores
val_dataloader = dict(batch_size=8, num_workers=1)
test_dataloader = val_dataloader
# Where sets are mixed it takes the place of `train_dataloader`.
mixed_dataloader = dict(
    batch_size=8,  # our choice
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='MixtureSampler'),
)
