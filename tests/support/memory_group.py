"""A memory cgroup that a test makes for one server and the server's children, and for nobody else.

    with memory_group(256 << 20) as group:
        program = Program(path, home, prefix=group.prefix)
        …
        assert group.kills() == 0

Both versions of cgroups are supported. Where no group can be made, the server gets RLIMIT_AS instead, and the test says so: that
limit also counts what is mapped and never touched, so it is made larger by what a program of this kind maps.
"""

import os
import re
import time
import warnings
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
# What the program maps beside the memory that it uses: code, thread stacks, shares of the heap.
_MAPPED = 600 << 20


class _Group:
    """A group in a folder; `limit` and `peak` name its files."""

    def __init__(self, folder, limit_file, limit):
        self.folder = folder
        folder.mkdir()
        try:
            (folder / limit_file).write_text(str(limit))
        except OSError:
            folder.rmdir()
            raise
        # The shell enters the group, then becomes the program: the client that runs the test stays outside.
        self.prefix = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(folder / "cgroup.procs")]

    def close(self):
        """After the last process of the group has ended."""
        self.folder.rmdir()


class _Version1(_Group):
    name = "cgroup v1"

    def kills(self):
        """How many processes the kernel has killed for want of memory."""
        return int(re.search(r"oom_kill (\d+)", (self.folder / "memory.oom_control").read_text())[1])

    def peak(self):
        return int((self.folder / "memory.max_usage_in_bytes").read_text())


class _Version2(_Group):
    name = "cgroup v2"

    def kills(self):
        return int(re.search(r"oom_kill (\d+)", (self.folder / "memory.events").read_text())[1])

    def peak(self):
        file = self.folder / "memory.peak"  # since Linux 5.19
        return int(file.read_text()) if file.exists() else 0


class _AddressSpace:
    name = "RLIMIT_AS"

    def __init__(self, limit):
        self.prefix = ["/bin/sh", "-c", 'ulimit -v "$0" && exec "$@"', str((limit + _MAPPED) // 1024)]

    def kills(self):
        return 0

    def peak(self):
        return 0

    def close(self):
        pass


def _own(controller):
    """The path of this process's group in the hierarchy of that controller; None: it is in none."""
    for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return None


def _make(limit):
    # No other test of this machine has made one of that name.
    name = f"ofn-test-{os.getpid()}-{time.monotonic_ns()}"
    own = _own("memory")
    if own is not None:
        for mounted in (_ROOT / "memory" / own, _ROOT / "memory"):
            if mounted.is_dir():
                return _Version1(mounted / name, "memory.limit_in_bytes", limit)
    for mounted in (_ROOT / (_own("") or ""), _ROOT):
        if "memory" in (mounted / "cgroup.controllers").read_text(encoding="ascii").split():
            control = mounted / "cgroup.subtree_control"
            # A group with processes of its own cannot have children that are limited; but for the root's.
            if "memory" not in control.read_text(encoding="ascii").split():
                control.write_text("+memory")
            return _Version2(mounted / name, "memory.max", limit)
    raise OSError("there is no memory controller here")


class memory_group:
    """The group, as a context."""

    def __init__(self, limit):
        self._limit = limit

    def __enter__(self):
        try:
            self._group = _make(self._limit)
        except OSError as error:
            warnings.warn(f"no memory cgroup can be made here ({error}): RLIMIT_AS takes its place", stacklevel=2)
            self._group = _AddressSpace(self._limit)
        return self._group

    def __exit__(self, *_):
        self._group.close()
