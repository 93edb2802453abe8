"""The time from a save to the first answer of the new code, beside the reloader of Python's functions framework."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from harness.report import table
from harness.servers import ROOT, Server, peer, say

_EDITS_OF_PEER = 10
_MOST_LOST = 3
_STAGES = ["detect", "compile", "start", "hand_over"]
_EMPTY = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_ORDER = json.dumps({"customer": "Ada", "lines": [{"item": "cup", "count": 2, "size": "large"}]}).encode()
_POST = (b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
         b"Content-Length: %d\r\n\r\n%s" % (len(_ORDER), _ORDER))
_COMPILERS = ["clang++", "clang++-19", "clang++-18", "clang++-17", "clang++-16", "clang++-15", "clang++-14"]

# name → goals in seconds: 50 of 100 edits, 95 of 100
_GOALS = {"hello": (0.40, 0.80), "typed, JSON": (0.50, 0.90), "directory of five files": (0.45, 0.85), "hello, clang++": (0.90, 1.30)}


def percentile(values, hundredths):
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * hundredths // 100) - 1)]


class Edited:
    """A server that watches a copy of the sources in bench/reload, and one file of it that is edited."""

    _longest_s = 300.0  # one edit, the first build, or precompiling
    _may_lose = False  # whether the run goes on if an edit is never served

    def __init__(self, bench, name, sources, edited, request=_EMPTY):
        self.name = name
        self.folder = Path(bench.directory) / re.sub(r"\W+", "-", name)
        self.folder.mkdir()
        self.source = self.folder / sources
        original = ROOT / "bench/reload" / sources
        (shutil.copytree if original.is_dir() else shutil.copy)(original, self.source)
        self._edited = self.folder / edited
        self._text = self._edited.read_text()
        self._request = request
        # No earlier run has compiled this number.
        self._number = random.randrange(10**6, 10**9)
        self.server = None
        self.whole = []  # seconds from the save to the new answer
        self.stages = {stage: [] for stage in _STAGES}  # milliseconds, as the loop itself says
        self.settled_s = 0.0  # from the first answer until the header was precompiled
        self.cpu_s = 0.0
        self.lost = 0  # edits that were never served

    def serve(self, stack, command, environment=None):
        self._write()
        self.server = stack.enter_context(Server(command, environment, answers_http=False))
        self._await_answer(time.monotonic() + self._longest_s)

    def settle(self):
        """Waits until the loop has nothing to do any more, as while the developer reads the first answer."""
        begin = last = time.monotonic()
        # Precompiling begins a moment after the first answer.
        while time.monotonic() < min(last + 2, begin + self._longest_s):
            if self._is_busy():
                last = time.monotonic()
            time.sleep(0.05)
        self.settled_s = last - begin

    def edit(self):
        cpu = self.server.cpu_seconds()
        self._number += 1
        begin = self._write()
        try:
            self._await_answer(begin + self._longest_s)
        except TimeoutError:
            if not self._may_lose:
                raise
            self.lost += 1
            return
        self.whole.append(time.monotonic() - begin)
        self._read_stages(begin + self._longest_s)
        self.cpu_s += self.server.cpu_seconds() - cpu

    def _write(self):
        """Saves as editors do: a new file gets the name of the old one."""
        text, count = re.subn(r"^(.*\b(?:kEdit|EDIT) = )\d+", rf"\g<1>{self._number}", self._text, flags=re.MULTILINE)
        if count != 1:
            raise RuntimeError(f"{self._edited} has {count} numbers to edit")
        part = self._edited.with_name("." + self._edited.name + ".part")
        part.write_text(text)
        begin = time.monotonic()
        part.rename(self._edited)
        return begin

    def _await_answer(self, end):
        wanted = f"edit {self._number}".encode()
        answer = b""
        while wanted not in answer:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name}: no answer has '{wanted.decode()}'; the last one is {answer!r}\n{self.server.log()[-3000:]}")
            # The client leaves the processors to the compiler.
            time.sleep(0.001)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as connection:
                connection.sendall(self._request)
                answer = b"".join(iter(lambda: connection.recv(65536), b""))

    def _read_stages(self, end):
        pass

    def _is_busy(self):
        before = self.server.cpu_seconds()
        time.sleep(2)
        return self.server.cpu_seconds() - before > 0.02


class OurLoop(Edited):
    """`functions-framework dev`, which tells the times of its stages as JSON."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self._read = 0  # bytes of its output

    def start(self, bench, stack, target, compiler=""):
        # Each loop has a cache of its own, so its first build is the first on this machine.
        environment = {"XDG_CACHE_HOME": str(self.folder / "cache"), "OFN_CXX": compiler}
        self.serve(stack, lambda port: [bench.program, "dev", "--json", "--source", self.source, "--target", target,
                                        "--host", "127.0.0.1", "--port", port], environment)
        self._read_stages(time.monotonic() + self._longest_s)
        self.stages = {stage: [] for stage in _STAGES}  # only edits count

    def _read_stages(self, end):
        """Reads what the loop says when it serves the edit. Later requests get no older answer."""
        while (event := self._next_serving()) is None:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name}: the loop does not say that it serves the edit\n{self.server.log()[-3000:]}")
            time.sleep(0.001)
        for stage in _STAGES:
            self.stages[stage].append(event[f"{stage}_ms"])

    def _next_serving(self):
        """Returns the next event of a build that is served; None if there is none yet."""
        text = self.server.output_from(self._read)
        for line in text[:text.rfind(b"\n") + 1].splitlines(keepends=True):
            self._read += len(line)
            if line.startswith(b"{") and b'"serving"' in line:
                event = json.loads(line)
                if event["event"] == "serving":
                    return event
        return None

    def _is_busy(self):
        """Returns true if a compiler runs. It has the lowest priority, so its CPU time may stand still."""
        for pid in self.server.pids():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().startswith(("cc1plus", "as\n", "mold", "clang")):
                    return True
        return False


