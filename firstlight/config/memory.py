"""How a web process asks the system for memory."""

import ctypes
from contextlib import suppress

# malloc.h of glibc.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 64 << 20
LARGE_BYTES = 32 << 20


def keep_buffers() -> None:
    """Have glibc keep the buffers of one answer for the next; other systems decide for themselves.

    Left to itself it gives each back and fetches it anew, page by page: for half a megabyte ten times the cost of
    reading it.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
