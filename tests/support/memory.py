"""What a server's process takes of the machine's memory."""

import functools
import os
import re
from pathlib import Path

# docs/limits.md, "The sum": what is resident is at most the account and an eighth, a constant, and so much for each connection.
_CONSTANT_MIB = 64
_CONNECTION_KIB = 24
_LARGEST_BODY_MIB = 10


@functools.cache
def is_sanitized(program):
    """True: the program was built with a sanitizer, which keeps memory that was freed, and needs much of its own."""
    return re.search(rb"__[at]san_init", Path(program).read_bytes()) is not None


def _status_mib(server, what):
    if is_sanitized(os.readlink(f"/proc/{server.process.pid}/exe")):
        return 0
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii"))[1]) / 1024


def resident_mib(server):
    """The server's resident MiB; none of a sanitizer's, which keeps what was freed."""
    return _status_mib(server, "VmRSS")


def peak_mib(server):
    """The most that was resident since the start, or since forget_peak()."""
    return _status_mib(server, "VmHWM")


def forget_peak(server):
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")


def stated_mib(usable_mib, connections):
    """The most that may be resident of a program with default flags that may use so much memory."""
    return max(usable_mib / 4, 2 * _LARGEST_BODY_MIB) * 9 / 8 + _CONSTANT_MIB + connections * _CONNECTION_KIB / 1024
