"""The memory that a server's process uses."""

import functools
import os
import re
from pathlib import Path

# docs/limits.md, "The sum": the resident memory is at most the account and an eighth of it, a constant, and an amount for each connection.
_CONSTANT_MIB = 64
_CONNECTION_KIB = 24
_LARGEST_BODY_MIB = 10


@functools.cache
def is_sanitized(program):
    """Returns True if the program was built with a sanitizer, which keeps freed memory and needs much memory itself. The name is one that
    only instrumented code calls: the loader knows others by name."""
    return re.search(rb"__(asan_report_load|tsan_func_entry)", Path(program).read_bytes()) is not None


def _status_mib(server, what):
    if is_sanitized(os.readlink(f"/proc/{server.process.pid}/exe")):
        return 0
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii"))[1]) / 1024


def resident_mib(server):
    """The server's resident MiB; 0 with a sanitizer, which keeps freed memory."""
    return _status_mib(server, "VmRSS")


def peak_mib(server):
    """The peak of the resident MiB since the start, or since forget_peak()."""
    return _status_mib(server, "VmHWM")


def forget_peak(server):
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")


def stated_mib(usable_mib, connections):
    """The limit of the resident MiB of a program with default flags that may use this much memory."""
    return max(usable_mib / 4, 2 * _LARGEST_BODY_MIB) * 9 / 8 + _CONSTANT_MIB + connections * _CONNECTION_KIB / 1024
