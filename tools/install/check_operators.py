"""Fails unless mmcv's operators load and compute."""

import argparse


def main(version: str) -> None:
    """Import the installed mmcv and run one operator.

    Args:
        version: The version of mmcv that has to be installed.

    Raises:
        SystemExit: If it is another version or the operator's result is wrong.
        ImportError: If mmcv or its compiled operators cannot be loaded.
    """
    import mmcv
    import torch
    from mmcv.ops import nms

    if mmcv.__version__ != version:
        raise SystemExit(f'mmcv is {mmcv.__version__}, not {version}')
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]])
    kept = nms(boxes, torch.tensor([0.7, 0.9, 0.8]), iou_threshold=0.5)[1]
    if kept.tolist() != [1, 2]:
        raise SystemExit(f"mmcv's nms kept boxes {kept.tolist()} instead of [1, 2]")


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('version', help='of mmcv that has to be installed')
    main(parser.parse_args().version)
