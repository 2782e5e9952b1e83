"""DesCo-GLIP-T on OmniLabel: 23.8 zero-shot (DesCo's authors).

glipv2 weights get desco_glip_t
python tools/test.py configs/omnilabel/desco_glip_t_omnilabel.py desco_glip_t
"""

_base_ = './glip_t_omnilabel.py'

model = dict(test_cfg=dict(prompt_frame=('Detect: ', '')))
