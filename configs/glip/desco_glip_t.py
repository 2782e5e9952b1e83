"""DesCo-GLIP-T: GLIP-T (C)'s parts; its prompts hold at most eight described names.

Numbers are those of DesCo's evaluation. Descriptions come with the data:
configs/lvis/desco_glip_t_lvis-minival.py.
"""

_base_ = './glip_t-c.py'

model = dict(test_cfg=dict(chunked_size=8, prompt_frame=('Detect: ', '. ')))
