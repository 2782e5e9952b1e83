"""How far an exported file's boxes are from the model's, on images of many sizes.

    python tools/analysis_tools/deployment_equality.py CONFIG CHECKPOINT FILE

Random images, or those of a folder, brought to the sizes below; masks too if the
model has them. ``--random-weights`` instead writes a checkpoint of random weights, so
that released models can be checked without theirs.
"""

import argparse
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

from glipv2.apis import init_model
from glipv2.deployment import ExportedModel

SIZES = (
    (192, 192), (200, 310), (320, 224), (256, 400), (333, 180), (480, 300), (161, 500),
    (224, 225), (416, 352), (301, 299),
)  # fmt: skip
LARGEST_BOX, LARGEST_SCORE = 0.01, 1e-4  # pixels, and score
LARGEST_MASK = 1e-3  # share of the masks' pixels: some are at the threshold
STD = 0.02  # of random weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('file', type=Path, nargs='?', help='.onnx or .pt2')
    parser.add_argument(
        '--random-weights', action='store_true', help='write the checkpoint and end'
    )
    parser.add_argument('--pictures', type=Path, help='folder; default: random ones')
    args = parser.parse_args()
    if args.random_weights:
        write_random_weights(args.config, args.checkpoint)
        return
    if args.file is None:
        parser.error('the exported file is missing')
    model = init_model(args.config, args.checkpoint)
    exported = ExportedModel(args.file)
    equal = True
    for image in choose_images(args.pictures):
        eager = predict(model, image, exported.description['names'])
        found = exported(image)
        alone, box, score = differences(found, eager)
        line = (
            f'{image.shape[0]}x{image.shape[1]}: {len(eager["scores"])} boxes, '
            f'{alone} without their like, others {box:.1e} pixels and {score:.1e} of '
            'score apart'
        )
        equal &= alone == 0 and box < LARGEST_BOX and score < LARGEST_SCORE
        if 'masks' in eager:
            mask = mask_difference(model, found, eager)
            line += f', {mask:.1e} of the pixels of masks'
            equal &= mask < LARGEST_MASK
        print(line, flush=True)
    if not equal:
        raise SystemExit(f'{args.file} does not equal the model')
    print(f'{args.file} equals the model')


def choose_images(folder: Path | None) -> list[np.ndarray]:
    """Give an image of each size.

    Args:
        folder: Its first images are taken; None: random ones.

    Returns:
        (H, W, 3) uint8 RGB each.
    """
    if folder is None:
        return [image_of(size, seed) for seed, size in enumerate(SIZES)]
    files = sorted(x for x in folder.iterdir() if x.suffix in ('.jpg', '.png'))
    if len(files) < len(SIZES):
        raise SystemExit(f'{folder} has {len(files)} images; {len(SIZES)} are needed')
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


def predict(
    model: nn.Module,
    image: np.ndarray,
    names: Sequence[str],
    scale: tuple[float, float] = (1.0, 1.0),
) -> dict[str, np.ndarray]:
    """Predict with the model itself.

    Args:
        model: In evaluation mode.
        image: (H, W, 3) uint8 RGB.
        names: What to find.
        scale: Width and height of the image over those of the original.

    Returns:
        bboxes, scores, labels and, with a mask head, masks.
    """
    height, width = image.shape[:2]
    original = (round(height / scale[1]), round(width / scale[0]))
    sample = DetDataSample(
        metainfo=dict(
            img_path='random', img_shape=(height, width), ori_shape=original,
            scale_factor=scale, text=tuple(names),
        )
    )  # fmt: skip
    bgr = torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy())
    with torch.no_grad():
        (done,) = model.test_step(dict(inputs=[bgr], data_samples=[sample]))
    found = done.pred_instances
    keys = [key for key in ('bboxes', 'scores', 'labels', 'masks') if key in found]
    return {key: found[key].numpy() for key in keys}


def differences(
    found: Mapping[str, np.ndarray], eager: Mapping[str, np.ndarray]
) -> tuple[int, float, float]:
    """Compare boxes, each with the nearest of its label.

    Boxes whose scores differ by rounding only may change places.

    Args:
        found: bboxes, scores and labels of the file.
        eager: Those of the model.

    Returns:
        Boxes on either side that have no counterpart; largest difference of the
        others' coordinates in pixels; of their scores.
    """
    if not len(found['scores']) or not len(eager['scores']):
        return len(found['scores']) + len(eager['scores']), 0.0, 0.0
    twin, nearest = _twins(found, eager)
    paired = np.isfinite(nearest)
    alone = int((~paired).sum()) + len(eager['scores']) - len(set(twin[paired]))
    if not paired.any():
        return alone, 0.0, 0.0
    scores = np.abs(found['scores'] - eager['scores'][twin])[paired]
    return alone, float(nearest[paired].max()), float(scores.max())


def _twins(
    found: Mapping[str, np.ndarray], eager: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Find each box's nearest of its label, and how far it is; infinite: none."""
    away = np.abs(found['bboxes'][:, None] - eager['bboxes']).max(2)
    away[found['labels'][:, None] != eager['labels']] = np.inf
    return away.argmin(1), away.min(1)


def mask_difference(
    model: nn.Module,
    found: Mapping[str, np.ndarray],
    eager: Mapping[str, np.ndarray],
) -> float:
    """Compare masks of boxes that have a counterpart.

    Args:
        model: Its mask head pastes the file's masks into the image.
        found: bboxes, labels and mask_probs of the file.
        eager: bboxes, labels and masks (n, H, W) of the model.

    Returns:
        Pixels that differ over those in either mask.
    """
    if not len(found['labels']) or not len(eager['labels']):
        return 0.0
    twin, nearest = _twins(found, eager)
    paired = nearest < LARGEST_BOX
    size = eager['masks'].shape[1:]
    masks = model.mask_head.paste(
        torch.from_numpy(found['mask_probs'][paired]).logit()[:, None],
        torch.from_numpy(found['bboxes'][paired]),
        dict(ori_shape=size, img_shape=size, scale_factor=(1.0, 1.0)),
        rescale=True,
    ).numpy()
    others = eager['masks'][twin[paired]]
    return float((masks != others).sum() / max((masks | others).sum(), 1))


if __name__ == '__main__':
    main()
