"""Compare GLIP-T here with mmdet's, part by part: docs/results/glip_parity.json.

    python tools/analysis_tools/glip_parity.py

Both have the same random weights, float32, 80 names, two 480x640 images.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import tempfile
from pathlib import Path

import torch

from glipv2.benchmarks.gpu.report import table
from glipv2.benchmarks.peers.cases import make_batch
from glipv2.benchmarks.peers.mmdet_glip import build_twins
from glipv2.benchmarks.peers.parity import (
    compare_detections,
    compare_losses,
    compare_outputs,
    compare_parts,
)
from glipv2.benchmarks.results import add_results_option, write_results

SIZE = (480, 640)
FUSION = {'deep fusion (GLIP-T B, C)': True, 'late fusion (GLIP-T A)': False}
SEED = 0  # of the weights and the image
# mmdet ranks before the centerness, the original after it: keep all candidates.
ALL = dict(nms_pre=1_000_000)


def shown(number: float) -> str:
    """Show a count or a difference."""
    return f'{number:.0f}' if number.is_integer() else f'{number:.2g}'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_results_option(parser, 'glip_parity')
    args = parser.parse_args()
    found = {}
    for name, fused in FUSION.items():
        torch.manual_seed(SEED)
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = build_twins(Path(folder), fused, test_cfg=ALL)
        batch = make_batch('train_step', SIZE, 80)
        found[name] = {
            **compare_parts(theirs, ours, batch),
            **compare_outputs(theirs, ours, batch),
            **compare_detections(theirs, ours, batch),
            **compare_losses(theirs, ours, batch),
        }
    deep, _ = found.values()
    rows = [
        {'part': part, **{name: shown(each[part]) for name, each in found.items()}}
        for part in deep
    ]
    settings = dict(size=SIZE, names=80, seed=SEED)
    write_results(args.out, 'tools/analysis_tools/glip_parity.py', rows, settings)
    print('\n'.join(table(rows)))


if __name__ == '__main__':
    main()
