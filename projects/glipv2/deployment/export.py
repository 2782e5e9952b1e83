"""Exporting a trained model with its text to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from mmengine.config import Config, ConfigDict

from ..engine.test_pipeline import steps_of
from ..models import GLIPv2
from .calibration import calibration_files, read_calibration
from .description import Description, describe, resize_of
from .fixed_text import encode_text
from .image_graph import ImageGraph
from .question_graph import QuestionGraph
from .torch_version import check_torch

# A format, and the ending of its files.
ENDINGS = dict(onnx='.onnx', torch='.pt2', aoti='.pt2', openvino='.xml')
FORMATS = tuple(ENDINGS)
ONNX_PACKAGES = ('onnx', 'onnxruntime', 'onnxscript')
PACKAGES = dict(onnx=ONNX_PACKAGES, openvino=(*ONNX_PACKAGES, 'openvino'))
TASKS = ('detection', 'vqa', 'caption')


@dataclass(frozen=True)
class ExportOptions:
    """How a file is written.

    Args:
        format: ``'onnx'``, ``'torch'`` (a torch.export program), ``'aoti'`` (one
            compiled by AOTInductor for this machine) or ``'openvino'``.
        size: (H, W) that the graph takes; None: any.
        preprocess: Whether the input is a uint8 image.
        postprocess: Whether boxes are selected.
        half: Whether the network computes in float16.
        int8: Whether an ONNX file's matrix products are quantised dynamically, or
            those and the convolutions of an OpenVINO file on images.
        calibration: A folder of images for OpenVINO's int8, read when the file is
            written.
    """

    format: str = 'onnx'
    size: tuple[int, int] | None = None
    preprocess: bool = True
    postprocess: bool = True
    half: bool = False
    int8: bool = False
    calibration: Path | None = None

    def check(self, task: str = 'detection') -> None:
        """Refuse options that exclude each other, and a format without its packages.

        Args:
            task: Of :data:`TASKS`.

        Raises:
            ValueError: If options do, or the folder has no image.
            ImportError: If torch is too old or a package is missing (names it).
            OSError: If there is no such folder, or no compiler for AOTInductor.
        """
        if self.format not in FORMATS:
            raise ValueError(f'the format must be one of {FORMATS}, not {self.format}')
        if self.int8 and self.format not in PACKAGES:
            raise ValueError('int8 is an option of the formats onnx and openvino only')
        if self.half and self.format == 'openvino':
            raise ValueError(
                'half is no option of the format openvino, which chooses its precision '
                'when it is read'
            )
        calibrates = self.calibration is not None
        if calibrates != (self.int8 and self.format == 'openvino'):
            raise ValueError(
                "the format openvino's int8 needs images to calibrate it, and nothing "
                'else does; give a folder of them as --calibrate'
            )
        if self.int8 and self.half:
            raise ValueError('half and int8 exclude each other; pass one of them')
        if calibrates and (task == 'vqa' or not self.preprocess):
            raise ValueError(
                'only the task detection with images of whole numbers (preprocess) is '
                'calibrated; leave out int8 and the folder'
            )
        if calibrates:
            calibration_files(self.calibration)
        check_torch('exporting a model')
        needed = list(PACKAGES.get(self.format, ()))
        if calibrates:
            needed.append('nncf')
        missing = ' '.join(name for name in needed if find_spec(name) is None)
        if missing:
            raise ImportError(
                f'the format {self.format} needs {missing}; run: pip install {missing}'
            )
        if self.format == 'aoti':
            from .torch_file import check_compiler

            check_compiler()


def check_export(config: Config, task: str, options: ExportOptions) -> None:
    """Refuse what cannot be exported, before a model is built.

    Args:
        config: Of the model.
        task: Of :data:`TASKS`.
        options: How the file is to be written.

    Raises:
        ValueError: If config, task, options or test pipeline are unusable.
        ImportError: If torch is too old, or the format lacks its packages.
        OSError: If a folder or AOTInductor's compiler is missing.
    """
    options.check(task)
    for key in ('model', 'test_dataloader'):
        if key not in config:
            raise ValueError(f'the config has no {key}')
    check_task(config.model, task, options.postprocess)
    resize_of(steps_of(config))


def check_task(model: GLIPv2 | ConfigDict, task: str, postprocess: bool = True) -> None:
    """Refuse tasks that cannot be exported.

    Args:
        model: The model, or its config.
        task: Of :data:`TASKS`.
        postprocess: Whether boxes are selected.

    Raises:
        ValueError: If the task cannot be exported, or the model lacks its head.
    """
    if task == 'caption':
        raise ValueError(
            'a caption_head cannot be exported: a caption is written word by word, '
            'each from the words before, which one graph does not hold. Export the '
            'task detection'
        )
    if task == 'vqa' and getattr(model, 'vqa_head', None) is None:
        raise ValueError('the model has no vqa_head; export the task detection')
    scores_later = task == 'detection' and not postprocess
    if scores_later and getattr(model, 'presence_head', None) is not None:
        raise ValueError(
            'raw outputs hold no answer of the presence_head, and without it scores '
            'would differ; export boxes, or set model.presence_head=None'
        )


def export_detector(
    model: GLIPv2,
    config: Config,
    path: Path,
    text: str | Sequence[str],
    options: ExportOptions,
    **text_keys: object,
) -> Description:
    """Write a detector with a text folded in.

    Args:
        model: A trained detector.
        config: Its config, for the test pipeline.
        path: The file.
        text: Names, ``'a . b .'`` or a sentence.
        options: How it is written.
        **text_keys: ``custom_entities`` and ``tokens_positive`` of a data sample.

    Raises:
        ValueError: If text, size or options are unusable.
        ImportError: If torch is too old, or the format lacks its packages.
        OSError: If AOTInductor's compiler or an image to calibrate with is missing.
    """
    options.check()
    check_task(model, 'detection', options.postprocess)
    from .suppression import suppress_in_onnx, suppress_in_torch

    model.eval()
    encoded = encode_text(model, text, **text_keys)
    description = describe(
        model,
        config,
        encoded,
        options.size,
        options.preprocess,
        options.postprocess,
        options.half,
    )
    graph = ImageGraph(
        model,
        encoded,
        suppress_in_onnx if options.format in PACKAGES else suppress_in_torch,
        options.preprocess,
        options.postprocess,
        options.half,
    )
    images = []
    if options.calibration is not None:
        images = read_calibration(options.calibration, config, options.size)
    _write(graph, description, path, options, images)
    return description


def export_vqa(
    model: GLIPv2, config: Config, path: Path, options: ExportOptions
) -> Description:
    """Write a detector's VQA head; the question is passed as token ids.

    Arguments as of :func:`export_detector`; ``postprocess`` is ignored.

    Raises:
        ValueError: If the model has no such head, or size or options are unusable.
        ImportError: If torch is too old, or the format lacks its packages.
        OSError: If AOTInductor's compiler is missing.
    """
    options.check('vqa')
    check_task(model, 'vqa')
    model.eval()
    description = describe(
        model, config, None, options.size, options.preprocess, half=options.half
    )
    graph = QuestionGraph(model, options.preprocess, options.half)
    _write(graph, description, path, options)
    return description


def _write(
    graph: ImageGraph | QuestionGraph,
    description: Description,
    path: Path,
    options: ExportOptions,
    images: Sequence[np.ndarray] = (),
) -> None:
    from .program import trace
    from .torch_file import write_compiled, write_torch

    program = trace(graph, description)
    if options.format == 'onnx':
        from .onnx_file import write_onnx

        write_onnx(program, description, path, options.int8)
    elif options.format == 'openvino':
        from .openvino_file import write_openvino

        write_openvino(program, description, path, images)
    elif options.format == 'torch':
        write_torch(program, description, path)
    else:
        write_compiled(program, description, path)
