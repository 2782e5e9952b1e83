"""The quickstart's model for all tasks: boxes, masks, answers, captions."""

_base_ = './glipv2_lite0_minilm_mask.py'

model = dict(
    vqa_head=dict(
        type='VQAHead',
        text_dim=384,
        # tools/dataset_converters/vqa_answers.py writes it.
        answers='data/emoji_scenes/annotations/vqa_answers.json',
        hidden_dim=512,  # our choice
    ),
    caption_head=dict(
        type='CaptionHead',
        text_dim=384,
        # The output layer is the frozen encoder's embeddings: few captions are seen.
        embeddings='tie',
    ),
    test_cfg=dict(
        num_answers=5,
        # Captions of EmojiScenes have 25 words at most.
        caption=dict(mode='beam', num_beams=3, max_length=40, length_penalty=1.0),
    ),
)
