"""Removing boxes from a sample, with their labels, masks and flags."""

import numpy as np

# Fields with one entry per box.
INSTANCE_KEYS = (
    'gt_bboxes',
    'gt_bboxes_labels',
    'gt_ignore_flags',
    'gt_masks',
    'gt_keypoints',
    'gt_keypoints_visible',
    'gt_instances_ids',
)


def keep_instances(results: dict, keep: np.ndarray) -> int:
    """Keep some boxes of a sample, with their labels, masks and flags.

    Args:
        results: The sample; its fields are replaced, its arrays stay as they are.
        keep: (N,) bool.

    Returns:
        Number of boxes removed.

    Raises:
        ValueError: If a field has not one entry per box.
    """
    dropped = int((~keep).sum())
    for key in INSTANCE_KEYS:
        if key not in results:
            continue
        if len(results[key]) != len(keep):
            raise ValueError(
                f'{results.get("img_path")}: {key} has {len(results[key])} entries '
                f'for {len(keep)} boxes'
            )
        if dropped:
            results[key] = results[key][np.flatnonzero(keep)]
    return dropped
