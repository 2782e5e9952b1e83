"""Writing a program as an OpenVINO model: NAME.xml, and its weights as NAME.bin."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from torch.export import ExportedProgram

from .description import KEY, Description
from .onnx_file import write_onnx
from .signal_stack import kept_signal_stack


def write_openvino(
    program: ExportedProgram,
    description: Description,
    path: Path,
    calibration: Sequence[np.ndarray] = (),
) -> None:
    """Write an OpenVINO model, by way of ONNX.

    Args:
        program: Of ``trace``.
        description: Goes into the file, as ``glipv2``.
        path: The file, ``.xml``; ``.bin`` is written beside it.
        calibration: Images (H, W, 3) uint8 RGB as the file will take them. With any,
            NNCF quantises convolutions and matrix products to int8, with the ranges
            that their inputs have on these images.
    """
    import openvino

    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that what is finished is moved in a moment.
    with TemporaryDirectory(dir=path.parent) as folder:
        source, target = Path(folder) / 'model.onnx', Path(folder) / path.name
        write_onnx(program, description, source)
        model = openvino.Core().read_model(source)
        if calibration:
            with kept_signal_stack():
                model = _quantise(model, description, calibration)
        content = json.dumps(description.as_dict(), ensure_ascii=False)
        model.set_rt_info(content, KEY)
        openvino.save_model(model, target, compress_to_fp16=False)
        for part in (target.with_suffix('.bin'), target):
            os.replace(part, path.with_name(part.name))


def _quantise(model, description: Description, images: Sequence[np.ndarray]):
    import nncf

    known = dict(scale_factor=np.ones(2, np.float32))
    inputs = [
        {name: image if name == 'image' else known[name] for name in description.inputs}
        for image in images
    ]
    return nncf.quantize(
        model,
        nncf.Dataset(inputs),
        subset_size=len(inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            # It takes constants of the logits for a layer's biases, and fails at them.
            disable_bias_correction=True,
            # Moves ranges from inputs to weights, and fails at those that the graph
            # itself reshapes, such as BiAttention's, with a matrix for each head.
            smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=-1),
        ),
    )
