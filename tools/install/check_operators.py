"""Fails unless mmcv's operators load and compute; usage: check_operators.py VERSION."""

import sys

import torch


def main(version: str) -> None:
    """Import the installed mmcv and run one operator.

    Args:
        version: The version of mmcv that has to be installed.

    Raises:
        SystemExit: If it is another version or the operator's result is wrong.
        ImportError: If mmcv or its compiled operators cannot be loaded.
    """
    import mmcv
    from mmcv.ops import nms

    if mmcv.__version__ != version:
        raise SystemExit(f'mmcv is {mmcv.__version__}, not {version}')
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]])
    kept = nms(boxes, torch.tensor([0.7, 0.9, 0.8]), iou_threshold=0.5)[1]
    if kept.tolist() != [1, 2]:
        raise SystemExit(f"mmcv's nms kept boxes {kept.tolist()} instead of [1, 2]")


if __name__ == '__main__':
    main(sys.argv[1])
