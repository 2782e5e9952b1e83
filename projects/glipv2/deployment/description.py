"""Metadata of an exported file, as JSON in the file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mmengine.config import Config

from ..engine.test_pipeline import steps_of
from ..models import GLIPv2
from ..version import __version__
from .fixed_text import FixedText

KEY = 'glipv2'  # of an ONNX file's metadata, and the file's name in a .pt2
ROUNDING = {'Resize': 'nearest', 'FixScaleResize': 'down'}
BOX_OUTPUTS = ('bboxes', 'scores', 'labels')
LISTS = ('names', 'inputs', 'outputs')
RAW_OUTPUTS = ('logits', 'box_deltas', 'centerness')


@dataclass(frozen=True)
class Description:
    """All that is needed to run the file on its own.

    Args:
        names: The phrases; a label is an index into them.
        prompts: Texts that were encoded.
        preprocess: Whether the input is an image, (H, W, 3) uint8 RGB; otherwise
            (1, 3, H, W) float32, normalised by ``mean`` and ``std``.
        postprocess: Whether boxes come out; otherwise the head's raw output.
        size: (H, W) that the graph takes; None: any.
        min_size: Least height and width.
        resize: How the test pipeline resizes images before; None: it does not.
        channels: Order of the normalised channels, ``'rgb'`` or ``'bgr'``.
        mean: Per channel in that order.
        std: Likewise.
        mask_threshold: Where a mask begins; None without masks.
        half: Whether the network computes in float16.
        answers: Of a VQA file, which has no names; its scores are in their order.
        max_tokens: Most tokens of a question, special tokens included.
        version: Of glipv2.
    """

    names: tuple[str, ...]
    prompts: tuple[str, ...]
    preprocess: bool
    postprocess: bool
    size: tuple[int, int] | None
    min_size: int
    resize: dict | None
    channels: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    mask_threshold: float | None
    half: bool
    answers: tuple[str, ...] = ()
    max_tokens: int | None = None
    version: str = __version__

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the graph's inputs."""
        if self.answers:
            return ('image', 'tokens')
        return ('image', 'scale_factor') if self.postprocess else ('image',)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the graph's outputs."""
        if self.answers:
            return ('answer_scores',)
        if not self.postprocess:
            return RAW_OUTPUTS
        masks = () if self.mask_threshold is None else ('mask_probs',)
        return BOX_OUTPUTS + masks

    def as_dict(self) -> dict:
        """Convert all fields and the names of inputs and outputs to plain types."""
        return {**asdict(self), 'inputs': self.inputs, 'outputs': self.outputs}


KEYS = {*(field.name for field in fields(Description)), *LISTS}


def describe(
    model: GLIPv2,
    config: Config,
    text: FixedText | None,
    size: tuple[int, int] | None,
    preprocess: bool = True,
    postprocess: bool = True,
    half: bool = False,
) -> Description:
    """Describe a file before it is written; arguments as of :class:`Description`.

    Raises:
        ValueError: If the size is below the least, or the test pipeline resizes in a
            way that the metadata cannot express.
    """
    prepare = model.data_preprocessor
    # A coarsest level of a single row would be specialised by torch.
    stride = max(max(pair) for pair in model.bbox_head.prior_generator.strides)
    if size is not None and min(size) <= stride:
        raise ValueError(
            f'an image of {size[0]}x{size[1]} is too small for the coarsest stride; '
            f'both sides need at least {stride + 1} pixels'
        )
    masks = None
    if text is not None and model.mask_head is not None and postprocess:
        masks = model.mask_head.test_cfg.mask_thr_binary
    return Description(
        names=() if text is None else text.names,
        prompts=() if text is None else text.prompts,
        preprocess=preprocess,
        postprocess=postprocess,
        size=size,
        min_size=stride + 1,
        resize=resize_of(steps_of(config)),
        channels='rgb' if prepare._channel_conversion else 'bgr',
        mean=tuple(prepare.mean.flatten().tolist()),
        std=tuple(prepare.std.flatten().tolist()),
        mask_threshold=masks,
        half=half,
        answers=model.vqa_head.answers if text is None else (),
        max_tokens=model.text_encoder.max_tokens if text is None else None,
    )


def read_description(path: Path, content: str | bytes | None) -> dict:
    """Read the metadata of a file.

    Args:
        path: The file, for errors.
        content: JSON.

    Returns:
        As of :meth:`Description.as_dict`.

    Raises:
        ValueError: If it is not what :class:`Description` writes.
    """
    try:
        found = json.loads(content or '')
        if not found.keys() >= KEYS or not all(
            isinstance(found[key], list) for key in LISTS
        ):
            raise TypeError('a key is missing')
        int(found['min_size'])
        if found['size'] is not None:
            _, _ = map(int, found['size'])
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f'{path} was not written by tools/deployment/export.py'
        ) from error
    return found


def resize_of(pipeline: Sequence[Mapping]) -> dict | None:
    """Read how a test pipeline resizes images.

    Args:
        pipeline: Configs of its transforms.

    Returns:
        ``scale`` (width, height), ``keep_ratio``, ``backend`` (``'cv2'`` or
        ``'pillow'``) and ``rounding`` of the sides; None: it does not.

    Raises:
        ValueError: If it resizes with another transform than ``Resize`` and
            ``FixScaleResize`` or without a scale.
    """
    steps = [step for step in pipeline if 'Resize' in step['type']]
    if not steps:
        return None
    (step, *more) = steps
    if more or step['type'] not in ROUNDING or step.get('scale') is None:
        found = ', '.join(step['type'] for step in steps)
        raise ValueError(
            f'the test pipeline resizes with {found}; an exported file supports only '
            'one Resize or FixScaleResize with a scale'
        )
    return dict(
        scale=tuple(step['scale']),
        keep_ratio=step.get('keep_ratio', False),
        backend=step.get('backend', 'cv2'),
        rounding=ROUNDING[step['type']],
    )
