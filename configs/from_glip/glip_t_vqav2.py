"""Answers from released GLIP-T on VQAv2, by FIBER's schedule.

    glipv2 weights get glip_t
    bash tools/dist_train.sh configs/from_glip/glip_t_vqav2.py 8 --auto-scale-lr

Data as configs/vqa/glipv2_swin-t_vqav2.py. `--cfg-options load_from=desco_glip_t`
starts from DesCo's weights.
"""

_base_ = ['../vqa/glipv2_swin-t_vqav2.py', '../_base_/released_glip.py']

load_from = 'glip_t'
model = _base_.released_glip
