"""A config's test pipeline, without annotations."""

from collections.abc import Callable

from mmdet.registry import TRANSFORMS
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose

from ..datasets.transforms.load_image import refuse_broken

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
    first, *_ = leaves_of(config.test_dataloader.dataset)
    steps = refuse_broken(first.pipeline)
    return [x for x in steps if x['type'] not in ANNOTATION_TRANSFORMS]


def leaves_of(dataset: ConfigDict) -> list[ConfigDict]:
    """List the data sets with a pipeline in a data set's config, however wrapped.

    Args:
        dataset: A data set, or wrappers (``dataset``, ``datasets``) around some.
    """
    leaves = [dataset] if 'pipeline' in dataset else []
    inner = [dataset.dataset] if 'dataset' in dataset else []
    for each in (*inner, *dataset.get('datasets', ())):
        leaves += leaves_of(each)
    return leaves
