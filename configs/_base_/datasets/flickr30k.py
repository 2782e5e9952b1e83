"""Flickr30k Entities, val and test: recall of phrases; MDETR's annotation files."""

_base_ = './coco_text.py'  # trains on COCO: nobody fine-tunes on this benchmark

flickr_root = 'data/flickr30k_entities/'
flickr_splits = ('val', 'test')
test_pipeline = [
    *_base_.test_pipeline[:-1],
    dict(
        type='PackTextDetInputs',
        meta_keys=(
            *('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
            *('phrase_ids', 'phrases', 'phrase_types'),
        ),
    ),
]

flickr_datasets = [
    dict(
        type='FlickrPhrasesDataset',
        data_root=flickr_root,
        ann_file=f'final_flickr_separateGT_{split}.json',
        data_prefix=dict(img='flickr30k_images/'),
        sentences=flickr_root + 'Sentences',  # None: no recall by type
        test_mode=True,
        pipeline=test_pipeline,
    )
    for split in flickr_splits
]

val_dataloader = dict(
    dataset=dict(_delete_=True, type='ConcatDataset', datasets=flickr_datasets)
)
test_dataloader = val_dataloader

# mmdet's: both splits must be there, and their metrics read no file of their own.
val_evaluator = dict(
    _delete_=True,
    type='MultiDatasetsEvaluator',
    dataset_prefixes=flickr_splits,
    metrics=[dict(type='Flickr30kRecall') for _ in flickr_splits],
)
test_evaluator = val_evaluator
