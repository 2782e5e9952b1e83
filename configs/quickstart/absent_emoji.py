"""Does the quickstart's detector say when a name is not there? (docs/absence.md)

    python tools/test.py configs/quickstart/absent_emoji.py work_dirs/quickstart/quickstart.pth

Every image of EmojiScenes `val` is asked for what it shows and for up to 15 names that it
does not show. The numbers are our choice.
"""  # noqa: E501

_base_ = './glipv2_lite0_minilm_emoji.py'

ask_names = dict(
    type='AskNames',
    num_absent=dict(shared=5, near=5, random=5),
    source=_base_.prompt.tokenizer,  # the package has tokenizer and weights
)
test_dataloader = dict(
    dataset=dict(
        pipeline=[*_base_.test_pipeline[:-1], ask_names, _base_.test_pipeline[-1]]
    )
)
test_evaluator = dict(
    _delete_=True, type='AbsentNameMetric', outfile='work_dirs/absent_emoji/absent'
)
