"""Make data, train, evaluate and detect: what `make demo` runs.

A finished stage is not repeated; --fresh starts over.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'quickstart' / 'glipv2_lite0_minilm_emoji.py'
SPLITS = ('val', 'val_unseen')
IMAGES_PER_SPLIT = 6
TILE = 192  # side of an image in the overview, px
SCORE = 0.45  # least score drawn; our choice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', type=Path, default=ROOT / 'data' / 'emoji_scenes')
    parser.add_argument(
        '--work-dir', type=Path, default=ROOT / 'work_dirs' / 'quickstart'
    )
    parser.add_argument('--fresh', action='store_true', help='start over')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='of the training')
    args = parser.parse_args()
    # The scripts that this one runs have another working directory.
    args.data, args.work_dir = args.data.resolve(), args.work_dir.resolve()
    if args.fresh:
        shutil.rmtree(args.work_dir, ignore_errors=True)
    args.work_dir.mkdir(parents=True, exist_ok=True)
    metrics_file = args.work_dir / 'metrics.json'
    seconds = {}
    if metrics_file.is_file():
        seconds = json.loads(metrics_file.read_text())['seconds']
    stages = dict(data=make_data, train=train, eval=evaluate, detect=detect)
    results: dict = {}
    for name, stage in stages.items():
        print(f'== {name}', flush=True)
        start = time.time()
        done, found = stage(args)
        results.update(found)
        if done or name not in seconds:
            seconds[name] = round(time.time() - start, 1)
            # Known to the next run, should a later stage fail.
            metrics_file.write_text(json.dumps({**results, 'seconds': seconds}))
    results.update(
        seconds=seconds, threads=torch.get_num_threads(), torch=torch.__version__
    )
    metrics_file.write_text(json.dumps(results, indent=1) + '\n')
    for key, value in results.items():
        print(f'{key:24} {value}')
    print(f'images, loss.png and metrics.json are in {args.work_dir}')


def make_data(args: argparse.Namespace) -> tuple[bool, dict]:
    """Make EmojiScenes unless it is there; says whether it did."""
    if (args.data / 'demo' / 'photo.jpg').is_file():
        print(f'{args.data} is there')
        return False, {}
    run('tools/dataset_converters/make_emoji_scenes.py', args.data)
    return True, {}


def train(args: argparse.Namespace) -> tuple[bool, dict]:
    """Train to the end, from the last checkpoint if there is one."""
    if checkpoint_of(args).is_file():
        print(f'{checkpoint_of(args)} is there')
        return False, {}
    root = f'{args.data}/'
    options = [
        f'train_dataloader.dataset.data_root={root}',
        f'val_dataloader.dataset.data_root={root}',
        f'val_evaluator.ann_file={root}annotations/instances_val.json',
        *args.cfg_options,
    ]
    run(
        'tools/train.py', CONFIG, '--work-dir', args.work_dir, '--resume',
        '--cfg-options', *options,
    )  # fmt: skip
    last = Path((args.work_dir / 'last_checkpoint').read_text().strip())
    shutil.copy(last, checkpoint_of(args))
    run(
        'tools/analysis_tools/plot_losses.py',
        args.work_dir,
        args.work_dir / 'loss.png',
    )
    return True, {}


def evaluate(args: argparse.Namespace) -> tuple[bool, dict]:
    """Evaluate both validation splits with CocoMetric."""
    metrics, ran = {}, False
    for split in SPLITS:
        folder = args.work_dir / split
        if not list(folder.glob('*/*.json')):
            ran = True
            annotations = f'annotations/instances_{split}.json'
            run(
                'tools/test.py', CONFIG, checkpoint_of(args), '--work-dir', folder,
                '--cfg-options',
                f'test_dataloader.dataset.data_root={args.data}/',
                f'test_dataloader.dataset.ann_file={annotations}',
                f'test_dataloader.dataset.data_prefix.img={split}/',
                f'test_evaluator.ann_file={args.data}/{annotations}',
            )  # fmt: skip
        measured = json.loads(sorted(folder.glob('*/*.json'))[-1].read_text())
        for key in ('bbox_mAP', 'bbox_mAP_50'):
            metrics[f'{split}/{key}'] = measured[f'coco/{key}']
    return ran, metrics


def detect(args: argparse.Namespace) -> tuple[bool, dict]:
    """Draw detections by text on images of both splits and on a photograph."""
    out = args.work_dir / 'pictures'
    if (out / 'overview.jpg').is_file():
        print(f'{out} is there')
        return False, {}
    drawn = []
    for split in SPLITS:
        content = json.loads(
            (args.data / 'annotations' / f'instances_{split}.json').read_text()
        )
        chosen = out / 'chosen' / split
        chosen.mkdir(parents=True, exist_ok=True)
        for image in content['images'][:IMAGES_PER_SPLIT]:
            shutil.copy(args.data / split / image['file_name'], chosen)
        names = ' . '.join(x['name'] for x in content['categories'])
        show(args, chosen, names, out / split)
        drawn += sorted((out / split / 'vis').iterdir())
    content = json.loads((args.data / 'demo' / 'photo.json').read_text())
    shown = {x['category_id'] for x in content['annotations']}
    names = ' . '.join(x['name'] for x in content['categories'] if x['id'] in shown)
    show(args, args.data / 'demo' / 'photo.jpg', names, out / 'photo')
    shutil.rmtree(out / 'chosen')
    make_overview(out / 'photo' / 'vis' / 'photo.jpg', drawn, out / 'overview.jpg')
    return True, {}


def show(args: argparse.Namespace, images: Path, texts: str, out: Path) -> None:
    """Run the image demo."""
    run(
        'tools/demo/image_demo.py', images, CONFIG, checkpoint_of(args),
        '--texts', texts, '--out-dir', out, '--pred-score-thr', SCORE,
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


def checkpoint_of(args: argparse.Namespace) -> Path:
    """Name the finished model's file."""
    return args.work_dir / 'quickstart.pth'


def run(script: str, *arguments: object) -> None:
    """Run one of the repository's scripts; its output is ours."""
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    finished = subprocess.run(command, cwd=ROOT, env=os.environ)
    if finished.returncode:
        raise SystemExit(f'{script} failed with exit code {finished.returncode}')


if __name__ == '__main__':
    main()
