"""Test a model; the command line of mmdet's tools/test.py."""

import argparse
import os
from copy import deepcopy
from pathlib import Path

from mmdet.engine.hooks.utils import trigger_visualization_hook
from mmdet.evaluation import DumpDetResults
from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, ConfigDict, DictAction
from mmengine.runner import Runner


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Test (and evaluate) a model')
    parser.add_argument('config', type=Path, help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--work-dir', help='folder for logs and metrics')
    parser.add_argument('--out', type=Path, help='pickle file for the predictions')
    parser.add_argument('--show', action='store_true', help='show predictions')
    parser.add_argument(
        '--show-dir', help='folder in work_dir/timestamp for drawn predictions'
    )
    parser.add_argument('--wait-time', type=float, default=2, help='of --show, s')
    parser.add_argument('--tta', action='store_true', help='test-time augmentation')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of the config, as key=value',
    )
    parser.add_argument(
        '--launcher', choices=('none', 'pytorch', 'slurm', 'mpi'), default='none'
    )
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args()
    if not args.config.is_file():
        parser.error(f'there is no config {args.config}')
    if args.out is not None and args.out.suffix not in ('.pkl', '.pickle'):
        parser.error(f'--out needs a .pkl or .pickle file, not {args.out}')
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def build_config(args: argparse.Namespace) -> Config:
    """Read the config and apply the command line to it.

    Args:
        args: Command line options.

    Returns:
        The config to run.
    """
    cfg = Config.fromfile(args.config)
    cfg.launcher = args.launcher
    if args.cfg_options is not None:
        cfg.merge_from_dict(args.cfg_options)
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / args.config.stem)
    cfg.load_from = args.checkpoint
    if args.show or args.show_dir:
        cfg = trigger_visualization_hook(cfg, args)
    if args.tta:
        add_flip_augmentation(cfg)
    return cfg


def add_flip_augmentation(cfg: Config) -> None:
    """Test each picture also mirrored, unless the config says how itself.

    Args:
        cfg: Config to change.
    """
    if 'tta_model' not in cfg:
        nms = dict(type='nms', iou_threshold=0.5)
        cfg.tta_model = dict(
            type='DetTTAModel', tta_cfg=dict(nms=nms, max_per_img=100)
        )
    dataset = cfg.test_dataloader.dataset
    while 'dataset' in dataset:
        dataset = dataset.dataset
    if 'tta_pipeline' not in cfg:
        pipeline = deepcopy(dataset.pipeline)
        flips = [dict(type='RandomFlip', prob=prob) for prob in (1.0, 0.0)]
        cfg.tta_pipeline = [
            *pipeline[:-1],
            dict(type='TestTimeAug', transforms=[flips, [pipeline[-1]]]),
        ]
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)
    dataset.pipeline = cfg.tta_pipeline


def main() -> None:
    setup_cache_size_limit_of_dynamo()
    args = parse_args()
    runner = Runner.from_cfg(build_config(args))
    if args.out is not None:
        runner.test_evaluator.metrics.append(DumpDetResults(out_file_path=args.out))
    runner.test()


if __name__ == '__main__':
    main()
