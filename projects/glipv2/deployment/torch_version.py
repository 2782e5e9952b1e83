"""The oldest torch that writes and reads exported files."""

import torch
from packaging.version import Version

MINIMUM = '2.9'  # of torch.export.export(prefer_deferred_runtime_asserts_over_guards)


def check_torch(purpose: str) -> None:
    """Refuse a torch that is too old for exported files.

    Args:
        purpose: What shall be done, such as 'exporting a model'.

    Raises:
        ImportError: If torch is older than ``MINIMUM``.
    """
    if Version(Version(torch.__version__).base_version) < Version(MINIMUM):
        raise ImportError(
            f'{purpose} needs torch {MINIMUM} or later, but {torch.__version__} is '
            f'installed; do it in an environment with the maintained fork of mmdet '
            '(docs/installation.md); checkpoints and ONNX files are the same there'
        )
