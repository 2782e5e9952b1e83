"""The one reader of COCO annotation files."""

import logging
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mmengine.logging import print_log

from ...progress import working
from ..files.json_file import read_json
from .boxes import fill_areas, fill_flags, find_bad_boxes, read_boxes
from .categories import check_categories
from .findings import BOX, OUTSIDE, SAME_WORDS, Fault, Findings, listed
from .ids import index_ids, link_annotations, place_of, renumber
from .images import fill_sizes, find_turned, frames_of, resolve_names, turn_sizes


@dataclass(frozen=True)
class CocoFile:
    """An annotation file, checked and repaired.

    Ids of images and categories are the file's own; annotations name them so. Those of
    annotations are different whole numbers above 0. Sizes, areas and ``iscrowd`` are
    numbers, and boxes, but for ``bad_boxes``, finite with an area inside the image.

    Args:
        name: What messages call the file.
        content: ``images``, ``annotations`` and ``categories``, without the faulty
            entries; other parts as in the file.
        repairs: What was repaired, a few words each.
        faults: Entries that cannot be repaired.
        bad_boxes: Faults of boxes, by index of the annotation.
        root: An unused category that was left out.
    """

    name: str
    content: dict
    repairs: Sequence[str]
    faults: Sequence[Fault]
    bad_boxes: dict[int, Fault]
    root: dict | None = None

    @property
    def class_names(self) -> list[str]:
        """Category names in the file's order; a name's index is its label."""
        return [category['name'] for category in self.content['categories']]

    def keep_named_root(self, classes: Sequence[str]) -> None:
        """Take the root back into the categories if a class list has its name."""
        root = self.root
        if root and root['name'] in classes and root['name'] not in self.class_names:
            self.content['categories'].insert(0, root)

    def refuse_faults(self, names_chosen: bool = False) -> None:
        """Refuse a file with an entry, other than a box, that cannot be repaired.

        Args:
            names_chosen: Whether the user listed the names, who then has a reason for
                two that read the same (boggleBoards of ODinW has "Q" and "q").

        Raises:
            ValueError: If there is one (names the first ones).
        """
        faults = [
            fault
            for fault in self.faults
            if not (names_chosen and fault.kind == SAME_WORDS)
        ]
        if faults:
            raise ValueError(
                f'{self.name}: {listed(faults)}. Correct the file, or take these '
                'entries out'
            )

    def refuse_bad_boxes(self) -> None:
        """Raise ValueError if there are bad boxes."""
        if self.bad_boxes:
            raise ValueError(
                f'{self.name}: boxes must be finite [x, y, width, height] with '
                f'positive width and height, inside the image. {self.shown_bad_boxes}. '
                "Correct the file, or set on_bad='skip' to leave these annotations out"
            )

    def turn_as_loaded(self, sizes: Mapping[Hashable, tuple[int, int]]) -> None:
        """Turn sizes where the loaded images are turned and boxes fit only so.

        For a file that was read without the folder of its images.

        Args:
            sizes: Heights and widths of loaded images, pixels, by id.
        """
        annotations = self.content['annotations']
        of_id = {image['id']: image for image in self.content['images']}
        doubtful = {
            annotations[index]['image_id']
            for index, fault in self.bad_boxes.items()
            if fault.kind == OUTSIDE
        }
        turned = {
            own
            for own in doubtful
            if sizes.get(own) == (of_id[own]['width'], of_id[own]['height'])
        }
        places = [i for i, x in enumerate(annotations) if x['image_id'] in turned]
        own = [annotations[index] for index in places]
        boxes = read_boxes(own, Findings(self.name))
        fitting = set(find_turned(own, boxes, frames_of(own, list(of_id.values()))))
        for number in fitting:
            of_id[number]['height'], of_id[number]['width'] = sizes[number]
        frames = frames_of(own, list(of_id.values()))
        bad = _find_bad_boxes(own, boxes, frames, of_id)
        for place, index in enumerate(places):
            if annotations[index]['image_id'] in fitting:
                self.bad_boxes.pop(index, None)
                if place in bad:
                    self.bad_boxes[index] = bad[place]

    def drop_bad_boxes(self) -> int:
        """Leave annotations with bad boxes out of the content.

        Returns:
            How many.
        """
        dropped = len(self.bad_boxes)
        self.content['annotations'] = self.good_annotations()
        self.bad_boxes.clear()
        return dropped

    def good_annotations(self) -> list[dict]:
        """List the annotations whose boxes are not bad."""
        return [
            entry
            for index, entry in enumerate(self.content['annotations'])
            if index not in self.bad_boxes
        ]

    @property
    def shown_bad_boxes(self) -> str:
        """The first few bad boxes, in one line."""
        return listed(list(self.bad_boxes.values()))

    def log_repairs(self) -> None:
        """Write one line if anything was repaired."""
        if self.repairs:
            print_log(
                f'{self.name}: {", ".join(self.repairs)}',
                logger='current',
                level=logging.WARNING,
            )


