"""What the second stage of pre-training changes: no masked words, other first weights.

Listed beside a first stage's config, whose keys it must not define.
"""

stage2_model = dict(
    # Both encoders come with the first stage's weights.
    backbone=dict(init_cfg=None),
    text_encoder=dict(pretrained=False, init_cfg=None),
    mlm_head=None,
)
# The first stage's weights hold the head of masked words, which is left behind.
stage2_guard = dict(type='CheckpointGuard', allow_partial=True)
