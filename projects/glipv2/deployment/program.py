"""A graph traced for one size of image, or for any."""

import warnings

import torch
from torch.export import Dim, ExportedProgram, export

from .description import Description
from .image_graph import ImageGraph
from .question_graph import QuestionGraph

LARGEST = 1 << 14  # side of an image, pixels
SAMPLE_TOKENS = 11


def trace(
    graph: ImageGraph | QuestionGraph, description: Description
) -> ExportedProgram:
    """Trace a graph.

    Args:
        graph: The graph.
        description: Its inputs and sizes.

    Returns:
        The program; with dynamic sizes for sides of at least ``min_size``.
    """
    # Dynamic sizes: no two sizes derived from these sides may be equal.
    height, width = description.size or (
        4 * description.min_size + 22,
        7 * description.min_size - 11,
    )
    if description.preprocess:
        image, sides = torch.zeros(height, width, 3, dtype=torch.uint8), (0, 1)
    else:
        image, sides = torch.zeros(1, 3, height, width), (2, 3)
    inputs: tuple = (image,)
    shapes: tuple = (None,)
    if description.size is None:
        names = ('height', 'width')
        dims = [Dim(x, min=description.min_size, max=LARGEST) for x in names]
        shapes = (dict(zip(sides, dims)),)
    if 'tokens' in description.inputs:
        tokens = torch.arange(1, SAMPLE_TOKENS + 1)
        free = {0: Dim('tokens', min=2, max=description.max_tokens)}
        inputs, shapes = (*inputs, tokens), (*shapes, free)
    if 'scale_factor' in description.inputs:
        inputs, shapes = (*inputs, torch.ones(2)), (*shapes, None)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # torch's, about its internals
        return export(
            graph.eval(),
            inputs,
            dynamic_shapes=shapes,
            strict=False,
            # Sides are rounded up to strides: torch's constraints are checked when
            # the program runs.
            prefer_deferred_runtime_asserts_over_guards=True,
        )
