"""Test-time augmentation of any test config: each image also mirrored."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

from mmdet.datasets import Flickr30kDataset, MDETRStyleRefCocoDataset, RefCocoDataset
from mmdet.registry import DATASETS
from mmengine.config import Config, ConfigDict

from ..datasets import (
    CocoKarpathyDataset,
    PhraseCutDataset,
    StreamingODVGDataset,
    VQADataset,
)
from .test_pipeline import leaves_of

# Their text is a sentence, which may say left and right.
SENTENCES = (
    *(Flickr30kDataset, MDETRStyleRefCocoDataset, RefCocoDataset),
    *(CocoKarpathyDataset, PhraseCutDataset, StreamingODVGDataset, VQADataset),
)
FLIPS = [dict(type='RandomFlip', prob=prob) for prob in (1.0, 0.0)]
FLIP_KEYS = ('flip', 'flip_direction')  # what merging the views needs


def add_flip_augmentation(cfg: Config) -> None:
    """Test each image also mirrored, unless the config has an augmentation.

    A config's own is ``tta_pipeline``, for all its data sets, and ``tta_model``.

    Args:
        cfg: Config to change; ``model`` and every pipeline of ``test_dataloader``.

    Raises:
        ValueError: If the texts are sentences and the config has no ``tta_pipeline``,
            or a pipeline does not end by packing.
    """
    leaves = leaves_of(cfg.test_dataloader.dataset)
    own = cfg.get('tta_pipeline')
    for leaf in leaves:
        leaf.pipeline = deepcopy(own) if own else _flipped(leaf)
    cfg.model = ConfigDict(
        cfg.get('tta_model') or dict(type='TextTTAModel'), module=cfg.model
    )


def _flipped(dataset: Mapping) -> Sequence[dict]:
    kind = dataset['type']
    built = DATASETS.get(kind) if isinstance(kind, str) else kind
    if built is not None and issubclass(built, SENTENCES):
        raise ValueError(
            f'the texts of {built.__name__} are sentences, whose left and right are '
            'wrong in a mirrored image; test without --tta, or give the config a '
            'tta_pipeline without flips'
        )
    *steps, pack = deepcopy(dataset['pipeline'])
    if not str(pack['type']).startswith('Pack'):
        raise ValueError(
            f'the test pipeline of {kind} ends with {pack["type"]}, not with a step '
            'that packs; give the config a tta_pipeline'
        )
    if 'meta_keys' in pack:
        pack['meta_keys'] = tuple(dict.fromkeys((*pack['meta_keys'], *FLIP_KEYS)))
    return [*steps, dict(type='TestTimeAug', transforms=[FLIPS, [pack]])]