def read_coco_file(
    path: str,
    name: str | None = None,
    image_root: str | None = None,
    prefer_url: bool = False,
) -> CocoFile:
    """Read, check and repair an annotation file.

    Args:
        path: The file, local.
        name: What messages call it; None: its path.
        image_root: Folder of its images, where names are looked for and missing sizes
            are read; None: not known, so missing sizes are None.
        prefer_url: Whether ``coco_url`` names images before ``file_name``, as in LVIS.

    Returns:
        The file.

    Raises:
        OSError: If there is no such file.
        ValueError: If it is no COCO annotation file, or its categories are wrong.
    """
    name = name or path
    content = read_json(path, name)
    with working(f'Checking {name}'):
        return check_content(content, name, image_root, prefer_url)


def check_content(
    content: object,
    name: str,
    image_root: str | None = None,
    prefer_url: bool = False,
) -> CocoFile:
    """Check and repair what an annotation file has.

    Args:
        content: The file's content; changed in place.
        name: What messages call it.
        image_root: As in :func:`read_coco_file`.
        prefer_url: As in :func:`read_coco_file`.

    Returns:
        The file.

    Raises:
        ValueError: If it is no COCO annotation file, or its categories are wrong.
    """
    content = _checked_parts(content, name)
    findings = Findings(name)
    of_category, root = check_categories(content, findings)
    images, annotations = content['images'], content['annotations']
    of_image = index_ids(images, 'image', findings)
    resolve_names(images, image_root, prefer_url, findings)
    link_annotations(annotations, of_image, of_category, findings)
    fill_sizes(images, image_root, findings)
    boxes = read_boxes(annotations, findings)
    frames = frames_of(annotations, images)
    of_id = {image['id']: image for image in images}
    if image_root is not None:
        doubtful = dict.fromkeys(find_turned(annotations, boxes, frames))
        turn_sizes([of_id[number] for number in doubtful], image_root, findings)
        frames = frames_of(annotations, images) if doubtful else frames
    fill_flags(annotations, findings)
    fill_areas(annotations, boxes, of_id, findings)
    bad_boxes = _find_bad_boxes(annotations, boxes, frames, of_image)
    renumber(annotations, findings)
    repairs = findings.describe_repairs()
    return CocoFile(name, content, repairs, findings.faults, bad_boxes, root)


def _find_bad_boxes(
    annotations: list[dict], boxes: np.ndarray, frames: np.ndarray, of_image: dict
) -> dict[int, Fault]:
    found = {}
    for kind, bad in zip((BOX, OUTSIDE), find_bad_boxes(boxes, frames)):
        for index in np.flatnonzero(bad).tolist():
            what = f'bbox {annotations[index]["bbox"]!r}'
            if kind == OUTSIDE:
                what += f' lies outside the image of {_shown(frames[index])}'
            place = place_of(of_image, annotations[index])
            found[index] = Fault(kind, place, what)
    return found


def _checked_parts(content: object, name: str) -> dict:
    parts = content if isinstance(content, dict) else {}
    lacking = [
        part
        for part in ('images', 'annotations', 'categories')
        if not isinstance(parts.get(part), list)
    ]
    if lacking:
        raise ValueError(
            f'{name} is no COCO annotation file: the lists {lacking} are missing'
        )
    return parts


def _shown(frame: np.ndarray) -> str:
    width, height = frame.tolist()
    return f'{width:g} x {height:g} pixels'
