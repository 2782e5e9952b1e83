"""AP of the weights in the package: as a model, and as exported files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmdet.registry import DATASETS
from mmengine.config import Config
from torch import nn

from ..apis import init_model
from ..deployment import ExportedModel, ExportOptions, export_detector
from ..deployment.export import ENDINGS
from ..quickstart.detection import CONFIG
from .export_accuracy import Detector, detector_of_file, detector_of_model, evaluate
from .shipped_weights import emoji_scenes, test_config

# How a file is written, and the precision that it is read in.
FORMS = {
    'ONNX': (ExportOptions('onnx'), 'fp32'),
    'ONNX, `--half`': (ExportOptions('onnx', half=True), 'fp32'),
    'ONNX, `--int8`': (ExportOptions('onnx', int8=True), 'fp32'),
    'OpenVINO': (ExportOptions('openvino'), 'fp32'),
    'OpenVINO, bfloat16': (ExportOptions('openvino'), 'bf16'),
    'OpenVINO, `--int8`': (ExportOptions('openvino', int8=True), 'auto'),
    'torch program': (ExportOptions('torch'), 'fp32'),
}
CALIBRATION = 100  # images of OpenVINO's int8, none of which is tested on
DECIMALS = 3  # COCO's AP
MEGABYTE = 1e6


def measure(weights: str, images: int) -> list[dict[str, object]]:
    """Test weights and the files exported from them on the first images of ``val``.

    Args:
        weights: A name or a file.
        images: How many images are made; always the same.

    Returns:
        A row for each.
    """
    with emoji_scenes(images, CALIBRATION) as data:
        config = test_config(CONFIG, weights, data)
        annotations = data / 'annotations' / 'instances_val.json'
        config.test_evaluator.ann_file = str(annotations)
        model = init_model(config, weights)  # and registers the parts of the data
        dataset = DATASETS.build(config.test_dataloader.dataset)
        names = list(dataset.metainfo['classes'])
        rows = []
        for name, size, detector in _detectors(model, config, names, data / 'train'):
            found = evaluate(detector, dataset, config.test_evaluator, None)
            rows.append(
                {
                    'model': name,
                    'MB': size,
                    'AP': round(found['coco/bbox_mAP'], DECIMALS),
                    'AP50': round(found['coco/bbox_mAP_50'], DECIMALS),
                }
            )
    return rows


def _detectors(
    model: nn.Module, config: Config, names: list[str], calibration: Path
) -> Iterator[tuple[str, float | str, Detector]]:
    """Give the model and its files one by one, with a file's size."""
    yield 'the model itself', '', detector_of_model(model)
    with TemporaryDirectory() as folder:
        files: dict[ExportOptions, Path] = {}  # one is read in two precisions
        for name, (options, precision) in FORMS.items():
            if options.int8 and options.format == 'openvino':
                options = replace(options, calibration=calibration)
            file = files.get(options)
            if file is None:
                file = Path(folder) / f'{len(files)}{ENDINGS[options.format]}'
                export_detector(model, config, file, names, options)
                files[options] = file
            size = sum(x.stat().st_size for x in file.parent.glob(f'{file.stem}.*'))
            exported = ExportedModel(file, trust_code=True, precision=precision)
            yield name, round(size / MEGABYTE, 1), detector_of_file(exported)
