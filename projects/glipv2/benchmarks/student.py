"""A detector of ``configs/distil``, trained on labels and tested on true boxes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from ..engine.command_line import build_runner
from ..engine.config_options import Options, parse_value, read_config_with
from ..quickstart.scripts import ROOT, last_checkpoint, train_script

CONFIG = ROOT / 'configs' / 'distil' / 'rtmdet_tiny_frozen_lite0.py'


@dataclass(frozen=True)
class Student:
    """A training, which is not done again when it is finished.

    Args:
        folder: Of the run.
        labels: Of ``glipv2 label --format coco``.
        data: Folder of EmojiScenes, with the labelled images and ``val``.
        config: In ``configs/distil``.
        image_size: Side, px.
        epochs: Of the training.
        options: Further ``--cfg-options``.
    """

    folder: Path
    labels: Path
    data: Path
    config: Path = CONFIG
    image_size: int = 160
    epochs: int = 28
    options: Sequence[str] = ()

    def train(self) -> None:
        """Train, or go on with a training that was killed."""
        if not (self.folder / f'epoch_{self.epochs}.pth').is_file():
            train_script(self.config, self.folder, *self._options())

    def runner(self) -> Runner:
        """Build the runner of a test.

        Returns:
            It, with the last weights.
        """
        typed = dict(option.split('=', 1) for option in self._options())
        values = {key: parse_value(text) for key, text in typed.items()}
        config = read_config_with(self.config, Options(values, typed))
        config.load_from = str(last_checkpoint(self.folder))
        return test_runner(config, self.folder.with_name(f'{self.folder.name}_test'))

    def _options(self) -> list[str]:
        return [
            f'labels={self.labels}', f'images={self.data / "train"}',
            f'names={names_of(self.data)}', f'val_ann={val_file(self.data)}',
            f'val_images={self.data / "val"}', f'image_size={self.image_size}',
            f'labelled_epochs={self.epochs}', *self.options,
        ]  # fmt: skip


def test_runner(config: Config, folder: Path) -> Runner:
    """Build the runner of a test, image by image.

    Args:
        config: With ``load_from``.
        folder: Of its logs.
    """
    config.work_dir = str(folder)
    # mmengine keeps one visualiser per name and process, with its folder.
    config.visualizer.name = config.work_dir
    config.test_dataloader.update(batch_size=1, num_workers=0, persistent_workers=False)
    return build_runner(config, ('test',))


def val_file(data: Path) -> Path:
    """Get the true boxes that are tested on.

    Args:
        data: Folder of EmojiScenes.
    """
    return data / 'annotations' / 'instances_val.json'


def names_of(data: Path) -> str:
    """Read the names of a data set, as one text.

    Args:
        data: Folder of EmojiScenes.
    """
    content = json.loads(val_file(data).read_text())
    return ' . '.join(category['name'] for category in content['categories'])
