"""Make a file to give away from a trained checkpoint: safetensors, with its config.

    python tools/model_converters/publish_model.py work_dirs/multitask_emoji/iter_840.pth \
        emoji.safetensors --half --without-text

The optimiser, hooks, paths and logs of the training stay behind. The result is loaded by
its path alone, as a checkpoint is.
"""  # noqa: E501

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.convert.publish import publish


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('src', type=Path, help='the checkpoint, with its config')
    parser.add_argument('dst', type=Path, help='the .safetensors file to write')
    parser.add_argument(
        '--half', action='store_true', help='store float16: half the size'
    )
    parser.add_argument(
        '--without-text',
        action='store_true',
        help='leave out the weights of a frozen text encoder, which its package has',
    )
    args = parser.parse_args()
    try:
        publish(args.src, args.dst, args.half, args.without_text)
    except (OSError, ValueError) as error:
        parser.exit(1, f'{error}\n')
    print(f'{args.dst}: {args.dst.stat().st_size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
