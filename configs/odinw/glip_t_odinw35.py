"""GLIP-T on ODinW-35, zero-shot.

python tools/test.py configs/odinw/glip_t_odinw35.py glip_t.pth
"""

_base_ = [
    '../_base_/models/glip_swin-t_bert.py',
    '../_base_/datasets/odinw35.py',
    '../_base_/schedules/glip_coco_2x.py',
    '../_base_/default_runtime.py',
]
