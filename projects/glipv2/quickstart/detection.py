"""Make data, train a detector, evaluate it and draw what it finds."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from .scripts import ROOT, run_script, train_script, write_figures
from .splits import SPLITS

CONFIG = ROOT / 'configs' / 'quickstart' / 'glipv2_lite0_minilm_emoji.py'
IMAGES_PER_SPLIT = 6
TILE = 192  # side of an image in the overview, px
SCORE = 0.45  # least score drawn; our choice


@dataclass(frozen=True)
class DetectionQuickstart:
    """The quickstart; a finished stage is not repeated.

    Args:
        data: Folder of EmojiScenes.
        work_dir: Folder of the run.
        options: ``--cfg-options`` of the training.
    """

    data: Path
    work_dir: Path
    options: Sequence[str] = ()

    @property
    def checkpoint(self) -> Path:
        """The finished model."""
        return self.work_dir / 'quickstart.pth'

    def run(self) -> None:
        """Run all stages; times and figures go to ``metrics.json``."""
        self.work_dir.mkdir(parents=True, exist_ok=True)
        metrics_file = self.work_dir / 'metrics.json'
        seconds = {}
        if metrics_file.is_file():
            seconds = json.loads(metrics_file.read_text())['seconds']
        results: dict = {}
        stages = (self.make_data, self.train, self.evaluate, self.detect)
        for name, stage in zip(('data', 'train', 'eval', 'detect'), stages):
            print(f'== {name}', flush=True)
            start = time.time()
            done, found = stage()
            results.update(found)
            if done or name not in seconds:
                seconds[name] = round(time.time() - start, 1)
                # Known to the next run, should a later stage fail.
                metrics_file.write_text(json.dumps({**results, 'seconds': seconds}))
        results.update(
            seconds=seconds, threads=torch.get_num_threads(), torch=torch.__version__
        )
        write_figures(self.work_dir, results)
        print(f'images, loss.png and metrics.json are in {self.work_dir}')

    def make_data(self) -> tuple[bool, dict]:
        """Make EmojiScenes unless it is there.

        Returns:
            Of every stage: whether it did something, and its figures.
        """
        if _is_there(self.data / 'demo' / 'photo.jpg'):
            return False, {}
        run_script('dataset_converters/make_emoji_scenes.py', self.data)
        return True, {}

    def train(self) -> tuple[bool, dict]:
        """Train to the end, from the last checkpoint if there is one."""
        if _is_there(self.checkpoint):
            return False, {}
        last = train_script(
            CONFIG, self.work_dir,
            f'train_dataloader.dataset.data_root={self.data}/',
            f'val_dataloader.dataset.data_root={self.data}/',
            f'val_evaluator.ann_file={self.data}/annotations/instances_val.json',
            *self.options,
        )  # fmt: skip
        shutil.copy(last, self.checkpoint)
        plot = self.work_dir / 'loss.png'
        run_script('analysis_tools/plot_losses.py', self.work_dir, plot)
        return True, {}

    def evaluate(self) -> tuple[bool, dict]:
        """Evaluate both validation splits with CocoMetric."""
        metrics, ran = {}, False
        for split in SPLITS:
            folder = self.work_dir / split
            if not list(folder.glob('*/*.json')):
                ran = True
                annotations = f'annotations/instances_{split}.json'
                run_script(
                    'test.py', CONFIG, self.checkpoint, '--work-dir', folder,
                    '--cfg-options',
                    f'test_dataloader.dataset.data_root={self.data}/',
                    f'test_dataloader.dataset.ann_file={annotations}',
                    f'test_dataloader.dataset.data_prefix.img={split}/',
                    f'test_evaluator.ann_file={self.data}/{annotations}',
                )  # fmt: skip
            measured = json.loads(sorted(folder.glob('*/*.json'))[-1].read_text())
            for key in ('bbox_mAP', 'bbox_mAP_50'):
                metrics[f'{split}/{key}'] = measured[f'coco/{key}']
        return ran, metrics

    def detect(self) -> tuple[bool, dict]:
        """Draw detections by text on images of both splits and on a photograph."""
        out = self.work_dir / 'pictures'
        if _is_there(out / 'overview.jpg'):
            return False, {}
        drawn = []
        for split in SPLITS:
            file = self.data / 'annotations' / f'instances_{split}.json'
            content = json.loads(file.read_text())
            chosen = out / 'chosen' / split
            chosen.mkdir(parents=True, exist_ok=True)
            for image in content['images'][:IMAGES_PER_SPLIT]:
                shutil.copy(self.data / split / image['file_name'], chosen)
            names = ' . '.join(x['name'] for x in content['categories'])
            self._draw(chosen, names, out / split)
            drawn += sorted((out / split / 'vis').iterdir())
        content = json.loads((self.data / 'demo' / 'photo.json').read_text())
        shown = {x['category_id'] for x in content['annotations']}
        names = ' . '.join(x['name'] for x in content['categories'] if x['id'] in shown)
        self._draw(self.data / 'demo' / 'photo.jpg', names, out / 'photo')
        shutil.rmtree(out / 'chosen')
        make_overview(out / 'photo' / 'vis' / 'photo.jpg', drawn, out / 'overview.jpg')
        return True, {}

    def _draw(self, images: Path, texts: str, out: Path) -> None:
        run_script(
            'demo/image_demo.py', images, CONFIG, self.checkpoint, '--texts', texts,
            '--out-dir', out, '--pred-score-thr', SCORE,
        )  # fmt: skip


def make_overview(photo: Path, drawn: list[Path], out: Path) -> None:
    """Put the drawn images on one sheet: the photograph, then a row per split."""
    top = Image.open(photo)
    width = IMAGES_PER_SPLIT * TILE
    top = top.resize((width, top.height * width // top.width))
    rows = -(-len(drawn) // IMAGES_PER_SPLIT)
    sheet = Image.new('RGB', (width, top.height + rows * TILE))
    sheet.paste(top)
    for index, file in enumerate(drawn):
        row, column = divmod(index, IMAGES_PER_SPLIT)
        tile = Image.open(file).resize((TILE, TILE))
        sheet.paste(tile, (column * TILE, top.height + row * TILE))
    sheet.save(out, quality=90)


def _is_there(file: Path) -> bool:
    if file.is_file():
        print(f'{file} is there')
    return file.is_file()
