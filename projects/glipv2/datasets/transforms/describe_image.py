"""DescribeImage: ask for a caption with boxes, and keep what the image shows."""

from mmcv.transforms import BaseTransform
from mmdet.registry import TRANSFORMS

from .ask_names import TRUTH_KEYS


@TRANSFORMS.register_module()
class DescribeImage(BaseTransform):
    """Turns a sample of boxes into one to describe, for ``GroundedCaptionMetric``.

    It stands before the packing in the test pipeline of a ``CocoTextDataset``.
    """

    def transform(self, results: dict) -> dict:
        """Ask for a caption.

        Args:
            results: The sample with ``text`` (names by label) and ``instances``.

        Returns:
            The sample with the task ``grounded_caption``, no text, and ``shown``: per
            object its ``name`` and ``box`` (xyxy, pixels of the original image).
            Crowds count, because a caption that mentions one is right.

        Raises:
            ValueError: If the sample has no class list.
        """
        names = results.get('text')
        if not isinstance(names, (list, tuple)):
            raise ValueError(
                f'{results.get("img_path")}: DescribeImage needs a class list as text, '
                f'not {names!r}'
            )
        results['shown'] = tuple(
            dict(name=names[each['bbox_label']], box=list(each['bbox']))
            for each in results.get('instances', ())
        )
        results['text'], results['task'] = '', 'grounded_caption'
        results.pop('custom_entities', None)
        for key in TRUTH_KEYS:
            results.pop(key, None)
        return results
