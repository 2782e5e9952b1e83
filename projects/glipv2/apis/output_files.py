"""What a call returns, draws and writes: drawn images and predictions as JSON."""

from dataclasses import dataclass
from pathlib import Path

import mmcv
import numpy as np
from mmdet.apis import DetInferencer
from mmdet.structures import DetDataSample
from mmengine import fileio

from .record import record_of


@dataclass(frozen=True)
class Outputs:
    """What a call wants of each image.

    Args:
        inferencer: Draws and converts.
        out_dir: Folder that gets ``vis`` and ``preds``; None: none.
        format: As of ``Record.to_dict``.
        return_vis: Whether drawn images are returned.
        show: Whether they are shown in a window.
        wait_time: How long, s.
        save_vis: Whether they are written.
        draw_pred: Whether boxes are drawn.
        pred_score_thr: Least score of a drawn box.
        return_datasamples: Whether predictions are ``DetDataSample``.
        print_result: Whether to print each prediction.
        save_pred: Whether predictions are written, with the image, task and text that
            they belong to.
    """

    inferencer: DetInferencer
    out_dir: Path | None
    format: str
    return_vis: bool
    show: bool
    wait_time: int
    save_vis: bool
    draw_pred: bool
    pred_score_thr: float
    return_datasamples: bool
    print_result: bool
    save_pred: bool

    @property
    def draws(self) -> bool:
        """Whether images are drawn at all."""
        return self.return_vis or self.show or self._saves_drawn

    @property
    def _saves_drawn(self) -> bool:
        return self.out_dir is not None and self.save_vis

    def of(
        self, image: np.ndarray | None, sample: DetDataSample | dict, name: str
    ) -> tuple[object, np.ndarray | None]:
        """Draw, write and convert a prediction.

        Args:
            image: (H, W, 3) BGR; None: it could not be read.
            sample: The prediction, or ``dict(error=...)``.
            name: Of the image's files.

        Returns:
            The prediction as wanted, and its drawing (H, W, 3) RGB if it is wanted and
            there is one.
        """
        drawn = None
        if self.draws:
            drawn = self.inferencer.visualize(
                image, sample, self.show, self.wait_time, self.draw_pred,
                self.pred_score_thr,
            )  # fmt: skip
        if drawn is not None and self._saves_drawn:
            mmcv.imwrite(drawn[..., ::-1], str(self.out_dir / 'vis' / name))
        prediction = self.inferencer.postprocess(
            sample, self.return_datasamples, self.format, self.print_result
        )
        if self.out_dir is not None and self.save_pred and not isinstance(sample, dict):
            file = self.out_dir / 'preds' / f'{Path(name).stem}.json'
            plain = self.format == 'mmdet' and not self.return_datasamples
            record = record_of(sample, found=prediction if plain else None)
            content = record.to_dict(self.format)
            fileio.dump(content, file, ensure_ascii=False, indent=1)
        return prediction, drawn if self.return_vis else None
