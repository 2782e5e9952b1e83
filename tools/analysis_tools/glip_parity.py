"""Compare GLIP-T here with mmdet's, part by part: the table of docs/parity.md.

    python tools/analysis_tools/glip_parity.py

Both have the same random weights, float32, 80 names, a 480x640 image.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import tempfile
from pathlib import Path

import torch

from glipv2.benchmarks.peers.cases import make_batch
from glipv2.benchmarks.peers.mmdet_glip import build_twins
from glipv2.benchmarks.peers.parity import (
    compare_detections,
    compare_losses,
    compare_outputs,
    compare_parts,
)

SIZE = (480, 640)
SEED = 0  # of the weights and the image
# mmdet ranks before the centerness, the original after it: keep all candidates.
ALL = dict(nms_pre=1_000_000)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    for fused in (True, False):
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = build_twins(Path(folder), fused, test_cfg=ALL)
        batch = make_batch('train_step', SIZE, 80)
        found = {
            **compare_parts(theirs, ours, batch),
            **compare_outputs(theirs, ours, batch),
            **compare_detections(theirs, ours, batch),
            **compare_losses(theirs, ours, batch),
        }
        for what, difference in found.items():
            print(f'| {"deep" if fused else "late"} | {what} | {difference:.1e} |')


if __name__ == '__main__':
    main()
