"""GLIPv2-B with OpenAI's CLIP: the alternative to glipv2_swin-b_unicl.py.

Its encoders are no pair: Swin-B as FIBER has it in the same code, and a text tower that
learnt with another image encoder.
"""

_base_ = './glipv2_swin-b_unicl.py'

model = dict(
    backbone=dict(window_size=12),
    text_encoder=dict(
        _delete_=True,
        type='TextEncoder',
        # The text tower of any CLIP of this width: a local folder, or this hub name
        # once it is in the local cache.
        source='openai/clip-vit-base-patch32',
        pretrained=False,  # the model's checkpoint holds the text weights
        max_tokens=256,  # 77 positions are stretched, as in GLIP's code
    ),
)
