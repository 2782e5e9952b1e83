"""From DesCo-GLIP-T to GLIPv2-T, as glip_t_stage1.py from GLIP-T.

    glipv2 weights get desco_glip_t
    bash tools/dist_train.sh configs/from_glip/desco_glip_t_stage1.py 8 --auto-scale-lr

The data have names without descriptions, as GLIP's: how much DesCo's reading of
descriptions suffers is not known (nothing was trained here).
"""

_base_ = './glip_t_stage1.py'

load_from = 'desco_glip_t'
