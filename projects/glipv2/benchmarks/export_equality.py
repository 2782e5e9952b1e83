"""How far an exported file's boxes and masks are from the model's."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from mmcv import imread, imresize
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmdet.utils import register_all_modules
from mmengine.config import Config
from torch import nn

from ..deployment import ExportedModel

SIZES = (
    (192, 192), (200, 310), (320, 224), (256, 400), (333, 180), (480, 300), (161, 500),
    (224, 225), (416, 352), (301, 299),
)  # fmt: skip
LARGEST_BOX, LARGEST_SCORE = 0.01, 1e-4  # pixels, and score
LARGEST_MASK = 1e-3  # share of the masks' pixels: some are at the threshold
STD = 0.02  # of random weights


def compare(
    model: nn.Module, exported: ExportedModel, image: np.ndarray
) -> tuple[str, bool]:
    """Compare a file with the model on one image.

    Args:
        model: In evaluation mode.
        exported: The file, of names.
        image: (H, W, 3) uint8 RGB.

    Returns:
        The differences in one line, and whether all are within the limits above.
    """
    expected = predict(model, image, exported.description['names'])
    found = exported(image)
    unmatched, box, score = differences(found, expected)
    line = (
        f'{image.shape[0]}x{image.shape[1]}: {len(expected["scores"])} boxes, '
        f'{unmatched} unmatched, others {box:.1e} pixels and {score:.1e} of score apart'
    )
    equal = unmatched == 0 and box < LARGEST_BOX and score < LARGEST_SCORE
    if 'masks' in expected:
        mask = mask_difference(model, found, expected)
        line += f', {mask:.1e} of the pixels of masks'
        equal &= mask < LARGEST_MASK
    return line, equal


def choose_images(folder: Path | None) -> list[np.ndarray]:
    """Get an image of each of ``SIZES``.

    Args:
        folder: Its first images are taken; None: random ones.

    Returns:
        (H, W, 3) uint8 RGB each.

    Raises:
        ValueError: If the folder has too few images.
    """
    if folder is None:
        return [image_of(size, seed) for seed, size in enumerate(SIZES)]
    files = sorted(x for x in folder.iterdir() if x.suffix in ('.jpg', '.png'))
    if len(files) < len(SIZES):
        raise ValueError(f'{folder} has {len(files)} images; {len(SIZES)} are needed')
    return [
        imresize(imread(file, channel_order='rgb'), (width, height))
        for file, (height, width) in zip(files, SIZES)
    ]


def write_random_weights(config: Path, checkpoint: Path) -> None:
    """Write a checkpoint in which every matrix is random."""
    register_all_modules()
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(config).model)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=STD)
    nn.init.zeros_(model.bbox_head.bias0)  # else no score passes the threshold
    torch.save(dict(state_dict=model.state_dict()), checkpoint)


def image_of(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Make a random image that is not mere noise.

    Args:
        size: (H, W).
        seed: Of the random numbers.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (-(-size[0] // 16), -(-size[1] // 16), 3))
    fine = coarse.repeat(16, 0).repeat(16, 1)[: size[0], : size[1]]
    noisy = fine + rng.integers(-30, 30, (*size, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def sample_of(
    image: np.ndarray,
    names: Sequence[str],
    scale: tuple[float, float] = (1.0, 1.0),
    **keys: object,
) -> dict:
    """Pack an image with names as the test pipeline does.

    Args:
        image: (H, W, 3) uint8 RGB.
        names: What to find.
        scale: Width and height of the image over those of the original.
        **keys: More keys of the data sample.

    Returns:
        A batch of one, for ``test_step``.
    """
    height, width = image.shape[:2]
    sample = DetDataSample(
        metainfo=dict(
            img_path='random', img_shape=(height, width), scale_factor=scale,
            ori_shape=(round(height / scale[1]), round(width / scale[0])),
            text=tuple(names), **keys,
        )
    )  # fmt: skip
    bgr = torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())
    return dict(inputs=[bgr], data_samples=[sample])


def predict(
    model: nn.Module,
    image: np.ndarray,
    names: Sequence[str],
    scale: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    """Predict with the model itself; arguments as :func:`sample_of`.

    Returns:
        bboxes, scores, labels and, with a mask head, masks.
    """
    with torch.no_grad():
        (done,) = model.test_step(sample_of(image, names, scale))
    found = done.pred_instances
    keys = [key for key in ('bboxes', 'scores', 'labels', 'masks') if key in found]
    return {key: found[key].numpy() for key in keys}


def differences(
    found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> tuple[int, float, float]:
    """Compare boxes, each with the nearest of its label.

    Boxes whose scores differ by rounding only may change places.

    Args:
        found: bboxes, scores and labels of the file.
        expected: Those of the model.

    Returns:
        Unmatched boxes on either side; the largest difference of the others'
        coordinates in pixels, and of their scores.
    """
    if not len(found['scores']) or not len(expected['scores']):
        return len(found['scores']) + len(expected['scores']), 0.0, 0.0
    nearest, distance = _nearest(found, expected)
    matched = np.isfinite(distance)
    unmatched = int((~matched).sum())
    unmatched += len(expected['scores']) - len(set(nearest[matched]))
    if not matched.any():
        return unmatched, 0.0, 0.0
    scores = np.abs(found['scores'] - expected['scores'][nearest])[matched]
    return unmatched, float(distance[matched].max()), float(scores.max())


def mask_difference(
    model: nn.Module,
    found: Mapping[str, np.ndarray],
    expected: Mapping[str, np.ndarray],
) -> float:
    """Compare the masks of matched boxes.

    Returns:
        Pixels that differ over those in either mask.
    """
    if not len(found['labels']) or not len(expected['labels']):
        return 0.0
    nearest, distance = _nearest(found, expected)
    matched = distance < LARGEST_BOX
    size = expected['masks'].shape[1:]
    masks = model.mask_head.paste(
        torch.from_numpy(found['mask_probs'][matched]).logit()[:, None],
        torch.from_numpy(found['bboxes'][matched]),
        dict(ori_shape=size, img_shape=size, scale_factor=(1.0, 1.0)),
        rescale=True,
    ).numpy()
    others = expected['masks'][nearest[matched]]
    return float((masks != others).sum() / max((masks | others).sum(), 1))


def _nearest(
    found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Find each box's nearest of its label, and its distance; infinite: none."""
    distance = np.abs(found['bboxes'][:, None] - expected['bboxes']).max(2)
    distance[found['labels'][:, None] != expected['labels']] = np.inf
    return distance.argmin(1), distance.min(1)
