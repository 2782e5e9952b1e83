"""Packing samples with their text."""

from collections.abc import Sequence

from mmdet.datasets.transforms import PackDetInputs
from mmdet.registry import TRANSFORMS
from mmdet.structures import DetDataSample

from ...text.box_phrases import check_boxes
from ...text.sample_text import prompt_of
from ...text.tasks import sort_samples

TEXT_KEYS = (
    'text',
    'asked',
    'shown',
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
    'examples',
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
    """mmdet's ``PackDetInputs``, which also packs the text keys.

    Boxes of training have ``label_names``, the phrases that they belong to; mmdet's
    visualiser writes them instead of the data set's class of that number.

    Args:
        meta_keys: Keys of the sample to pack besides its text keys.
        as_sentence: Whether a list of names becomes the sentence that the text encoder
            reads, with ``tokens_positive`` and ``dataset_mode``; mmdet's
            ``browse_grounding_dataset.py`` needs them.
    """

    def __init__(
        self, meta_keys: Sequence[str] = IMAGE_KEYS, as_sentence: bool = False
    ) -> None:
        super().__init__(meta_keys=tuple(dict.fromkeys((*meta_keys, *TEXT_KEYS))))
        self.as_sentence = as_sentence

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results: The sample; ``text`` is needed.

        Returns:
            ``inputs`` (3, H, W) and ``data_samples`` (a ``DetDataSample``).

        Raises:
            KeyError: If the sample has no ``text``.
            ValueError: If a box or its label is unusable (names the image and the
                box). It is checked here, in the data loader's workers, because the
                detector would have to synchronise the device.
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
        packed = super().transform(present)
        _name_boxes(packed['data_samples'])
        if self.as_sentence:
            _make_sentence(packed['data_samples'])
        return packed


def _name_boxes(sample: DetDataSample) -> None:
    """Name the boxes by the text; refuse those that nothing can be learnt from."""
    has_boxes = 'labels' in sample.gt_instances and len(sample.gt_instances)
    if not has_boxes or not sort_samples([sample]).boxes:
        return
    try:
        prompt = prompt_of(sample)
    except ValueError:
        return  # the detector refuses such a text, in training and in tests
    check_boxes(sample, prompt)
    labels = sample.gt_instances.labels.tolist()
    sample.gt_instances.label_names = [prompt.phrases[label] for label in labels]


def _make_sentence(sample: DetDataSample) -> None:
    prompt = prompt_of(sample)
    sample.set_metainfo(
        dict(
            text=prompt.text,
            custom_entities=False,
            tokens_positive=dict(enumerate(prompt.tokens_positive)),
            dataset_mode='OD' if prompt.is_class_list else 'VG',
        )
    )
