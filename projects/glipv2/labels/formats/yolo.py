"""Ultralytics' layout: ``yolo/images``, ``yolo/labels`` and ``yolo/data.yaml``."""

import os
from pathlib import Path

import cv2
import numpy as np
import yaml
from pycocotools import mask as rle

from ...whole_file import replaced, sync_all
from ..job import LabelJob
from ..labelled import SPLITS, Images, Labelled
from ..stems import Stems

DIGITS = 6
LEAST_CORNERS = 3


def write_yolo(images: Images, names: list[str], job: LabelJob) -> None:
    """Write a text file for each image, and links to the images beside them.

    A line is the number of a name and a box, as centre and size in shares of the image,
    or the corners of the largest piece of its mask.

    Args:
        images: The labelled images.
        names: Classes, numbered from 0.
        job: Whose folder gets the files.
    """
    root = job.out / 'yolo'
    numbers = {name: number for number, name in enumerate(names)}
    splits, stems = set(), Stems()
    for image in images():
        stem = stems.of(image.file_name)
        splits.add(image.split)
        lines = [f'{numbers[x["name"]]} {_shape_of(x, image)}\n' for x in image.objects]
        label = root / 'labels' / image.split / f'{stem}.txt'
        _write(label, ''.join(lines).encode(), synced=False)
        file = job.folder / image.file_name
        _link(root / 'images' / image.split / f'{stem}{file.suffix}', file)
    folders = {split: f'images/{split}' for split in SPLITS if split in splits}
    # Ultralytics wants both.
    folders.setdefault('val', folders.get('train', 'images/val'))
    folders.setdefault('train', folders['val'])
    content = dict(folders, names=dict(enumerate(names)))
    sync_all()  # before the file that names them
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    _write(root / 'data.yaml', text.encode())


def _shape_of(found: dict, image: Labelled) -> str:
    numbers = _corners(found['mask'], image) if 'mask' in found else []
    if not numbers:
        left, top, right, bottom = found['box']
        numbers = [
            (left + right) / 2 / image.width, (top + bottom) / 2 / image.height,
            (right - left) / image.width, (bottom - top) / image.height,
        ]  # fmt: skip
    return ' '.join(f'{min(max(x, 0.0), 1.0):.{DIGITS}f}' for x in numbers)


def _corners(mask: dict, image: Labelled) -> list[float]:
    pieces, _ = cv2.findContours(
        rle.decode(mask), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    largest = max(pieces, key=cv2.contourArea, default=np.zeros((0, 1, 2)))
    if len(largest) < LEAST_CORNERS:
        return []
    # A pixel's centre is half a pixel from its corner.
    return ((largest[:, 0] + 0.5) / (image.width, image.height)).ravel().tolist()


def _write(path: Path, content: bytes, synced: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path, synced) as file:
        file.write(content)


def _link(link: Path, image: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(image.resolve(), link.parent.resolve())
    if link.is_symlink() and os.readlink(link) == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
