"""GLIPv2-T with a head that writes captions; boxes are not trained."""

_base_ = './glipv2_swin-t_bert.py'

model = dict(
    train_only=('backbone', 'neck', 'text_encoder', 'fusion_neck', 'caption_head'),
    caption_head=dict(type='CaptionHead', text_dim=768, vocab_size=30522),
    test_cfg=dict(
        # FIBER's: five beams, a sentence's score divided by its length. The length of
        # 30 is our choice.
        caption=dict(mode='beam', num_beams=5, max_length=30, length_penalty=1.0),
    ),
)
