"""Whether the files of a config's data are there, before anything is built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import expanduser, isdir, isfile, join

from mmengine.config import Config
from mmengine.utils import is_abs

from ..data_page import missing_data

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


def _check_all(paths: Iterator[DataPath]) -> None:
    for one in paths:
        if not one.exists():
            kind = 'folder' if one.is_folder else 'file'
            raise missing_data(one.path, kind, one.key)


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
    if isinstance(config.get('caption_prompt'), str):
        file = expanduser(config['caption_prompt'])
        yield DataPath(f'{key}.caption_prompt', file)
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
