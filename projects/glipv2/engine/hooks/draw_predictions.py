"""Predictions drawn during a test, each in a file of its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmdet.engine.hooks import DetVisualizationHook
from mmdet.registry import HOOKS
from mmdet.structures import DetDataSample
from mmengine.runner import Runner
from torch.utils.data import Dataset

from ...datasets.transforms.load_image import LoadImage
from ..leaf_datasets import leaf_datasets
from ..unique_names import unique_names


@HOOKS.register_module()
class DrawPredictions(DetVisualizationHook):
    """mmdet's ``DetVisualizationHook``, for images of any form and of several folders.

    mmdet's overwrites images of the same name, and reads them its own way.

    Args:
        **kwargs: As for mmdet's hook.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self._names: dict[str, str] = {}

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict,
        outputs: Sequence[DetDataSample],
    ) -> None:
        """Draw the first image of a batch, every ``interval`` steps."""
        step = runner.iter + batch_idx
        if self.draw and step % self.interval == 0:
            self._draw('val_img', outputs[0], None, step)

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict,
        outputs: Sequence[DetDataSample],
    ) -> None:
        """Draw all images of a batch; files go to ``test_out_dir`` of the run."""
        if not self.draw:
            return
        folder = None
        if self.test_out_dir is not None:
            folder = Path(runner.work_dir, runner.timestamp, self.test_out_dir)
            if not self._names:
                paths = image_paths(runner.test_dataloader.dataset)
                self._names = dict(zip(paths, unique_names(paths)))
        for sample in outputs:
            self._test_index += 1
            out_file = None
            if folder is not None:
                path = sample.img_path
                out_file = str(folder / self._names.get(path, Path(path).name))
            self._draw('test_img', sample, out_file, self._test_index)

    def _draw(
        self, name: str, sample: DetDataSample, out_file: str | None, step: int
    ) -> None:
        path = sample.img_path
        image = LoadImage(backend_args=self.backend_args).read(path)
        self._visualizer.add_datasample(
            Path(path).name if self.show else name,
            np.ascontiguousarray(image[..., ::-1]),
            data_sample=sample,
            show=self.show,
            wait_time=self.wait_time,
            pred_score_thr=self.score_thr,
            out_file=out_file,
            step=step,
        )


def image_paths(dataset: Dataset) -> list[str]:
    """List the images of a data set, each once.

    Args:
        dataset: A data set, or several in one.

    Returns:
        Their files, in order, the same in every process.
    """
    return list(
        dict.fromkeys(
            leaf.get_data_info(index)['img_path']
            for leaf in leaf_datasets(dataset)
            for index in range(len(leaf))
        )
    )
