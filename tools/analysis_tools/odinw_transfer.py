"""Transfer to small sets: mode x shots x seed x set, as GLIP does on ODinW.

    python tools/dataset_converters/make_emoji_odinw.py data/emoji_odinw
    python tools/dataset_converters/sample_few_shot.py \
        data/emoji_odinw/*/train/_annotations.coco.json
    python tools/analysis_tools/odinw_transfer.py work_dirs/transfer \
        --configs 'configs/quickstart/transfer_{mode}.py' --data data/emoji_odinw \
        --old-task configs/quickstart/glipv2_lite0_minilm_emoji.py

Finished runs are not repeated: start it again after a kill. Every run also reports the
old task, before and after. Tables go to OUT/tables.md and are printed. The mode
`examples` is for models that read examples (docs/by_example.md).
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import sys
from pathlib import Path

from mmengine.config import Config

from glipv2.benchmarks.runs import take_over
from glipv2.benchmarks.transfer_curves import shown_settings
from glipv2.engine.checked_weights import local_copy
from glipv2.engine.command_line import user_errors_in_one_line
from glipv2.engine.config_options import ConfigOptions
from glipv2.engine.transfer.cells import COPIES, MODES, REPLAY, Settings
from glipv2.engine.transfer.grid import Grid
from glipv2.engine.transfer.sets import names_of_sets


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('out', type=Path, help='folder of all runs')
    parser.add_argument(
        '--configs',
        default='configs/transfer/glipv2_swin-t_{mode}.py',
        help="the modes' configs, with {mode} in the path",
    )
    parser.add_argument(
        '--checkpoint',
        help="of the base, file or name (default: the config's load_from)",
    )
    parser.add_argument('--data', type=Path, required=True, help='folder of the sets')
    parser.add_argument(
        '--sets',
        nargs='+',
        help='odinw13, odinw35, names of ODinW or folders (default: all of ODinW that '
        'are there, or if none is, all folders with a set)',
    )
    parser.add_argument(
        '--ann-file', help="of each split (default: GLIP's file, or Roboflow's)"
    )
    parser.add_argument(
        '--modes', nargs='+', choices=MODES, default=MODES[:-2], help='what is trained'
    )
    parser.add_argument(
        '--shots',
        nargs='+',
        choices=tuple(COPIES),
        default=[*COPIES],
        help='boxes of a class, or all',
    )
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[3, 30, 300], help='one run for each'
    )
    parser.add_argument(
        '--max-steps', type=int, help='of a run (default: as many as 200 epochs have)'
    )
    parser.add_argument(
        '--max-vals', type=int, help='most validations of a run (default: no limit)'
    )
    parser.add_argument('--old-task', help='config whose test data is the old task')
    parser.add_argument(
        '--old-images', type=int, help='most images of it (default: all)'
    )
    parser.add_argument(
        '--replay-config', help='config whose training data is replayed'
    )
    parser.add_argument(
        '--replay-share', type=float, default=0.5, help='of the training images, 0 to 1'
    )
    parser.add_argument(
        '--results', type=Path,
        help="transfer_results.py's file of the same settings, whose runs are not "
        'repeated',
    )  # fmt: skip
    parser.add_argument('--jobs', type=int, default=1, help='runs at once')
    parser.add_argument('--threads', type=int, default=1, help='of each run, on CPUs')
    parser.add_argument(
        '--keep-checkpoints', action='store_true', help='also when a run is measured'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        default={},
        help='override settings of all runs, as key=value',
    )
    args = parser.parse_args()
    if '{mode}' not in args.configs:
        parser.error(f'--configs needs {{mode}} in the path, not {args.configs}')
    for option in ('jobs', 'threads', 'max_steps', 'max_vals', 'old_images'):
        if getattr(args, option) is not None and getattr(args, option) < 1:
            parser.error(f'--{option.replace("_", "-")} must be at least 1')
    if REPLAY in args.modes and args.replay_config is None:
        parser.error('the mode replay needs --replay-config')
    if not 0 < args.replay_share < 1:
        parser.error(f'--replay-share must be in (0, 1), but is {args.replay_share}')
    args.sets, absent = names_of_sets(args.data, args.sets, args.ann_file)
    if not args.sets:
        parser.error(f'{args.data} has no set: no folder with train/ and its file')
    if absent:
        known = len(args.sets) + len(absent)
        print(
            f'{len(args.sets)} of {known} sets of ODinW are in {args.data}; absent: '
            f'{", ".join(absent)}'
        )
    return args


def main() -> None:
    args = parse_args()
    grid = Grid(
        args.out, read_settings(args), args.sets, args.modes, args.shots, args.seeds,
        args.jobs, args.threads, args.keep_checkpoints,
    )  # fmt: skip
    if args.results is not None:
        settings = shown_settings(json.loads(grid.settings.as_json()))
        take_over(args.results, settings, grid.result_of)
    with user_errors_in_one_line():
        failed = grid.run()
    if failed:
        sys.exit(1)


def read_settings(args: argparse.Namespace) -> Settings:
    """Read what all runs share from the command line."""
    base = Config.fromfile(args.configs.format(mode='full'))
    checkpoint = args.checkpoint or base.get('load_from')
    if checkpoint is None:
        sys.exit('the configs name no base checkpoint (load_from); pass --checkpoint')
    with user_errors_in_one_line():
        if not local_copy(str(checkpoint)).is_file():
            sys.exit(f'there is no base checkpoint {checkpoint}; pass --checkpoint')
    return Settings(
        configs=args.configs,
        checkpoint=str(checkpoint),
        data=str(args.data),
        ann_file=args.ann_file,
        max_steps=args.max_steps,
        max_vals=args.max_vals,
        old_task=args.old_task,
        old_images=args.old_images,
        replay_config=args.replay_config,
        replay_share=args.replay_share,
        options=dict(args.cfg_options),
    )


if __name__ == '__main__':
    main()
