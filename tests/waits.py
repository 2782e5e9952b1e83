"""Counts the operations of a step at which the host waits for the device.

On a CPU nothing waits, but the operations are the same: those whose result the host
reads or whose size depends on the data, and those that make a tensor of host values.
"""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

# The host reads the result, or has to know how large it is.
READING = (
    '_local_scalar_dense', 'nonzero', 'masked_select', '_unique2', 'unique_dim',
    'unique_consecutive', 'unique_dim_consecutive', 'bincount', 'equal', 'histc',
    'repeat_interleave',
)  # fmt: skip
READING_METHODS = ('tolist', 'numpy', 'cpu')
BY_INDEX = ('index', 'index_put', 'index_put_', '_index_put_impl_')
# ``torch.tensor(numbers)`` and ``x.new_tensor(numbers)``: a copy to the device, which
# waits, unless ``send`` brings it there.
MADE = 'lift_fresh'
# What prepares texts and boxes on the host; its tensors belong there.
HOST_FILES = ('text/tokens.py', 'text/box_phrases.py', 'models/device/transfer.py')
HOST_FUNCTIONS = ('text_kinds_of',)
ASSIGNERS = ('get_targets', 'get_anchors')


class Waits(TorchDispatchMode):
    """Counts, while it is entered, the waits by the place in the code that causes them.

    Counts:
        ours: Results that the host reads, but for mmdet's assignment.
        mmdets: Those of mmdet's assignment of anchors to boxes.
        made: Tensors made of host values, but for mmdet's assignment.
        collectives: Calls that wait for other processes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ours: Counter[str] = Counter()
        self.mmdets: Counter[str] = Counter()
        self.made: Counter[str] = Counter()
        self.collectives: Counter[str] = Counter()
        self._methods = _Methods(self)

    def __enter__(self) -> 'Waits':
        self._methods.__enter__()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._methods.__exit__(*error)

    def __torch_dispatch__(
        self,
        func: Callable,
        types: tuple,
        args: tuple = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = func.overloadpacket.__name__
        if func.namespace == 'c10d':
            self.collectives[name] += 1
        elif name == MADE:
            self.count(name, self.made)
        elif name in READING or (name in BY_INDEX and _by_mask(args[1])):
            self.count(name, self.ours)
        return func(*args, **(kwargs or {}))

    def count(self, name: str, counter: Counter[str]) -> None:
        """Count a wait at the innermost place of mmdet's or our code.

        Args:
            name: Of the operation.
            counter: For it, unless it is mmdet's.
        """
        frame, place = sys._getframe(2), name
        while frame is not None:
            file, function = frame.f_code.co_filename, frame.f_code.co_name
            if file.endswith(HOST_FILES) or function in HOST_FUNCTIONS:
                return
            if place == name and ('/glipv2/' in file or '/mmdet/' in file):
                place = f'{"/".join(file.split("/")[-2:])}:{frame.f_lineno} {name}'
            if '/mmdet/' in file and function in ASSIGNERS:
                counter = self.mmdets
            frame = frame.f_back
        counter[place] += 1


class _Methods(TorchFunctionMode):
    """Counts what reaches no operator: a tensor's values read as a whole."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_function__(
        self,
        func: Callable,
        types: tuple,
        args: tuple = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if getattr(func, '__name__', '') in READING_METHODS:
            self.waits.count(func.__name__, self.waits.ours)
        return func(*args, **(kwargs or {}))


def _by_mask(indices: list[Tensor | None]) -> bool:
    return any(x is not None and x.dtype in (torch.bool, torch.uint8) for x in indices)
