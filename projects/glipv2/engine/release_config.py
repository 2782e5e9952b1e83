"""What predicting needs of a config, for released weights."""

from mmengine.config import Config

from ..text.answer_list import read_answers
from .test_pipeline import steps_of


def release_config(config: Config) -> Config:
    """Reduce a config to what predicting needs.

    Args:
        config: A whole config, or one of :func:`config_of`.

    Returns:
        The config with the list of answers in it instead of its file, and with the
        test pipeline alone of the loader.
    """
    model = config.model.to_dict()
    head = model.get('vqa_head')
    if head is not None:
        head['answers'] = list(read_answers(head.get('answers', ())))
    values = dict(
        default_scope='mmdet',
        custom_imports=dict(imports=['glipv2'], allow_failed_imports=False),
        model=model,
        test_dataloader=dict(dataset=dict(pipeline=steps_of(config))),
    )
    if config.get('visualizer'):
        values['visualizer'] = dict(config.visualizer, vis_backends=None)
    return Config(values)
