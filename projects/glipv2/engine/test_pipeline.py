"""A config's test pipeline, without annotations."""

from collections.abc import Callable

from mmdet.registry import TRANSFORMS
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose

from ..datasets.load_image import refuse_broken

ANNOTATION_TRANSFORMS = ('LoadAnnotations', 'LoadTextMasks')


def build_loader(config: Config | ConfigDict) -> Callable[[dict], dict]:
    """Build the first transform of the test pipeline, which reads the image.

    Args:
        config: With ``test_dataloader``.
    """
    return TRANSFORMS.build(steps_of(config)[0])


def build_pipeline(config: Config | ConfigDict, with_loader: bool = True) -> Compose:
    """Build the test pipeline without annotations.

    Args:
        config: With ``test_dataloader``.
        with_loader: Whether it reads the image, too.
    """
    return Compose(steps_of(config)[not with_loader :])


def steps_of(config: Config | ConfigDict) -> list[dict]:
    """Read the test pipeline without annotations.

    Args:
        config: With ``test_dataloader``, of one data set, or of several that read
            images as the first one does.
    """
    dataset = config.test_dataloader.dataset
    while 'pipeline' not in dataset:  # a wrapper, or several data sets
        dataset = dataset.dataset if 'dataset' in dataset else dataset.datasets[0]
    steps = refuse_broken(dataset.pipeline)
    return [x for x in steps if x['type'] not in ANNOTATION_TRANSFORMS]
