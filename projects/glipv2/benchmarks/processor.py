"""The processor that a figure was measured on."""

import platform
from pathlib import Path

import torch


def processor() -> str:
    """Name the processor."""
    info = Path('/proc/cpuinfo')
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.processor() or platform.machine()


def describe_threads() -> str:
    """Name threads, processor and torch, for the line below a table."""
    threads = torch.get_num_threads()
    return f'{threads} threads of {processor()}, torch {torch.__version__}'
