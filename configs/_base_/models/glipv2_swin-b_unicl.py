"""GLIPv2-B: UniCL's Swin-B and text tower, and eight fusion blocks.

GLIPv2-B's own config is not public. That its encoders are UniCL's is likely: the
paper's authors published UniCL in the same year, and GLIP's text class is UniCL's, down
to the norms' eps and the names that its loader reads; it is not proven.
glipv2_swin-b_clip.py has OpenAI's text tower and FIBER's window instead. Numbers are
those of UniCL's config and of GLIP's code, where not said otherwise.
"""

_base_ = './glipv2_swin-t_bert.py'

text_dim = 512  # width of UniCL's text tower

model = dict(
    backbone=dict(
        embed_dims=128,
        depths=[2, 2, 18, 2],
        num_heads=[4, 8, 16, 32],
        window_size=7,  # trained at 224 pixels
        drop_path_rate=0.4,  # FIBER's
    ),
    neck=dict(in_channels=[256, 512, 1024]),
    text_encoder=dict(
        source=dict(
            _delete_=True,
            model_type='clip_text_model',
            hidden_size=text_dim,
            intermediate_size=2048,
            num_hidden_layers=12,
            num_attention_heads=8,
            vocab_size=49408,
            hidden_act='quick_gelu',
            layer_norm_eps=1e-12,
            # A local folder, or this hub name once it is in the local cache.
            tokenizer='openai/clip-vit-base-patch32',
        ),
        max_tokens=256,  # 77 positions are stretched, in both directions read
    ),
    fusion_neck=dict(
        text_dim=text_dim,
        num_blocks=8,  # as in GLIP-L; our choice
        text_num_heads=8,
        text_layer='clip',
    ),
    bbox_head=dict(text_dim=text_dim),
)
