"""Labels as samples of FiftyOne (``pip install fiftyone``)."""

from collections.abc import Iterator

import fiftyone
from pycocotools import mask as rle

from .job import LabelJob, Wanted
from .labelled import labelled


def fiftyone_samples(
    job: LabelJob, wanted: Wanted, name: str = 'labels'
) -> Iterator[fiftyone.Sample]:
    """Make samples, for ``fiftyone.Dataset().add_samples(...)``.

    Args:
        job: A job that is complete.
        wanted: Filters, and the share of ``val``.
        name: Of the field with the boxes.

    Yields:
        A sample for each image that stays: its boxes with masks and scores, and its
        split as a tag.
    """
    for image in labelled(job, wanted):
        found = []
        for each in image.objects:
            left, top, right, bottom = each['box']
            place = (left, top, right - left, bottom - top)
            sides = (image.width, image.height) * 2
            detection = fiftyone.Detection(
                label=each['name'],
                bounding_box=[x / side for x, side in zip(place, sides)],
                confidence=each['score'],
            )
            if 'mask' in each:  # FiftyOne keeps what is inside the box
                rows = slice(int(top), max(round(bottom), int(top) + 1))
                columns = slice(int(left), max(round(right), int(left) + 1))
                detection.mask = rle.decode(each['mask'])[rows, columns].astype(bool)
            found.append(detection)
        sample = fiftyone.Sample(
            str((job.folder / image.file_name).resolve()), tags=[image.split]
        )
        sample[name] = fiftyone.Detections(detections=found)
        yield sample
