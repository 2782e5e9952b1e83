"""Any small set in Roboflow's COCO layout, as ODinW's, with images as in GLIP."""

_base_ = ['./roboflow_layout.py', './glip_pictures.py']

train_pipeline = _base_.box_train_pipeline
test_pipeline = _base_.box_test_pipeline

train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
