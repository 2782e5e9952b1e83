"""A mask head for released GLIP-T on LVIS v1: 24 epochs, batch 64, the detector frozen.

    glipv2 weights get glip_t
    bash tools/dist_train.sh configs/from_glip/glip_t_lvis_mask_stage.py 8 \
        --auto-scale-lr

Boxes stay those of the weights: `--cfg-options load_from=desco_glip_t` gives DesCo's
boxes masks.
"""

_base_ = [
    '../lvis/glipv2_swin-t_lvis_mask_stage.py',
    '../_base_/released_glip.py',
]

load_from = 'glip_t'
model = _base_.released_glip
