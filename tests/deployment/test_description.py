"""What a file says of itself: images are resized as the config's tests do."""

from mmengine.config import Config

from glipv2.deployment.description import describe
from tests.deployment.comparison import CONFIG, PIPELINE, random_model
from tests.tiny import TEXT_DIM


def test_several_data_sets_resize_as_the_first() -> None:
    head = dict(type='VQAHead', text_dim=TEXT_DIM, answers=('yes', 'no'))
    model = random_model(vqa_head=head)
    sets = [dict(pipeline=PIPELINE), dict(pipeline=PIPELINE[:1])]
    several = Config(
        dict(
            test_dataloader=dict(
                dataset=dict(type='AvailableDatasets', datasets=sets),
            )
        )
    )
    expected = describe(model, CONFIG, None, None)
    assert describe(model, several, None, None) == expected
    assert expected.resize['scale'] == (96, 64)
