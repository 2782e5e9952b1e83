"""DesCo-GLIP-T on LVIS v1 minival with descriptions: 34.6 zero-shot (DesCo's authors).

    glipv2 weights get desco_glip_t
    python tools/test.py configs/lvis/desco_glip_t_lvis-minival.py desco_glip_t

Names are prompted as "mallet, a kind of tool, long handle, ...", eight in a prompt. The
descriptions are tools/files/lvis_v1.description.v1.json of liunian-harold-li/DesCo.
"""

_base_ = './glip_t_lvis-minival.py'

model = dict(
    text_encoder=dict(cache_size=400),  # all prompts: 151, or more where they are long
    test_cfg=dict(
        chunked_size=8,
        prompt_frame=('Detect: ', '. '),
        max_per_prompt=300,
    ),
)
described = 'data/lvis_v1/lvis_v1.description.v1.json'
val_dataloader = dict(dataset=dict(caption_prompt=described))
test_dataloader = val_dataloader
