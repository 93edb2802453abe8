"""A memory cgroup that a test makes for only one server and the server's children.

    with memory_group(256 << 20) as group:
        program = Program(path, home, prefix=group.prefix)
        …
        assert group.kills() == 0

Both versions of cgroups are supported. If no group can be made, the server gets RLIMIT_AS instead, and the test says so. That
limit also counts mapped memory that is never touched, so it is larger by the memory that such a program maps.
"""

import os
import re
import time
import warnings
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
# The memory that the program maps but does not use: code, thread stacks, parts of the heap.
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
        # The shell enters the group, then becomes the program. The test's client stays outside.
        self.prefix = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(folder / "cgroup.procs")]

    def close(self):
        """Removes the group. Call it after its last process has ended."""
        self.folder.rmdir()


class _Version1(_Group):
    name = "cgroup v1"

    def kills(self):
        """How many processes the kernel has killed because memory was short."""
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
    """Returns the path of this process's group in that controller's hierarchy; None if it is in none."""
    for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.lstrip("/")
    return None


def _make(limit):
    # No other test on this machine uses this name.
    name = f"ofn-test-{os.getpid()}-{time.monotonic_ns()}"
    own = _own("memory")
    if own is not None:
        for mounted in (_ROOT / "memory" / own, _ROOT / "memory"):
            if mounted.is_dir():
                return _Version1(mounted / name, "memory.limit_in_bytes", limit)
    for mounted in (_ROOT / (_own("") or ""), _ROOT):
        if "memory" in (mounted / "cgroup.controllers").read_text(encoding="ascii").split():
            control = mounted / "cgroup.subtree_control"
            # A group that contains processes cannot have children with limits, except the root group.
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
