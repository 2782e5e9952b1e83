"""Write a detector with its text folded in as a file that runs without mmdet.

python tools/deployment/export.py CONFIG CHECKPOINT --texts "red apple . dog face" \
    --dynamic --out model.onnx
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import sys
from pathlib import Path

from glipv2.apis import init_model
from glipv2.deployment.export import (
    ENDINGS,
    FORMATS,
    TASKS,
    ExportOptions,
    check_export,
    export_detector,
    export_vqa,
)
from glipv2.deployment.torch_version import MINIMUM
from glipv2.engine.config_options import ConfigOptions, read_config
from glipv2.progress import working


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=f'Needs torch {MINIMUM} or later.'
    )
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='its weights')
    text = parser.add_mutually_exclusive_group()
    text.add_argument('--texts', help='names ("a . b ."), or a sentence')
    text.add_argument('--texts-file', type=Path, help='a file with one name a line')
    parser.add_argument(
        '--out', type=Path, help='file to write (default: below work_dirs/export)'
    )
    parser.add_argument('--format', choices=FORMATS, default='onnx', help='of the file')
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument(
        '--size',
        nargs=2,
        type=int,
        metavar=('H', 'W'),
        help='height and width of all images, pixels',
    )
    size.add_argument('--dynamic', action='store_true', help='images of any size')
    parser.add_argument(
        '--task', choices=TASKS, default='detection', help='what the file does'
    )
    for name, what in (
        ('preprocess', 'take images of whole numbers, and normalise them'),
        ('postprocess', 'select boxes; otherwise give the raw output'),
    ):
        action = argparse.BooleanOptionalAction
        parser.add_argument(f'--{name}', action=action, default=True, help=what)
    parser.add_argument('--half', action='store_true', help='compute in float16')
    parser.add_argument(
        '--int8',
        action='store_true',
        help='quantise matrix products dynamically; openvino: and convolutions, by '
        '--calibrate',
    )
    parser.add_argument(
        '--calibrate',
        type=Path,
        metavar='FOLDER',
        help="images such as it will see, for openvino's int8 (default: none)",
    )
    parser.add_argument(
        '-c',
        '--custom-entities',
        action='store_true',
        help='the text holds names, each ended by a full stop',
    )
    parser.add_argument(
        '-s',
        '--chunked-size',
        type=int,
        help="most names of a prompt (default: the model's)",
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='override settings of the config, as key=value',
    )
    args = parser.parse_args()
    if args.task != 'vqa' and args.texts is None and args.texts_file is None:
        parser.error('--texts or --texts-file is required; only --task vqa has neither')
    if args.out is None:
        name = args.config.stem + ENDINGS[args.format]
        args.out = Path('work_dirs') / 'export' / name
    elif args.out.suffix != ENDINGS[args.format]:
        parser.error(
            f'--format {args.format} writes a {ENDINGS[args.format]} file, but --out '
            f'is {args.out}'
        )
    if not args.config.is_file():
        parser.error(f'there is no config {args.config}')
    if args.texts_file is not None and not args.texts_file.is_file():
        parser.error(f'there is no file {args.texts_file}')
    return args


def read_text(args: argparse.Namespace) -> str | list[str]:
    """Read the text of the command line, or the names of its file.

    Raises:
        ValueError: If the file has no name, or is no text.
    """
    if args.texts_file is None:
        return args.texts
    lines = args.texts_file.read_text('utf-8').splitlines()
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise ValueError(f'the file {args.texts_file} has no name')
    return names


def main() -> None:
    args = parse_args()
    size = None if args.dynamic else tuple(args.size)
    try:
        config = read_config(args.config)
        config.merge_from_dict(args.cfg_options or {})
        options = ExportOptions(
            args.format,
            size,
            args.preprocess,
            args.postprocess,
            args.half,
            args.int8,
            args.calibrate,
        )
        check_export(config, args.task, options)
        text = read_text(args)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        model = init_model(config, args.checkpoint)
        if args.chunked_size is not None:
            model.test_cfg.chunked_size = args.chunked_size
        with working(f'Exporting {args.out.name}'):
            if args.task == 'vqa':
                written = export_vqa(model, config, args.out, options)
            else:
                written = export_detector(
                    model,
                    config,
                    args.out,
                    text,
                    options,
                    custom_entities=args.custom_entities,
                )
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'{Path(sys.argv[0]).name}: error: {error}') from error
    size = 'images of any size' if written.size is None else f'{args.size} pixels'
    what = f'{len(written.names)} names in {len(written.prompts)} prompts'
    if written.answers:
        what = f'{len(written.answers)} answers'
    parts = [args.out]
    if args.format == 'openvino':  # its weights
        parts.append(args.out.with_suffix('.bin'))
    megabytes = sum(part.stat().st_size for part in parts) / 1e6
    print(f'{args.out}: {what}, {size}, {megabytes:.1f} MB')


if __name__ == '__main__':
    main()
