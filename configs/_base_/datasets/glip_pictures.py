"""Images as GLIP's code has them: decoded and resized with Pillow, long side to 1333.

The steps, and the pipelines that most data sets use. A config with another prompt or
with masks puts its own pipeline together from the steps.
"""

# mmdet's scripts look for this name; ours refuse truncated images.
load_image = dict(type='LoadImageFromFile', imdecode_backend='pillow')
load_boxes = dict(type='LoadAnnotations', with_bbox=True)
load_masks = dict(type='LoadTextMasks', on_bad='skip')
train_resize = dict(
    type='RandomChoiceResize',
    scales=[(size, 1333) for size in (480, 560, 640, 720, 800)],  # GLIP's code
    resize_type='FixScaleResize',
    keep_ratio=True,
    backend='pillow',
)
test_resize = dict(
    type='FixScaleResize',
    scale=(800, 1333),  # GLIP's code: short side 800, long side at most 1333
    keep_ratio=True,
    backend='pillow',
)
flip = dict(type='RandomFlip', prob=0.5)  # GLIP's code
prompt = dict(
    type='SampleDetectionPrompt',
    tokenizer='bert-base-uncased',
    max_tokens=256,  # GLIP's code
)
pack = dict(type='PackTextDetInputs')

flipped_boxes = [load_image, load_boxes, train_resize, flip]
box_train_pipeline = [
    *flipped_boxes,
    # All names in a fixed order: GLIP's fine-tuning; prompt tuning cannot do without.
    dict(prompt, num_categories=-1, shuffle=False),
    pack,
]
box_test_pipeline = [load_image, test_resize, load_boxes, pack]
# FIBER's size for questions and captions, where it takes squares of 576 pixels; that
# the image keeps its shape is our choice. Not flipped: texts say left and right.
text_resize = dict(test_resize, scale=(576, 960))
text_train_pipeline = [load_image, text_resize, pack]
text_test_pipeline = text_train_pipeline
