"""Indexing by one index is one Gather, and gives what torch gives."""

import pytest
import torch
from torch import Tensor, nn

from glipv2.deployment.onnx_file import OPSET, TRANSLATIONS


class Indexed(nn.Module):
    """Reads by an index in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        return {
            'rows': lambda: x[index[0]],
            'pairs of columns': lambda: x[:, index],
            'from the end': lambda: x[:, :, -index[1]],
            'both': lambda: x[index[0], index[1]],
            'mask': lambda: x[x[:, 0, 0] > 0],
        }[self.way]()


@pytest.mark.parametrize(
    'way, kind',
    [
        ('rows', 'Gather'),
        ('pairs of columns', 'Gather'),
        ('from the end', 'Gather'),
        ('both', 'GatherND'),
        ('mask', 'GatherND'),
    ],
)
def test_an_index_reads_what_torch_reads(way: str, kind: str) -> None:
    inputs = torch.randn(4, 5, 6), torch.tensor([[0, 3, 1], [2, 2, 3]])
    module = Indexed(way)
    written = torch.onnx.export(
        module, inputs, dynamo=True, opset_version=OPSET, verbose=False,
        custom_translation_table=TRANSLATIONS,
    )  # fmt: skip
    nodes = [node.op_type for node in written.model.graph]
    assert kind in nodes and ('GatherND' in nodes) is (kind == 'GatherND')
    (found,) = written(*inputs)
    torch.testing.assert_close(found, module(*inputs))
