"""Forms of labels: one function each, which goes through the images.

Each takes the images, the names in order, and the job, and writes below ``job.out``.
Every image is gone through as often as a format needs; none holds all in memory.
"""

from collections.abc import Callable

from ..job import LabelJob
from ..labelled import Images
from .coco import write_coco
from .cvat import write_cvat
from .labelstudio import write_labelstudio
from .odvg import write_odvg
from .voc import write_voc
from .yolo import write_yolo

Writer = Callable[[Images, list[str], LabelJob], None]
WRITERS: dict[str, Writer] = dict(
    coco=write_coco,
    yolo=write_yolo,
    voc=write_voc,
    labelstudio=write_labelstudio,
    cvat=write_cvat,
    odvg=write_odvg,
)
