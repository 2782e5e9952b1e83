"""What the weights in the package reach on images of EmojiScenes made for it."""

import hashlib
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
    with TemporaryDirectory() as folder:
        data = Path(folder) / 'emoji_scenes'
        run_script(
            'dataset_converters/make_emoji_scenes.py', data,
            '--train', 1, '--val', images, '--val-unseen', 1,
        )  # fmt: skip
        config = Config.fromfile(CONFIG)
        for leaf in leaves_of(config.test_dataloader.dataset):
            leaf.data_root = f'{data}/'
        annotations = data / 'annotations' / 'instances_val.json'
        config.test_evaluator.metrics[0].ann_file = str(annotations)
        # With the answers that the trained config reads from its data.
        config.model = config_of(load_checkpoint_safely(weights), weights).model
        config.load_from, config.work_dir = str(weights), folder
        # mmengine keeps one visualiser per name and process, with its folder.
        config.visualizer.name = folder
        found = build_runner(config, ('test',)).test()
    return dict(
        images=images, **{name: float(found[key]) for name, key in COLUMNS.items()}
    )


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
