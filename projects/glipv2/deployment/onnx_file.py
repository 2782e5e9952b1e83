"""Writing a program as an ONNX file; its weights in float32, float16 or int8."""

import json
import logging
import tempfile
from pathlib import Path

import onnx
import onnx_ir
import torch
from onnx_ir.passes import common
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxscript import opset18 as op
from onnxscript import optimizer
from onnxscript.function_libs.torch_lib.ops.core import aten_index
from torch.export import ExportedProgram

from . import suppression  # noqa: F401 (registers torch.ops.glipv2.suppress)
from .box_selection import NO_BOX
from .description import KEY, Description

OPSET = 18
PRODUCTS = ('MatMul', 'Gemm')  # what int8 applies to


def write_onnx(
    program: ExportedProgram, description: Description, path: Path, int8: bool = False
) -> None:
    """Write an ONNX file and check it.

    Args:
        program: Of ``trace``.
        description: Goes into the file's metadata.
        path: The file.
        int8: Whether weights of matrix products are stored in eight bits and their
            inputs rounded when the file runs (dynamic quantisation). Convolutions stay
            as they are: onnxruntime's CPU kernels for them are slower so.
    """
    for name in ('onnxscript', 'torch.onnx'):  # details of their passes
        logging.getLogger(name).setLevel(logging.ERROR)
    written = torch.onnx.export(
        program,
        dynamo=True,
        opset_version=OPSET,
        input_names=description.inputs,
        output_names=description.outputs,
        custom_translation_table=TRANSLATIONS,
        optimize=False,  # its search for patterns is quadratic in a graph's operators
        verbose=False,
    )
    _simplify(written.model)
    model = written.model_proto
    if int8:
        model = _quantise(model)
    # Dynamic sizes get plain names; intermediate values still use the old ones.
    del model.graph.value_info[:]
    for value in (*model.graph.input, *model.graph.output):
        _name_dynamic_sizes(value)
    onnx.helper.set_model_props(
        model, {KEY: json.dumps(description.as_dict(), ensure_ascii=False)}
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _simplify(model: onnx_ir.Model) -> None:
    """Fold constants and eliminate common subexpressions."""
    optimizer.inline(model)
    optimizer.fold_constants(model)
    common.CommonSubexpressionEliminationPass()(model)
    optimizer.remove_unused_nodes(model)


def _suppress(boxes, scores, iou_threshold: float, most: int):
    """Translate ``suppress_in_onnx``; onnxscript has no types for its values."""
    selected = op.NonMaxSuppression(
        op.Unsqueeze(boxes, op.Constant(value_ints=[0])),
        op.Unsqueeze(scores, op.Constant(value_ints=[0, 1])),
        op.Constant(value_ints=[most]),
        op.Constant(value_floats=[iou_threshold]),
        op.Constant(value_floats=[NO_BOX / 2]),
    )  # (n, 3): image, class, box
    return op.Gather(selected, op.Constant(value_int=2), axis=1)


def _index(values, indices):
    """Translate ``values[:, index]`` to Gather.

    onnxscript makes GatherND of it, with which onnxruntime takes a tenth longer for
    GLIP-T: its deformable convolution reads points by their index.
    """
    given = [(axis, x) for axis, x in enumerate(indices) if x is not None]
    if len(given) > 1 or given[0][1].dtype == onnx_ir.DataType.BOOL:
        return aten_index(values, indices)
    axis, index = given[0]
    return op.Gather(values, index, axis=axis)


TRANSLATIONS = {
    torch.ops.glipv2.suppress.default: _suppress,
    torch.ops.aten.index.Tensor: _index,
}


def _name_dynamic_sizes(value: onnx.ValueInfoProto) -> None:
    sizes = [x for x in value.type.tensor_type.shape.dim if not x.HasField('dim_value')]
    known = dict(image=('height', 'width'), tokens=('tokens',))
    names = known.get(value.name, ('n', 'm', 'k'))
    for size, name in zip(sizes, names):
        size.dim_param = name


def _quantise(model: onnx.ModelProto) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / 'float.onnx', Path(folder) / 'int8.onnx'
        onnx.save(model, source)
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=list(PRODUCTS),
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)
