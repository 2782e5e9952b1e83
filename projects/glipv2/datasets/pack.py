"""Packing that never forgets a sample's text."""

from collections.abc import Sequence

from mmdet.datasets.transforms import PackDetInputs
from mmdet.registry import TRANSFORMS

TEXT_KEYS = (
    'text',
    'custom_entities',
    'tokens_positive',
    'caption_prompt',
    'dataset_mode',
    'num_dropped_boxes',
    'subsets',
    'task',
    'question_id',
    'question_type',
    'answer_type',
    'gt_answers',
    'gt_captions',
)
IMAGE_KEYS = (
    'img_id',
    'img_path',
    'ori_shape',
    'img_shape',
    'scale_factor',
    'flip',
    'flip_direction',
)


@TRANSFORMS.register_module()
class PackTextDetInputs(PackDetInputs):
    """mmdet's ``PackDetInputs`` that always carries the text keys.

    Args:
        meta_keys: Further keys of the sample to carry; the text keys that a sample
            has (and that are not None) come in addition.
    """

    def __init__(self, meta_keys: Sequence[str] = IMAGE_KEYS) -> None:
        super().__init__(meta_keys=tuple(dict.fromkeys((*meta_keys, *TEXT_KEYS))))

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results: The sample; ``text`` is needed.

        Returns:
            ``inputs`` (3, H, W) and ``data_samples`` (a ``DetDataSample``).

        Raises:
            KeyError: If the sample has no ``text``.
        """
        if results.get('text') is None:
            raise KeyError(
                f"the sample of {results.get('img_path')} has no 'text'; use a "
                'dataset that gives one, such as CocoTextDataset, or set '
                'return_classes=True'
            )
        present = {
            key: value
            for key, value in results.items()
            if key not in TEXT_KEYS or value is not None
        }
        return super().transform(present)
