"""The stack of signal handlers, which OpenVINO leaves changed."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Stack(ctypes.Structure):
    # stack_t of POSIX
    _fields_ = (
        ('address', ctypes.c_void_p),
        ('flags', ctypes.c_int),
        ('size', ctypes.c_size_t),
    )


@contextmanager
def kept_signal_stack() -> Iterator[None]:
    """Give this thread's signal handlers their stack back in the end.

    On Linux OpenVINO's CPU plugin puts a stack of its own in its place for as long as
    the plugin is there. Of two plugins (NNCF makes more) that go in another order than
    they came, the later one brings back the stack of the earlier, which is freed by
    then: the next signal, such as that of Ctrl-C, would end the process with SIGSEGV.
    """
    if not sys.platform.startswith('linux'):
        yield
        return
    libc = ctypes.CDLL(None)
    before = _Stack()
    libc.sigaltstack(None, ctypes.byref(before))
    try:
        yield
    finally:
        libc.sigaltstack(ctypes.byref(before), None)
