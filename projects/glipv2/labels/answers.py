"""What the model says of some images."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmdet.evaluation.functional import bbox_overlaps

from ..apis.defaults import MAX_MEGAPIXELS
from ..apis.inferencer import GLIPv2Inferencer
from ..datasets.images.decode_image import reason_of
from ..datasets.transforms.load_image import LoadImage
from .job import LabelJob
from .join_tiles import join_tiles
from .tiles import views_of

Image = np.ndarray


class Answers:
    """Asks a model for the names, or the phrases of the captions, of a job.

    Args:
        job: The job.
        device: Such as ``'cpu'``; None: a GPU if there is one.
        batch_size: Images computed at once.
        inferencer: The model, called as ``GLIPv2Inferencer`` is; None: the job's is
            loaded.
        max_megapixels: Larger images are skipped.

    Raises:
        FileNotFoundError: If a file of the model is missing.
        ValueError: If the model cannot be used.
    """

    def __init__(
        self,
        job: LabelJob,
        device: str | None = None,
        batch_size: int = 1,
        inferencer: Callable[..., dict] | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> None:
        self.job = job
        self.batch_size = batch_size
        self.inferencer = inferencer or GLIPv2Inferencer(
            job.model, job.checkpoint, device, show_progress=False
        )
        self._load = LoadImage(max_megapixels=max_megapixels)

    def of(self, lines: Sequence[dict]) -> list[dict]:
        """Ask about some images.

        Args:
            lines: Of the image list: ``file_name``, and ``caption`` if there is one.

        Returns:
            Per image ``file_name``, ``width``, ``height``, ``sha256`` and ``objects``:
            ``name``, ``box`` (xyxy, px), ``score``, where the model has them ``mask``
            (RLE), for captions ``span``, with a mirrored view ``agreement``, best
            first; or why it was ``skipped``.
        """
        read: list[Any] = [self._read(line) for line in lines]
        usable = [row for row, (image, _) in enumerate(read) if image is not None]
        images = [read[row][0] for row in usable]
        texts = [self._text(lines[row]) for row in usable]
        found = iter(self._compute(images, texts)) if images else iter(())
        answers = []
        for line, (image, note) in zip(lines, read):
            answer = dict(file_name=line['file_name'])
            said = dict(skipped=note) if image is None else next(found)
            if 'skipped' in said:
                answers.append(dict(answer, **said))
                continue
            height, width = image.shape[:2]
            if 'caption' in line:
                answer['caption'] = line['caption']
            answers.append(
                dict(answer, width=width, height=height, sha256=note, **said)
            )
        return answers

    def _read(self, line: dict) -> tuple[Image | None, str]:
        """Read an image (H, W, 3) BGR and its hash, or why it cannot be read."""
        path = self.job.folder / line['file_name']
        try:
            content = Path(path).read_bytes()
            image = self._load.read(str(path))
        except Exception as error:  # of any decoder
            return None, reason_of(error)
        return image, hashlib.sha256(content).hexdigest()

    def _text(self, line: dict) -> str | tuple[str, ...]:
        return line.get('caption', self.job.names)

    def _compute(self, images: list[Image], texts: list) -> list[dict]:
        found = self._predict(images, texts)
        if not self.job.mirrored:
            return found
        other = self._predict([cv2.flip(image, 1) for image in images], texts)
        for image, one, two in zip(images, found, other):
            if 'objects' in one and 'objects' in two:
                _compare(one['objects'], two['objects'], image.shape[1])
        return found

    def _predict(self, images: list[Image], texts: list) -> list[dict]:
        """Ask about all views of the images, and put an image's together."""
        views = [views_of(*x.shape[1::-1], self.job.tiles) for x in images]
        parts = [
            image[top:bottom, left:right]
            for image, of_image in zip(images, views)
            for left, top, right, bottom in (view.box for view in of_image)
        ]
        texts = [x for x, of_image in zip(texts, views) for _ in of_image]
        found = iter(self._predict_views(parts, texts))
        results = []
        for of_image in views:
            said = [next(found) for _ in of_image]
            failed = [each for each in said if 'skipped' in each]
            if failed or len(said) == 1:
                results.append((failed or said)[0])
                continue
            objects = join_tiles(of_image, [each['objects'] for each in said])
            results.append(dict(objects=objects))
        return results

    def _predict_views(self, images: list[Image], texts: list) -> list[dict]:
        result = self.inferencer(
            images,
            texts=texts,
            task='grounding' if self.job.captions else 'detection',
            batch_size=self.batch_size,
            score_thr=self.job.floor,
        )
        return [
            dict(skipped=said['error'])
            if 'error' in said
            else dict(objects=_objects(said, self.job.names))
            for said in result['predictions']
        ]


def _objects(said: dict, names: Sequence[str]) -> list[dict]:
    """List objects, best first, in numbers that a file needs."""
    spans = {
        box: phrase['tokens_positive']
        for phrase in said.get('phrases', ())
        for box in phrase['boxes']
    }
    objects = []
    for row in np.argsort(-np.array(said['scores']), kind='stable'):
        found = dict(
            name=names[said['labels'][row]] if names else said['label_names'][row],
            box=[round(side, 2) for side in said['bboxes'][row]],
            score=round(said['scores'][row], 4),
        )
        if 'masks' in said:
            found['mask'] = said['masks'][row]
        if int(row) in spans:
            found['span'] = spans[int(row)]
        objects.append(found)
    return objects


def _compare(objects: list[dict], mirrored: list[dict], width: int) -> None:
    """Add how far the mirrored view has the same: the best IoU of a same name."""
    for each in objects:
        boxes = [
            [width - other['box'][2], other['box'][1], width - other['box'][0],
             other['box'][3]]
            for other in mirrored
            if other['name'] == each['name']
        ]  # fmt: skip
        overlap = 0.0
        if boxes:
            own = np.array([each['box']], np.float32)
            overlap = float(bbox_overlaps(own, np.array(boxes, np.float32)).max())
        each['agreement'] = round(overlap, 4)
