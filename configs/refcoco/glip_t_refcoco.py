"""GLIP-T on RefCOCO, RefCOCO+ and RefCOCOg, zero-shot.

python tools/test.py configs/refcoco/glip_t_refcoco.py glip_t.pth
"""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/refcoco_boxes.py',
    '../_base_/schedules/glip_coco_2x.py',
    '../_base_/default_runtime.py',
]
