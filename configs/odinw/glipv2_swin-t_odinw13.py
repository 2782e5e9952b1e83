"""GLIPv2-T on ODinW-13, zero-shot.

python tools/test.py configs/odinw/glipv2_swin-t_odinw13.py glipv2_t.pth
"""

_base_ = [
    '../_base_/models/glipv2_swin-t_bert.py',
    '../_base_/datasets/odinw13.py',
    '../_base_/schedules/glip_coco_2x.py',
    '../_base_/default_runtime.py',
]
