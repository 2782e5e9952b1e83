"""What the weights in the package reach on images of EmojiScenes made for it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

from ..checkpoint.config import config_of
from ..checkpoint.loading import load_checkpoint_safely
from ..engine.command_line import build_runner
from ..engine.test_pipeline import leaves_of
from ..quickstart.multitask import CONFIG
from ..quickstart.scripts import run_script
from ..shipped import weights_file

# The test run's name of each column.
COLUMNS = {
    'box AP': 'boxes/coco/bbox_mAP',
    'box AP50': 'boxes/coco/bbox_mAP_50',
    'mask AP50': 'boxes/coco/segm_mAP_50',
    'VQA accuracy': 'questions/vqa/accuracy',
    'CIDEr-D': 'captions/caption/CIDEr',
}


def measure(weights: str, images: int) -> dict[str, float]:
    """Test weights of all tasks on the first images of ``val``.

    Args:
        weights: A name or a file.
        images: How many images are made; always the same.

    Returns:
        ``images``, and the figures by ``COLUMNS``.
    """
    with emoji_scenes(images) as data:
        config = test_config(CONFIG, weights, data)
        annotations = data / 'annotations' / 'instances_val.json'
        config.test_evaluator.metrics[0].ann_file = str(annotations)
        found = build_runner(config, ('test',)).test()
    return dict(
        images=images, **{name: float(found[key]) for name, key in COLUMNS.items()}
    )


@contextmanager
def emoji_scenes(images: int, train: int = 1) -> Iterator[Path]:
    """Make the first images of ``val``, which are always the same.

    Args:
        images: How many.
        train: How many of ``train``.

    Yields:
        Folder of the data set, for a while.
    """
    with TemporaryDirectory() as folder:
        data = Path(folder) / 'emoji_scenes'
        run_script(
            'dataset_converters/make_emoji_scenes.py', data,
            '--train', train, '--val', images, '--val-unseen', 1,
        )  # fmt: skip
        yield data


def test_config(file: Path, weights: str, data: Path) -> Config:
    """Read a config of a test, for weights that carry their own model's config.

    Args:
        file: The config.
        weights: A name or a file.
        data: Folder of EmojiScenes; the run's files go beside it.

    Returns:
        The config, of which every data set is in ``data``.
    """
    config = Config.fromfile(file)
    for leaf in leaves_of(config.test_dataloader.dataset):
        leaf.data_root = f'{data}/'
    # With the answers that the trained config reads from its data.
    config.model = config_of(load_checkpoint_safely(weights), weights).model
    config.load_from, config.work_dir = str(weights), str(data.parent)
    # mmengine keeps one visualiser per name and process, with its folder.
    config.visualizer.name = str(data.parent)
    return config


def describe(weights: str) -> dict[str, object]:
    """Name the file.

    Args:
        weights: A name or a file.

    Returns:
        ``file``, ``bytes`` and ``sha256``.
    """
    file = weights_file(weights)
    content = file.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return dict(file=file.name, bytes=len(content), sha256=sha256)
