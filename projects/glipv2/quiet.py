"""What reaches the console: what glipv2 and the user say, not what libraries do.

Log files hold everything; ``-v`` or ``GLIPV2_VERBOSE=1`` shows it on the console, too.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

VERBOSE = 'GLIPV2_VERBOSE'
OWN_FOLDER = str(Path(__file__).parent)
# Also where they are installed from a checkout.
LIBRARIES = ('mmengine', 'mmdet', 'mmcv', 'pycocotools', 'lvis', 'transformers')
INSTALLED = (f'{os.sep}site-packages{os.sep}', f'{os.sep}dist-packages{os.sep}')
# What libraries say of the run itself: its progress and its figures.
SHOWN = ('mmengine.hooks.logger_hook', 'mmdet.evaluation')
MESSENGERS = ('logging', 'mmengine.logging', 'warnings', __name__)
# By the start of the message and the module that warns: notes for the libraries' own
# programmers, of which a user can change nothing.
POINTLESS = (
    ('faster_coco_eval is not installed', r'mmdet\.evaluation'),
    ('In MMCV v1.4.4, we modified', r'mmcv\.cnn'),
    ('Warning: The text is out of bounds', r'mmengine\.visualization'),
    (r'.* instance named of .* has been created', r'mmengine\.utils'),
    (r'`torch\.cuda\.amp\.', r'(mmengine|mmcv|mmdet)\b'),
    (r'`torch\.cpu\.amp\.', r'(mmengine|mmcv|mmdet)\b'),
)
UNUSED_WEIGHTS = 'Some weights of the model checkpoint'


def is_verbose() -> bool:
    """Read ``GLIPV2_VERBOSE``: anything but nothing and 0 is yes."""
    return os.environ.get(VERBOSE, '0') not in ('', '0')


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Import libraries without their remarks; filters and loggers stay the user's.

    Only what :data:`POINTLESS` lists is silenced for good, because libraries say it
    again whenever a model is built.
    """
    if not is_verbose():
        for message, module in POINTLESS:
            warnings.filterwarnings('ignore', message, module=module)
        # transformers: a text encoder leaves out the head of the pretraining.
        logging.getLogger('transformers.modeling_utils').addFilter(_is_worth_saying)
    console, sys.stdout = sys.stdout, Console(sys.stdout, sys.stderr, is_verbose())
    handlers = logging.root.handlers[:]
    try:
        yield
    finally:
        sys.stdout = console
        # Libraries that log by the root logger have given it one.
        logging.root.handlers[:] = handlers


def quiet_console(verbose: bool = False) -> None:
    """Set up the console of a command: results to stdout, the rest to stderr.

    Args:
        verbose: Whether to show what libraries say.
    """
    if verbose:
        os.environ[VERBOSE] = '1'
    # Else it warns in each worker of a data loader.
    os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')
    if isinstance(sys.stdout, Console):
        return
    console = Console(sys.stdout, sys.stderr, is_verbose())
    for logger in _mmengine_loggers():
        for handler in logger.handlers:
            if getattr(handler, 'stream', None) is sys.stdout:
                handler.setStream(console)
    sys.stdout = console
    if not is_verbose():
        warnings.showwarning = _show_users_warnings


class Console:
    """Standard output for results: log lines go to stderr, remarks of libraries away.

    Args:
        results: Gets what glipv2 and the user print.
        messages: Gets what they log, and :data:`SHOWN`.
        verbose: Whether it gets what libraries print and log, too.
    """

    def __init__(
        self, results: TextIO, messages: TextIO, verbose: bool = False
    ) -> None:
        self.results = results
        self.messages = messages
        self.verbose = verbose

    def __getattr__(self, name: str) -> Any:
        return getattr(self.results, name)

    def write(self, text: str) -> int:
        """Write where the text belongs."""
        said, logged = _origin(sys._getframe(1))
        library = said is not None and _is_of_library(
            said.f_code.co_filename, said.f_globals.get('__name__', '')
        )
        if not library and not logged:
            return self.results.write(text)
        if not library or self.verbose:
            self.messages.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush both."""
        self.results.flush()
        self.messages.flush()


def _origin(frame: FrameType | None) -> tuple[FrameType | None, bool]:
    """Find who speaks, and whether by a logger."""
    logged = False
    while frame is not None:
        name = frame.f_globals.get('__name__', '')
        if not _is_in(name, MESSENGERS):
            break
        logged = True
        frame = frame.f_back
    return frame, logged


def _is_of_library(file: str, module: str = '') -> bool:
    if file.startswith(OWN_FOLDER) or _is_in(module, SHOWN):
        return False
    return _is_in(module, LIBRARIES) or any(place in file for place in INSTALLED)


def _is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == x or module.startswith(f'{x}.') for x in packages)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(UNUSED_WEIGHTS)


def _show_users_warnings(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning of the user's code; one of a library goes to the log files."""
    text = warnings.formatwarning(message, category, filename, lineno, line)
    if not _is_of_library(filename):
        (file or sys.stderr).write(text)
        return
    record = logging.LogRecord(
        'py.warnings', logging.WARNING, filename, lineno, text.strip(), None, None
    )
    for logger in _mmengine_loggers():
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.handle(record)


def _mmengine_loggers() -> list[logging.Logger]:
    from mmengine.logging import MMLogger

    return list(MMLogger._instance_dict.values())
