"""AP of exported files on a config's test set, next to the model's own.

    python tools/analysis_tools/deployment_accuracy.py CONFIG CHECKPOINT FILE [FILE ...]

Images go one by one through the config's test pipeline, then to each of them; the
files must have been exported with the data set's names in their order (--texts-file,
which --write-names makes).
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from mmdet.registry import DATASETS
from mmengine.config import Config

from glipv2.apis import init_model
from glipv2.benchmarks.export_accuracy import (
    detector_of_file,
    detector_of_model,
    evaluate,
)
from glipv2.deployment import ExportedModel
from glipv2.engine.compute_in import PRECISIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='its weights')
    parser.add_argument('files', type=Path, nargs='*', help='.onnx, .xml or .pt2')
    parser.add_argument('--limit', type=int, help='first images only')
    parser.add_argument(
        '--write-names', type=Path, help="write the data set's names, one a line"
    )
    parser.add_argument(
        '--trust-code', action='store_true', help='also read .pt2 files: they run code'
    )
    parser.add_argument(
        '--precision',
        choices=PRECISIONS,
        default='fp32',
        help='of OpenVINO files',
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
    detectors = {'eager': detector_of_model(model)}
    for file in args.files:
        exported = ExportedModel(
            file, trust_code=args.trust_code, precision=args.precision
        )
        if exported.description['names'] != names:
            parser.error(f'{file} was exported with other names than the data set has')
        detectors[str(file)] = detector_of_file(exported)
    reference = None
    print('| model | AP | minus eager | AP50 |\n|---|---|---|---|')
    for name, detector in detectors.items():
        found = evaluate(detector, dataset, config.test_evaluator, args.limit)
        whole, half = found['coco/bbox_mAP'], found['coco/bbox_mAP_50']
        reference = whole if reference is None else reference
        row = f'| {name} | {whole:.4f} | {whole - reference:+.4f} | {half:.4f} |'
        print(row, flush=True)


if __name__ == '__main__':
    main()
