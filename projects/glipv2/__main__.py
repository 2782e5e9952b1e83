"""``python -m glipv2``: prints the versions, operators and device in use."""

import platform

import torch
from mmcv.ops import get_compiler_version, get_compiling_cuda_version

from .environment import check_environment
from .version import __version__


def describe_operators() -> str:
    """Describe mmcv's compiled operators.

    Returns:
        The compilers they were built with; a warning when a GPU is there that they
        cannot use.
    """
    cuda = get_compiling_cuda_version()
    text = f'compiled with {get_compiler_version()}, CUDA {cuda}'
    if torch.cuda.is_available() and cuda == 'not available':
        text += ': they do not run on the GPU of this machine'
    return text


def describe_device() -> str:
    """Describe the device that models run on.

    Returns:
        Name of the GPU, or the number of threads on the CPU.
    """
    if torch.cuda.is_available():
        return f'{torch.cuda.get_device_name()} (CUDA {torch.version.cuda})'
    return f'CPU, {torch.get_num_threads()} threads'


def describe_all() -> str:
    """Describe packages, operators and device, one line each."""
    rows = [('glipv2', __version__), ('python', platform.python_version())]
    rows += check_environment().items()
    rows += [('operators', describe_operators())]
    rows += [('device', describe_device())]
    width = max(len(name) for name, _ in rows)
    return '\n'.join(f'{name:<{width}}  {text}' for name, text in rows)


def main() -> None:
    """Print the description."""
    print(describe_all())


if __name__ == '__main__':
    main()
