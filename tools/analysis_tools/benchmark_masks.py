"""What masks cost: time added to GLIP-T's forward, and memory of pasting.

    python tools/analysis_tools/benchmark_masks.py

Random weights, 80 names, a 480x640 image, 100 boxes, with and without the mask head
in turns; and the peak memory of 300 masks at 800x1333 in a process of its own.
"""

import argparse
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmdet.utils import register_all_modules
from mmengine.config import Config

from glipv2.benchmarks.peers.cases import make_batch
from glipv2.benchmarks.peers.measure import own_peak, peak_of_child, time_in_turns
from glipv2.benchmarks.peers.parity import clone

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'coco' / 'glipv2_swin-t_coco_mask_stage.py'
SIZE = (480, 640)
LARGE = (800, 1333)
BOXES, MANY_BOXES = 100, 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=7)
    parser.add_argument('--child', choices=('paste', 'nothing'), help=argparse.SUPPRESS)
    args = parser.parse_args()
    register_all_modules()
    torch.manual_seed(0)
    model = build()
    if args.child:
        if args.child == 'paste':
            paste(model)
        print(own_peak())
        return
    head = model.mask_head
    model.test_cfg.update(score_thr=0.0, max_per_img=BOXES)
    batch = make_batch('names80', SIZE, 80)

    def predict(with_masks: bool) -> int:
        model.mask_head = head if with_masks else None
        with torch.no_grad():
            return len(model.test_step(clone(batch))[0].pred_instances)

    assert predict(True) == BOXES
    plain, masked = time_in_turns(
        (lambda: predict(False), lambda: predict(True)), args.repeats
    )
    print(
        f'{BOXES} boxes at {SIZE[0]}x{SIZE[1]}: {plain:.2f} s, with masks '
        f'{masked:.2f} s, {(masked / plain - 1) * 100:.0f} % more'
    )
    peaks = [peak_of_child(['--child', what]) for what in ('paste', 'nothing')]
    print(
        f'{MANY_BOXES} masks at {LARGE[0]}x{LARGE[1]}: {peaks[0] - peaks[1]:.0f} MB '
        f'above {peaks[1]:.0f} MB'
    )


def build() -> torch.nn.Module:
    """Build GLIPv2-T with a mask head and random weights."""
    return MODELS.build(Config.fromfile(CONFIG).model).eval()


def paste(model: torch.nn.Module) -> None:
    """Paste masks of boxes as large as half the image's sides."""
    height, width = LARGE
    corner = torch.rand(MANY_BOXES, 2) * torch.tensor([width / 2, height / 2])
    extent = torch.tensor([width / 2, height / 2])
    boxes = torch.cat((corner, corner + extent), 1)
    meta = dict(ori_shape=LARGE, img_shape=LARGE, scale_factor=(1.0, 1.0))
    with torch.no_grad():
        model.mask_head.paste(torch.randn(MANY_BOXES, 1, 28, 28), boxes, meta, True)


if __name__ == '__main__':
    main()
