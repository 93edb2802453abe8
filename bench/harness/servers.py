"""Server processes: starts them on free loopback ports, measures them with all their descendants, ends them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench/peers"
_TICK = os.sysconf("SC_CLK_TCK")
ready_seconds = 20.0  # the longest time of a start


def say(text):
    print(text, file=sys.stderr, flush=True)


def peer(name):
    return subprocess.run([PEERS / "build", name], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process with its children, from start to stop. `command` gets the port and returns the command line."""

    def __init__(self, command, environment=None, answers_http=True):
        self.port = free_port()
        self._command = [str(word) for word in command(self.port)]
        self._environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(environment or {})}
        self._answers_http = answers_http
        self._process = None
        self.output = None
        self.prefix = []  # words before the command, such as valgrind

    def __enter__(self):
        self.output = tempfile.TemporaryFile("w+")
        # It has a process group of its own, so everything that it starts can be ended with it.
        self._process = subprocess.Popen([*self.prefix, *self._command], env=self._environment, stdin=subprocess.DEVNULL,
                                         stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def output_from(self, begin):
        """The bytes that it has written from this offset on. Unlike log(), this may be called while the server writes."""
        descriptor = self.output.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size - begin, begin)

    def log(self):
        self.output.seek(0)
        return self.output.read()

    def _wait_until_ready(self):
        end = time.monotonic() + ready_seconds
        while not self._ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._command[0]} exited with {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise RuntimeError(f"{self._command[0]} did not answer in {ready_seconds} s:\n{self.log()}")
            time.sleep(0.0002)

    def _ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=ready_seconds) as connection:
                if not self._answers_http:
                    return True
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def pids(self):
        """The process and its descendants."""
        children = {}
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    children.setdefault(int(_stat(entry.name)[1]), []).append(int(entry.name))
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self):
        """User and system time of the tree: of all threads, also ended ones, and of ended children."""
        total = 0
        for pid in self.pids():
            # A process that has ended meanwhile counts with its parent.
            with contextlib.suppress(OSError):
                total += sum(int(ticks) for ticks in _stat(pid)[11:15])
        return total / _TICK

    def resident_mib(self):
        """RSS, and PSS. In PSS a page that several processes share counts once."""
        totals = {"Rss": 0, "Pss": 0}
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in totals:
                    totals[name] += int(rest.split()[0])
        return totals["Rss"] / 1024, totals["Pss"] / 1024


def _stat(pid):
    """The fields of /proc/PID/stat after the program's name, which may contain any text: state, ppid, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
