"""Whether the files of a config's data are there, before anything is built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from os.path import isdir, isfile, join

from mmengine.config import Config
from mmengine.utils import is_abs

# Sections of docs/data.md by the file or folder that is missing; the first that fits.
SECTIONS = (
    ('*/mdetr_annotations/*', 'RefCOCO, RefCOCO+, RefCOCOg'),
    ('*/d3_{json,pkl,images}/*', 'D3'),
    ('*/dataset_coco.json', 'COCO captions'),
    ('*/v2_*_{questions,annotations}.json', 'VQAv2'),
    ('*/vqav2/*', 'VQAv2'),
    ('*/lvis_v1*', 'LVIS v1'),
    ('*/objects365v1/*', 'Objects365 v1'),
    ('*/objects365v2/*', 'Objects365 v2'),
    ('*/OpenImages/*', 'OpenImages v6'),
    ('*/visual_genome/*', 'Visual Genome boxes'),
    ('*/imagenet_boxes/*', 'ImageNet boxes'),
    ('*/flickr30k_entities/*', 'Flickr30k Entities'),
    ('*/gqa/*', 'GoldG'),
    ('*/cap4m/*', 'Captions with pseudo labels'),
    ('*/cc15m_sbu/*', 'Captions with pseudo labels'),
    ('*/phrasecut/*', 'PhraseCut'),
    ('*/refer_{train,val,test,miniv}.json', 'PhraseCut'),
    ('*/odinw/*', 'ODinW'),
    ('*/emoji_scenes*/*', 'EmojiScenes'),
    ('*/emoji_odinw/*', 'EmojiScenes'),
    ('*/coco/*', 'COCO 2017'),
    ('*/instances_{train,val}2017*.json', 'COCO 2017'),
)
LABELS = '*/coco/{train,val}.json/'  # of `glipv2 label`, which docs/labels.md describes
FILE_KEYS = ('ann_file', 'question_file', 'label_map_file')
# Members of these that have no annotation file are left out.
PARTIAL = ('AvailableDatasets', 'DatasetMeansEvaluator')


@dataclass(frozen=True)
class DataPath:
    """A file or folder that a config names.

    Args:
        key: Where it stands in the config, such as ``'train_dataloader.dataset'``.
        path: Its path, as the data set or metric opens it.
        is_folder: Whether it must be a folder.
    """

    key: str
    path: str
    is_folder: bool = False

    def exists(self) -> bool:
        """Check it; what lies on another machine counts as there."""
        if '://' in self.path:
            return True
        return isdir(self.path) if self.is_folder else isfile(self.path)


def check_data_files(cfg: Config, splits: Sequence[str]) -> None:
    """Check that what the data sets and metrics of some splits read is there.

    Args:
        cfg: The whole config.
        splits: Of ``'train'``, ``'val'`` and ``'test'``.

    Raises:
        FileNotFoundError: If a file or folder is missing (names it, its key in the
            config and the section of the documentation).
    """
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        if loader:
            _check_datasets(loader['dataset'], f'{split}_dataloader.dataset')
        evaluator = cfg.get(f'{split}_evaluator')
        if evaluator:
            _check_all(_metric_files(evaluator, f'{split}_evaluator'))


def section_of(path: str) -> str:
    """Name the page, and the section, that says how to get a file.

    Args:
        path: A missing file or folder.

    Returns:
        Such as ``'docs/data.md, section "LVIS v1"'``; data that no section describes
        are the user's own.
    """
    # Between slashes, so that each part of a relative path has one before it.
    place = f'/{path.rstrip("/")}/'
    if any(fnmatch(place, one) for one in _alternatives(LABELS)):
        return 'docs/labels.md'
    for pattern, section in SECTIONS:
        for one in _alternatives(pattern):
            if fnmatch(place, one) or fnmatch(place, f'{one}/'):
                return f'docs/data.md, section "{section}"'
    return 'docs/own_data.md'


def _alternatives(pattern: str) -> Iterator[str]:
    """Write out the braces of a pattern, which fnmatch does not know."""
    head, brace, rest = pattern.partition('{')
    if not brace:
        yield pattern
        return
    choices, _, tail = rest.partition('}')
    for choice in choices.split(','):
        yield from _alternatives(head + choice + tail)


def _check_all(paths: Iterator[DataPath]) -> None:
    for one in paths:
        if not one.exists():
            kind = 'folder' if one.is_folder else 'file'
            raise FileNotFoundError(
                f'there is no {kind} {one.path} ({one.key}): see {section_of(one.path)}'
            )


def _check_datasets(config: Mapping, key: str) -> None:
    """Check a data set and all inside it."""
    inner = config.get('datasets')
    if inner is None and 'dataset' in config:
        _check_datasets(config['dataset'], f'{key}.dataset')
    elif inner is None:
        _check_all(_dataset_files(config, key))
    else:
        members = [(each, f'{key}.datasets.{n}') for n, each in enumerate(inner)]
        if config.get('type') in PARTIAL:
            # If none is left, the first is asked for.
            members = [
                (each, place)
                for each, place in members
                if all(file.exists() for file in _annotations(each, place))
            ] or members[:1]
        for each, place in members:
            _check_datasets(each, place)


def _annotations(config: Mapping, key: str) -> Iterator[DataPath]:
    return (file for file in _dataset_files(config, key) if not file.is_folder)


def _dataset_files(config: Mapping, key: str) -> Iterator[DataPath]:
    """List what one data set reads, as mmengine joins its paths."""
    if config.get('backend_args'):
        return  # read by another backend than the disk
    root = config.get('data_root') or ''
    for name in FILE_KEYS:
        path = config.get(name)
        if isinstance(path, str) and path:
            yield DataPath(f'{key}.{name}', _joined(root, path))
    if config.get('sentences'):
        yield DataPath(f'{key}.sentences', config['sentences'], True)
    for name, path in (config.get('data_prefix') or {}).items():
        if isinstance(path, str) and _joined(root, path):
            yield DataPath(f'{key}.data_prefix.{name}', _joined(root, path), True)


def _metric_files(config: Mapping | Sequence, key: str) -> Iterator[DataPath]:
    """List what a metric, or an evaluator of several, reads."""
    if not isinstance(config, Mapping):
        for number, each in enumerate(config):
            yield from _metric_files(each, f'{key}.{number}')
        return
    partial = config.get('type') in PARTIAL
    for file in _metric_files(config.get('metrics', ()), f'{key}.metrics'):
        if not partial or file.exists():
            yield file
    path = config.get('ann_file')
    if isinstance(path, str) and path and not config.get('backend_args'):
        yield DataPath(f'{key}.ann_file', path)


def _joined(root: str, path: str) -> str:
    return path if is_abs(path) else join(root, path)
