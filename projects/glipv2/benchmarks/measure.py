"""Time in turns, peak memory in a process of its own, and where time goes."""

import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn
from torch.utils.flop_counter import FlopCounterMode

KILOBYTES_PER_MEGABYTE = 1024
REST = 'rest'  # what is in none of the parts


def time_in_turns(runs: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Time calls in turns, so that other load of the machine affects all of them.

    Args:
        runs: What to time; each is called once before.
        repeats: Timed calls of each.
    """
    for run in runs:
        run()
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for index, run in enumerate(runs):
            start = time.perf_counter()
            run()
            seconds[index].append(time.perf_counter() - start)
    return [statistics.median(each) for each in seconds]


def peak_of_child(arguments: Sequence[str]) -> float:
    """Run this script again in a child process that prints its peak memory.

    Args:
        arguments: Of the child; it ends by printing :func:`own_peak`.
    """
    command = [sys.executable, sys.argv[0], *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def own_peak() -> float:
    """Read the peak memory of this process."""
    # getrusage would count what the parent held when it started this process.
    status = Path('/proc/self/status').read_text()
    kilobytes = float(re.search(r'VmHWM:\s+(\d+)', status).group(1))
    return kilobytes / KILOBYTES_PER_MEGABYTE


def split_time(
    model: nn.Module, parts: Mapping[str, str], run: Callable[[], object]
) -> dict[str, float]:
    """Time one run by parts of the model.

    Args:
        model: The model.
        parts: Name of a part by the class of its module, as ``module_class``.
        run: One run.

    Returns:
        Seconds by part; ``rest`` is what lies in none of them.
    """
    seconds: dict[str, float] = defaultdict(float)
    start_of: dict[str, float] = {}
    handles = []

    def begin(module: nn.Module, _: object) -> None:
        start_of[parts[type(module).__name__]] = time.perf_counter()

    def end(module: nn.Module, *_: object) -> None:
        part = parts[type(module).__name__]
        seconds[part] += time.perf_counter() - start_of[part]

    for _, module in _outermost(model, parts):
        handles.append(module.register_forward_pre_hook(begin))
        handles.append(module.register_forward_hook(end))
    start = time.perf_counter()
    run()
    whole = time.perf_counter() - start
    for handle in handles:
        handle.remove()
    return {**seconds, REST: whole - sum(seconds.values())}


def count_operations(
    model: nn.Module, parts: Mapping[str, str], run: Callable[[], object]
) -> dict[str, float]:
    """Count the floating-point operations of matrix products and convolutions.

    Args:
        model: The model.
        parts: As for :func:`split_time`.
        run: One run.

    Returns:
        1e9 operations by part (a multiplication and an addition are two).
    """
    counter = FlopCounterMode(display=False, depth=None)
    with counter:
        run()
    counts = counter.get_flop_counts()
    root = type(model).__name__
    operations: dict[str, float] = defaultdict(float)
    for name, module in _outermost(model, parts):
        count = sum(counts.get(f'{root}.{name}', {}).values())
        operations[parts[type(module).__name__]] += count / 1e9
    whole = sum(counts['Global'].values()) / 1e9
    return {**operations, REST: whole - sum(operations.values())}


def _outermost(
    model: nn.Module, parts: Mapping[str, str]
) -> list[tuple[str, nn.Module]]:
    """Find the modules of all parts that lie in no other part."""
    found: list[tuple[str, nn.Module]] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f'{outer}.') for outer, _ in found)
        if type(module).__name__ in parts and not inside:
            found.append((name, module))
    return found