class PythonLoop(Edited):
    """Google's framework with --debug, whose reloader watches every folder of Python's path."""

    _longest_s = 20.0
    _may_lose = True

    def start(self, stack):
        program = Path(peer("google-python"))
        # The working directory is in Python's path.
        self.serve(stack, lambda port: ["env", "-C", self.folder, program.parent / "venv/bin/python", "-m", "functions_framework", "--source",
                                        self.source, "--target", "hello", "--host", "127.0.0.1", "--port", port, "--debug"])


def start_ours(bench, stack):
    loops = {
        "hello": (OurLoop(bench, "hello", "hello.cc", "hello.cc"), "hello", ""),
        "typed, JSON": (OurLoop(bench, "typed, JSON", "typed.cc", "typed.cc", _POST), "typed", ""),
        "directory of five files": (OurLoop(bench, "directory of five files", "parts", "parts/edit.cc"), "parts", ""),
    }
    clang = next((name for name in _COMPILERS if shutil.which(name)), None)
    if clang:
        loops["hello, clang++"] = (OurLoop(bench, "hello, clang++", "hello.cc", "hello.cc"), "hello", clang)
    for name, (loop, target, compiler) in loops.items():
        say(f"first build of {name}")
        loop.start(bench, stack, target, compiler)
        loop.settle()
    return [loop for loop, *_ in loops.values()], [] if clang else ["hello, clang++ (clang++ is not installed)"]


def row(loop, hello):
    def both(values, digits=0):
        return f"{percentile(values, 50):.{digits}f}, {percentile(values, 95):.{digits}f}" if values else ""

    lost = f", {loop.lost} never served" if loop.lost else ""
    if not loop.whole:
        return [loop.name, f"0{lost}"] + [""] * 10
    p50 = percentile(loop.whole, 50)
    return [loop.name, f"{len(loop.whole)}{lost}", f"{p50:.3f}", f"{percentile(loop.whole, 95):.3f}",
            f"{loop.whole[0]:.3f}", f"{loop.whole[0] / p50:.2f}", f"{p50 / percentile(hello.whole, 50):.1f}",
            *(both(loop.stages[stage], 1 if stage != "compile" else 0) for stage in _STAGES),
            f"{loop.cpu_s / len(loop.whole):.2f}"]


def python_loop(bench, left_out):
    """Runs after our loops, because its reloader may keep a processor busy."""
    loop = PythonLoop(bench, "Python (Google) --debug", "hello.py", "hello.py")
    with contextlib.ExitStack() as stack:
        try:
            say("start of Python's framework")
            loop.start(stack)
        except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
            left_out.append(f"Python's framework ({error})")
            return None
        loop.settle()
        for number in range(_EDITS_OF_PEER):
            say(f"edit {number + 1} of {_EDITS_OF_PEER} of Python's function")
            loop.edit()
            if loop.lost == _MOST_LOST:
                break
    return loop


def run(bench):
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        loops, left_out = start_ours(bench, stack)
        for number in range(bench.options.edits):
            say(f"edit {number + 1} of {bench.options.edits}")
            for loop in loops:
                loop.edit()
    python = python_loop(bench, left_out)
    hello = loops[0]
    print(f"### From a save to the first new answer\n\nLoad average {load:.1f} before, {os.getloadavg()[0]:.1f} after; an idle "
          f"machine has less than 1. The stages are told by the loop, as 50 and 95 of 100.\n")
    for each in left_out:
        print(f"**Left out: {each}.**\n")
    table(["loop", "edits", "50 of 100, s", "95 of 100, s", "first edit, s", "first ÷ 50 of 100", "× hello's", "detect, ms", "compile, ms",
           "start, ms", "hand-over, ms", "CPU s an edit"], [row(loop, hello) for loop in [*loops, *([python] if python else [])]])
    print("Precompiled after the first answer: " + ", ".join(f"{loop.name} {loop.settled_s:.1f} s" for loop in loops) + ".\n")
    for loop in loops:
        middle, most = _GOALS[loop.name]
        bench.goal(f"{loop.name}: 50 of 100 edits, s", percentile(loop.whole, 50), middle)
        bench.goal(f"{loop.name}: 95 of 100 edits, s", percentile(loop.whole, 95), most)
    bench.goal("hello: first edit ÷ 50 of 100", hello.whole[0] / percentile(hello.whole, 50), 1.3)
    for stage, most in (("detect", 15), ("hand_over", 20), ("start", 10)):
        bench.goal(f"hello: {stage.replace('_', '-')}, 50 of 100 edits, ms", percentile(hello.stages[stage], 50), most)
