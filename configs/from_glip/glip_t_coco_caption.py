"""Captions from released GLIP-T on COCO, by FIBER's schedule.

    glipv2 weights get glip_t
    bash tools/dist_train.sh configs/from_glip/glip_t_coco_caption.py 8 --auto-scale-lr

Data as configs/caption/glipv2_swin-t_coco_caption.py. `--cfg-options
load_from=desco_glip_t` starts from DesCo's weights.
"""

_base_ = ['../caption/glipv2_swin-t_coco_caption.py', '../_base_/released_glip.py']

load_from = 'glip_t'
model = _base_.released_glip
