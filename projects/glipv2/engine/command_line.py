"""Command line arguments that training and testing share, as in mmdet."""

import argparse
import copy
import errno
import gc
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType

from mmengine.config import Config, ConfigDict
from mmengine.device import get_device
from mmengine.dist import is_distributed
from mmengine.registry import RUNNERS
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from ..datasets.transforms.load_image import refuse_broken
from ..quiet import quiet_console
from .bfloat16_optim_wrapper import check_mixed_precision
from .checked_weights import check_all_weights
from .config_options import ConfigOptions, read_config_with
from .config_text import lay_out_once
from .data_files import check_data_files
from .hooks.start_and_end import StartAndEnd
from .test_pipeline import leaves_of

# By it torch hands on, as text, what a worker of a DataLoader raised.
WORKER_TRACE = 'Original Traceback (most recent call last)'

# What torch says of a worker that was killed, and where the reading of its last batch
# fails if the system has not told yet that it is dead.
KILLED = 'DataLoader worker (pid'
READING = ('multiprocessing', 'torch.multiprocessing')
DEAD_WORKER = (
    'a DataLoader worker was killed, most often because memory ran out: use fewer '
    '(num_workers) or smaller batches, and start again with --resume ({})'
)
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
USER_ERRORS = (OSError, ValueError, ImportError, EOFError, RuntimeError)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that :func:`read_run_config` reads."""
    parser.add_argument('config', type=Path, help='config file')
    parser.add_argument(
        '--work-dir',
        help='folder for logs, checkpoints and metrics (default: work_dirs/CONFIG)',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='override settings of the config, as key=value; a list is key="[a,b]"',
    )
    parser.add_argument(
        '--launcher',
        choices=('none', 'pytorch', 'slurm', 'mpi'),
        default='none',
        help='of several processes',
    )
    parser.add_argument(
        '--local_rank',
        '--local-rank',
        type=int,
        default=0,
        help='set by torch.distributed.launch',
    )
    parser.add_argument(
        '-v', '--verbose', action='store_true', help='show what libraries log, too'
    )


def read_run_config(
    parser: argparse.ArgumentParser, args: argparse.Namespace
) -> Config:
    """Set up the console, read the config and apply the shared arguments to it.

    Ends the script with one line if the config is missing or an option does not fit
    it.
    """
    quiet_console(args.verbose)
    if not args.config.is_file():
        parser.error(f'there is no config {args.config}')
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    try:
        cfg = read_config_with(args.config, args.cfg_options or {})
    except (KeyError, TypeError) as error:
        if args.cfg_options is None:
            raise
        message = ' '.join(str(error).split())
        parser.error(f'argument --cfg-options: does not fit the config: {message}')
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / args.config.stem)
    try:
        Path(cfg.work_dir).mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=cfg.work_dir).close()
    except OSError as error:
        parser.error(f'the work dir {cfg.work_dir} cannot be written to: {error}')
    return cfg


def build_runner(cfg: Config, splits: Sequence[str]) -> Runner:
    """Build mmengine's runner, or the one that the config names.

    Its data sets raise an error for truncated images, and files of weights are read
    safely, also for configs without ``SafeCheckpoints``, such as mmdet's. The config
    that it writes to the work folder keeps mmcv's loader, which mmdet's scripts look
    for.

    Args:
        cfg: The whole config.
        splits: Whose data are read: of ``'train'``, ``'val'`` and ``'test'``.

    Returns:
        The runner.

    Raises:
        FileNotFoundError: If a file or folder of the data is missing; nothing is built
            or written then.
        ValueError: If several processes are to compute without a GPU, or one in
            float16.
    """
    check_data_files(cfg, splits)
    _without_gpus(cfg)
    if 'train' in splits:
        check_mixed_precision(cfg)
    check_all_weights()
    lay_out_once()
    # mmengine collects garbage after each data set, which takes half a second with all
    # that is imported by now, and finds nothing there.
    gc.freeze()
    runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
    runner.register_hook(StartAndEnd(), priority='VERY_LOW')
    build = runner.build_dataloader

    def build_checked(dataloader: DataLoader | dict, *args, **kwargs) -> DataLoader:
        if isinstance(dataloader, dict) and isinstance(dataloader['dataset'], dict):
            dataloader = ConfigDict(copy.deepcopy(dataloader))
            for leaf in leaves_of(dataloader['dataset']):
                leaf.pipeline = refuse_broken(leaf.pipeline)
        return build(dataloader, *args, **kwargs)

    runner.build_dataloader = build_checked
    return runner


def _without_gpus(cfg: Config) -> None:
    """Let one process of torch's launcher compute on the CPU.

    mmengine gives each process a GPU when it makes their group, unless there is one.
    """
    if cfg.get('launcher') != 'pytorch' or get_device() != 'cpu' or is_distributed():
        return
    processes = int(os.environ.get('WORLD_SIZE', 1))
    if processes > 1:
        raise ValueError(
            f'{processes} processes need a GPU each, but this machine has none; start '
            'one process'
        )
    cfg.launcher = 'none'


@contextmanager
def user_errors_in_one_line() -> Iterator[None]:
    """End a script with one line when one of glipv2's own checks raises.

    Their messages say what the user has to correct, so a traceback does not help. So
    end a disk that takes nothing, a worker of a DataLoader that was killed, and Ctrl-C.
    Other errors keep their traceback.

    Raises:
        SystemExit: With that line; after Ctrl-C with 130.
    """
    name = Path(sys.argv[0]).name
    try:
        yield
    except KeyboardInterrupt:
        print(f'{name}: stopped by Ctrl-C', file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except USER_ERRORS as error:
        try:
            message = _line_of(error)
        except RuntimeError as late:  # the system's word of a death seen already
            message = _line_of(late)
        if message is None:
            raise
        raise SystemExit(f'{name}: error: {message}') from error


def _line_of(error: Exception) -> str | None:
    """Say in one line what the user has to correct; None: the traceback says more."""
    message = str(error)
    if _is_of_a_dead_worker(error):
        # torch's handler would raise the same once more, somewhere on the way out.
        told = getattr(signal, 'SIGCHLD', None)  # Windows has none
        if told and threading.current_thread() is threading.main_thread():
            signal.signal(told, signal.SIG_DFL)
        message = DEAD_WORKER.format(message)
    elif isinstance(error, (EOFError, RuntimeError)):
        return None
    elif WORKER_TRACE in message:
        if not _ends_in_glipv2(message):
            return None
        kind_and_message = message.strip().rpartition('\n')[2]
        message = kind_and_message.partition(': ')[2]
    elif not (_raised_by_glipv2(error) or _is_of_the_disk(error)):
        return None
    return ' '.join(message.split())


def _is_of_a_dead_worker(error: Exception) -> bool:
    """Recognise the death of a process that loads data."""
    if isinstance(error, RuntimeError):
        return KILLED in str(error)
    modules = [_module_of(frame) for frame, _ in traceback.walk_tb(error.__traceback__)]
    return DataLoader.__module__ in modules and any(
        module.startswith(READING) for module in modules
    )


def _module_of(frame: FrameType) -> str:
    """Name a frame's module; a config is none."""
    return frame.f_globals.get('__name__', '')


def _is_of_the_disk(error: Exception) -> bool:
    """Recognise a disk that takes nothing, whoever wrote to it."""
    return isinstance(error, OSError) and error.errno in FULL


def _raised_by_glipv2(error: BaseException) -> bool:
    """Check whether an error was raised by code of the package.

    mmengine's registries re-raise errors of classes that they build, so earlier errors
    of the chain are checked, too.
    """
    package = __name__.split('.')[0]
    seen: BaseException | None = error
    while seen is not None:
        frames = [frame for frame, _ in traceback.walk_tb(seen.__traceback__)]
        if frames and _module_of(frames[-1]).split('.')[0] == package:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _ends_in_glipv2(trace: str) -> bool:
    """Check whether the code of the package raised what a traceback tells."""
    files = re.findall(r'^ *File "([^"]+)", line \d+', trace, re.MULTILINE)
    package = Path(__file__).parents[1].resolve()
    return bool(files) and Path(files[-1]).resolve().is_relative_to(package)
