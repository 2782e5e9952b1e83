"""AP of exported files on a config's test set, next to the model's own.

    python tools/analysis_tools/deployment_accuracy.py CONFIG CHECKPOINT FILE [FILE ...]

Images go one by one through the config's test pipeline, then to each of them; the
files must have been exported with the data set's names in their order (--texts-file,
which --write-names makes).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from mmdet.registry import DATASETS, METRICS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.structures import InstanceData
from torch import nn

from glipv2.apis import init_model
from glipv2.deployment import ExportedModel

Detector = Callable[[dict], DetDataSample]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('files', type=Path, nargs='*', help='.onnx or .pt2')
    parser.add_argument('--limit', type=int, help='first images only')
    parser.add_argument(
        '--write-names', type=Path, help="write the data set's names, one a line"
    )
    args = parser.parse_args()
    config = Config.fromfile(args.config)
    model = init_model(config, args.checkpoint)
    dataset = DATASETS.build(config.test_dataloader.dataset)
    names = list(dataset.metainfo['classes'])
    if args.write_names:
        args.write_names.write_text('\n'.join(names) + '\n', 'utf-8')
        print(f'{len(names)} names are in {args.write_names}')
        return
    detectors = {'eager': of_model(model)}
    for file in args.files:
        exported = ExportedModel(file)
        if exported.description['names'] != names:
            parser.error(f'{file} was exported with other names than the data set has')
        detectors[str(file)] = of_file(exported)
    reference = None
    print('| model | AP | minus eager | AP50 |\n|---|---|---|---|')
    for name, detector in detectors.items():
        found = evaluate(detector, dataset, config.test_evaluator, args.limit)
        whole, half = found['coco/bbox_mAP'], found['coco/bbox_mAP_50']
        reference = whole if reference is None else reference
        row = f'| {name} | {whole:.4f} | {whole - reference:+.4f} | {half:.4f} |'
        print(row, flush=True)


def of_model(model: nn.Module) -> Detector:
    """Detect with the model itself.

    Args:
        model: In evaluation mode.

    Returns:
        A packed sample to a data sample with predictions.
    """

    def detect(packed: dict) -> DetDataSample:
        with torch.no_grad():
            return model.test_step(pseudo_collate([packed]))[0]

    return detect


def of_file(exported: ExportedModel) -> Detector:
    """Detect with an exported file.

    Args:
        exported: The file.

    Returns:
        A packed sample to a data sample with predictions.
    """

    def detect(packed: dict) -> DetDataSample:
        sample = packed['data_samples']
        image = packed['inputs'].flip(0).permute(1, 2, 0).numpy()  # BGR -> RGB
        found = exported(image, sample.scale_factor)
        boxes = {key: found[key] for key in ('bboxes', 'scores', 'labels')}
        sample.pred_instances = InstanceData(
            **{key: torch.from_numpy(value) for key, value in boxes.items()}
        )
        return sample

    return detect


def evaluate(
    detector: Detector, dataset: BaseDataset, evaluator: dict, limit: int | None
) -> dict[str, float]:
    """Evaluate a detector with the config's metric.

    Args:
        detector: Of :func:`of_model` or :func:`of_file`.
        dataset: The test set.
        evaluator: Config of ``CocoMetric``.
        limit: First images only; None: all.

    Returns:
        The metric's numbers.
    """
    metric = METRICS.build({**evaluator, 'metric': 'bbox', 'format_only': False})
    metric.dataset_meta = dataset.metainfo
    count = min(limit or len(dataset), len(dataset))
    for index in range(count):
        sample = detector(dataset[index])
        metric.process({}, [sample.to_dict()])
    if count < len(dataset):
        # Images that were not looked at are no misses.
        metric.img_ids = [dataset.get_data_info(i)['img_id'] for i in range(count)]
    return metric.evaluate(count)


if __name__ == '__main__':
    main()
