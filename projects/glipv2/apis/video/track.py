"""Numbers that objects keep through a video, by ByteTrack."""

import numpy as np
import torch
from mmdet.structures import DetDataSample

# Our choice: an object gets its number when it is seen again, in the second frame.
SEEN_AGAIN = 1


class Tracker:
    """Follow boxes by ByteTrack of ``trackers``.

    Args:
        fps: Frames per second of the video.
        score_thr: Least score of a new object; worse boxes only continue one.

    Raises:
        ImportError: If ``trackers`` is missing.
    """

    def __init__(self, fps: float, score_thr: float) -> None:
        try:
            from supervision import Detections
            from trackers import ByteTrackTracker
        except ImportError as error:
            raise ImportError(
                'following objects needs a package: pip install trackers'
            ) from error
        self.detections = Detections
        self.tracker = ByteTrackTracker(
            frame_rate=fps,
            track_activation_threshold=score_thr,
            high_conf_det_threshold=score_thr,
            minimum_consecutive_frames=SEEN_AGAIN,
        )

    def follow(self, sample: DetDataSample, seconds: float) -> None:
        """Give the boxes of a frame their ``track_ids``, -1 for none, in place.

        Args:
            sample: A prediction; one without boxes stays as it is.
            seconds: Time of the frame.
        """
        if 'pred_instances' not in sample:
            return
        found = sample.pred_instances
        boxes = self.detections(
            xyxy=found.bboxes.numpy().astype(np.float64).reshape(-1, 4),
            confidence=found.scores.numpy().astype(np.float64),
            data=dict(row=np.arange(len(found))),
        )
        followed = self.tracker.update(boxes, timestamp=seconds)
        ids = np.full(len(found), -1)
        if len(found):
            ids[followed.data['row']] = followed.tracker_id
        ids[ids >= 0] += 1  # from 1 on
        found.track_ids = torch.from_numpy(ids)
