"""mmdet's resizing, which rounds the short side of a very long image to nothing."""

import mmcv
from mmdet.datasets.transforms import FixScaleResize as MMDetFixScaleResize
from mmdet.datasets.transforms import Resize as MMDetResize
from mmdet.registry import TRANSFORMS


class KeepSides:
    """Gives every side at least one pixel; other images are resized as before."""

    def _resize_img(self, results: dict) -> None:
        (height, width), scale = results['img'].shape[:2], results['scale']
        factor = min(max(scale) / max(height, width), min(scale) / min(height, width))
        if not self.keep_ratio or factor * min(height, width) >= 1:
            super()._resize_img(results)
            return
        results['img'], *factors = mmcv.imresize(
            results['img'],
            (max(1, round(width * factor)), max(1, round(height * factor))),
            return_scale=True,
            interpolation=self.interpolation,
            backend=self.backend,
        )
        results['img_shape'] = results['img'].shape[:2]
        results['scale_factor'] = tuple(factors)
        results['keep_ratio'] = True

    def _resize_masks(self, results: dict) -> None:
        if results.get('gt_masks') is None:
            return
        if 1 in results['img_shape']:
            results['gt_masks'] = results['gt_masks'].resize(results['img_shape'])
        else:
            super()._resize_masks(results)


# In mmdet's place, under its names: configs, also those within checkpoints, name them,
# and RandomChoiceResize builds them by name.
@TRANSFORMS.register_module(force=True)
class Resize(KeepSides, MMDetResize):
    """mmdet's ``Resize`` for images of any shape."""


@TRANSFORMS.register_module(force=True)
class FixScaleResize(KeepSides, MMDetFixScaleResize):
    """mmdet's ``FixScaleResize`` for images of any shape."""
