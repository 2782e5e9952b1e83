"""Exported files on the GPU: the torch.export program moved there, and onnxruntime."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from torch import nn

from ...deployment import ExportedModel, ExportOptions, export_detector
from ..export_equality import image_of
from .amp_curves import CONFIG
from .equality import LARGEST, relative
from .random_models import NAMES, SIZES, build_model
from .settings import Findings, Settings

FORMATS = {'torch': '.pt2', 'onnx': '.onnx'}
PROVIDERS = {'cuda': 'CUDAExecutionProvider', 'cpu': 'CPUExecutionProvider'}


def check(settings: Settings) -> Findings:
    """Export a model, run the file on the GPU and compare with the file on the CPU.

    Returns:
        Largest relative differences of the outputs, by format; files without selection
        of boxes, whose ties could change places.
    """
    size = 'tiny' if settings.self_test else 'quickstart'
    config, shape = Config.fromfile(CONFIG), SIZES[size][1]
    model, image = build_model(size, 'boxes').eval(), image_of(shape)
    formats = FORMATS
    if settings.self_test:  # ONNX on the CPU has tests of its own
        formats = dict(torch=FORMATS['torch'])
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, ending in formats.items():
            options = ExportOptions(format=name, size=shape, postprocess=False)
            path = Path(folder) / f'model{ending}'
            try:
                options.check()
                write = dict(custom_entities=True)
                export_detector(model, config, path, NAMES, options, **write)
                found = run_on_device(path, image, settings.device)
            except (ImportError, OSError) as error:
                notes.append(f'{name}: not run: {error}')
                continue
            rows.append(
                compare(name, found, ExportedModel(path, trust_code=True)(image))
            )
    return Findings(
        rows, bool(rows) and all(x['apart'] <= LARGEST for x in rows), notes
    )


def compare(
    name: str, found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> dict[str, object]:
    """Compare outputs; a row of the table."""
    apart = max(
        relative(torch.from_numpy(found[key]), torch.from_numpy(x))
        for key, x in expected.items()
    )
    return dict(format=name, outputs=len(expected), apart=apart)


def run_on_device(path: Path, image: np.ndarray, device: str) -> dict[str, np.ndarray]:
    """Run a file on a device.

    Args:
        path: The file, of one prompt and one size.
        image: (H, W, 3) uint8 RGB.
        device: Where it runs.

    Raises:
        ImportError: If torch cannot move a program, or onnxruntime knows no GPU.
    """
    description = ExportedModel(path, trust_code=True).description
    if path.suffix == '.onnx':
        found = run_onnx(path, image, device, description)
    else:
        found = run_torch(path, image, device)
    return dict(zip(description['outputs'], found, strict=True))


def run_torch(path: Path, image: np.ndarray, device: str) -> list[np.ndarray]:
    """Run a torch.export program; arguments as :func:`run_on_device`."""
    from torch.export.passes import move_to_device_pass  # torch 2.6 and later

    module: nn.Module = move_to_device_pass(torch.export.load(path), device).module()
    with torch.no_grad():
        found = module(torch.from_numpy(image).to(device))
    found = found if isinstance(found, (tuple, list)) else [found]
    return [x.cpu().numpy() for x in found]


def run_onnx(
    path: Path, image: np.ndarray, device: str, description: Mapping
) -> list[np.ndarray]:
    """Run an ONNX file; arguments as :func:`run_on_device`, and the metadata."""
    import onnxruntime

    provider = PROVIDERS[torch.device(device).type]
    if provider not in onnxruntime.get_available_providers():
        raise ImportError(f'onnxruntime has no {provider}; install onnxruntime-gpu')
    session = onnxruntime.InferenceSession(path, providers=[provider])
    return session.run(None, {description['inputs'][0]: image})
