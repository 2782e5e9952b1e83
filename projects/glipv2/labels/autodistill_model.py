"""A base model of autodistill (``pip install autodistill``)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from autodistill.detection import CaptionOntology, DetectionBaseModel
from pycocotools import mask as rle
from supervision import Detections

from ..apis.defaults import MODEL, SCORE
from ..apis.inferencer import GLIPv2Inferencer


@dataclass
class GLIPv2Base(DetectionBaseModel):
    """Labels images for autodistill's target models.

    ``label(folder)`` is autodistill's: it writes a data set in Ultralytics' layout.

    Args:
        ontology: What is searched for, and the class of each.
        model: Name, config or file of weights.
        score: Least score of a box.
        device: Such as ``'cpu'``; None: a GPU if there is one.
    """

    ontology: CaptionOntology
    model: str = MODEL
    score: float = SCORE
    device: str | None = None
    inferencer: GLIPv2Inferencer = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.inferencer = GLIPv2Inferencer(
            self.model, device=self.device, show_progress=False
        )

    def predict(self, input: Any) -> Detections:
        """Find the prompts of the ontology.

        Args:
            input: A path, array (H, W, 3) uint8 BGR or PIL image.

        Returns:
            Boxes (xyxy, px), masks if the model has them, and numbers of classes.

        Raises:
            ValueError: If the image cannot be read.
        """
        (found,) = self.inferencer(
            input, texts=tuple(self.ontology.prompts()), task='detection',
            score_thr=self.score,
        )['predictions']  # fmt: skip
        if 'error' in found:
            raise ValueError(found['error'])
        if not found['scores']:
            return Detections.empty()
        masks = found.get('masks')
        return Detections(
            xyxy=np.array(found['bboxes'], float),
            confidence=np.array(found['scores']),
            class_id=np.array(found['labels']),
            mask=masks and np.array([rle.decode(each) for each in masks], bool),
        )
