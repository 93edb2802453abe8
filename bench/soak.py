#!/usr/bin/env python3
"""Serves a function for N minutes under mixed load and faults, and prints how its memory and its descriptors develop.

    bench/soak.py --minutes 20                        # measures build/bin/functions-framework
    bench/soak.py --minutes 5 --program PATH

The load is the same all the time: clients that keep their connection, new connections, bodies of all sizes with and without a length,
slow functions, HTTP/2 (by h2load, if it is installed). Beside it run, one after the other, the loads of tests/load that make a server keep
memory (tests/support/memory_loads.py); the script prints the resident memory at the peak of each. The other faults are functions that
throw, clients that leave in the middle of a request or of an answer, slow heads, slow readers, and bytes that are not HTTP.

The script fits the slope of the resident memory to the lowest value of each minute. It leaves out the first quarter, in which pools and
caches fill. The exit code is 1 if a goal is missed or a good call failed.
"""

import argparse
import contextlib
import http.client
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from support.crowd import Crowd  # noqa: E402: the tests' folder is on the path now
from support.memory_loads import LOADS  # noqa: E402

_GOAL_MIB = 1.0  # the slope of the memory, in ten minutes
_SAMPLE_SECONDS = 1
_TIMEOUT = 30
# The limits are short, so that slow clients come and go all the time.
_FLAGS = ["--head-timeout", "2s", "--body-timeout", "2s", "--slow-reader-timeout", "2s", "--idle-timeout", "5s", "--max-body-memory", "64MiB"]


class Soak:
    def __init__(self, port):
        self.port = port
        self.over = threading.Event()
        self.counts = Counter()
        self.wrong = Counter()
        self.peaks = {}
        self.load = None  # the name of the memory load that runs now
        self.random = random.Random(1)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), _TIMEOUT)

    # Good clients: every answer is checked.

    def reuses_a_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        for _ in range(50):
            self._ask(connection, "/", bytes(self.random.choice([0, 10, 1_000, 100_000])))
        connection.close()

    def connects_once(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        body = bytes(self.random.choice([1, 5_000, 2_000_000]))
        if self.random.random() < 0.5:
            self._ask(connection, "/", iter([body[:1], body[1:]]), expected=body, encode_chunked=True)
        else:
            self._ask(connection, "/", body)
        connection.close()

    def takes_time(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        self._ask(connection, "/?ms=20&size=20000", b"", expected=b"x" * 20_000)
        connection.close()

    def throws(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        self._ask(connection, "/?throw", b"", status=500, expected=None)
        connection.close()

    def speaks_http2(self):
        if shutil.which("h2load") is None:
            return
        url = f"http://127.0.0.1:{self.port}/?size=1000"
        text = subprocess.run(["h2load", "-n500", "-c2", "-m8", url], stdout=subprocess.PIPE, text=True, check=False).stdout
        done = int(re.search(r"(\d+) 2xx", text)[1])
        self.counts["http/2"] += done
        refused = int(re.search(r"(\d+) 5xx", text)[1])
        self.wrong["http/2 5xx"] += refused
        self.wrong["http/2, no answer"] += 500 - done - refused

    def _ask(self, connection, path, body, status=200, expected=b"", **how):
        expected = body if expected == b"" and isinstance(body, bytes) else expected
        headers = {"Transfer-Encoding": "chunked"} if how else {}
        connection.request("POST", path, body=body, headers=headers, **how)
        answer = connection.getresponse()
        got = answer.read()
        self.counts["answered"] += 1
        if answer.status == 503 and len(expected or b"") > 100_000:
            self.counts["told to try again later"] += 1  # a large body, while other bodies have taken the memory
        elif answer.status != status or (expected is not None and got != expected):
            said = got.split(b"\n")[0].decode(errors="replace")[:100] if answer.status >= 400 else "another body"
            self.wrong[f"{path} of {len(expected or b'')} bytes: {answer.status} {said}, beside {self.load or 'no load'}"] += 1

    # Faults: their answers are not checked.

    def leaves_in_the_middle(self):
        with self.connect() as peer:
            peer.sendall(b"POST /?ms=50 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            peer.sendall(bytes(self.random.choice([0, 50_000, 100_000])))
            if self.random.random() < 0.5:  # with a reset
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def leaves_an_answer(self):
        with self.connect() as peer:
            peer.sendall(b"GET /?size=3000000 HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.recv(1000)

    def is_slow(self):
        with self.connect() as peer:
            peer.sendall(self.random.choice([
                b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\x08\x01",
            ]))
            peer.settimeout(4)
            while peer.recv(1000):
                pass

    def reads_nothing(self):
        with self.connect() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.sendall(b"GET /?size=9000000 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.over.wait(3)

    def talks_nonsense(self):
        with self.connect() as peer:
            peer.sendall(self.random.randbytes(self.random.randrange(1, 3_000)))
            peer.settimeout(4)
            while peer.recv(1000):
                pass

    def keeps_memory(self, pid):
        """Runs one memory load after the other until the end."""
        while not self.over.is_set():
            for load in LOADS:
                if self.over.is_set():
                    return
                forget_peak(pid)
                self.load = load.__name__
                try:
                    with Crowd(self.port) as crowd:
                        load(crowd)
                except (OSError, AssertionError) as error:
                    print(f"  {load.__name__}: {error!r}", flush=True)
                    continue
                peak = resident_mib(pid, "VmHWM")
                self.peaks[load.__name__] = max(self.peaks.get(load.__name__, 0), peak)
                self.counts["memory load"] += 1
                self.load = None
                self.over.wait(5)

    def run(self, part, pause):
        good = part.__name__ in ("reuses_a_connection", "connects_once", "takes_time", "throws", "speaks_http2")
        while not self.over.is_set():
            try:
                part()
            except OSError as error:
                if good and not self.over.is_set():
                    self.wrong[repr(error)] += 1
            self.counts[part.__name__] += 1
            self.over.wait(pause)


def resident_mib(pid, what="VmRSS"):
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def forget_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def slope(samples):
    """The slope in MiB in ten minutes, by least squares over (seconds, MiB)."""
    count = len(samples)
    if count < 3:
        return 0.0
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    return 600 * sum((x - mean_x) * (y - mean_y) for x, y in samples) / sum((x - mean_x) ** 2 for x, _ in samples)


def start(program, home):
    log = open(Path(home) / "log", "w+")  # noqa: SIM115: the process writes to it
    process = subprocess.Popen([program, "--source", _ROOT / "bench/soak.cc", "--target", "soak", "--host", "127.0.0.1", "--port", "0", *_FLAGS],
                               env={"PATH": os.environ["PATH"], "HOME": home, "OFN_INCLUDE_DIR": str(_ROOT / "include")},
                               stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    while not (found := re.search(r"listening.*127\.0\.0\.1:(\d+)", Path(log.name).read_text())):
        if process.poll() is not None:
            sys.exit(Path(log.name).read_text())
        time.sleep(0.1)
    return process, int(found[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--minutes", type=float, default=20, help="the length of the run (default: 20)")
    arguments.add_argument("--program", default=_ROOT / "build/bin/functions-framework", help="the program to measure")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        process, port = start(options.program, home)
        try:
            missed = soak(process, port, options.minutes * 60)
        finally:
            process.terminate()
            code = process.wait(60)
        print(f"exit code after SIGTERM: {code}")
        sys.exit(1 if missed or code else 0)


def soak(process, port, seconds):
    load = Soak(port)
    load.takes_time()
    baseline = descriptors(process.pid)
    parts = [(load.reuses_a_connection, 0.2), (load.connects_once, 0.05), (load.takes_time, 0.05), (load.throws, 0.5),
             (load.speaks_http2, 1), (load.leaves_in_the_middle, 0.05), (load.leaves_an_answer, 0.2), (load.talks_nonsense, 0.1),
             *[(load.is_slow, 0.1)] * 4, *[(load.reads_nothing, 0.1)] * 2]
    threads = [threading.Thread(target=load.run, args=part, daemon=True) for part in parts]
    threads.append(threading.Thread(target=load.keeps_memory, args=(process.pid,), daemon=True))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    samples = []
    while (now := time.monotonic() - began) < seconds and process.poll() is None:
        samples.append((now, resident_mib(process.pid)))
        if len(samples) % 60 == 1:
            print(f"{now:6.0f} s  {samples[-1][1]:7.1f} MiB  {descriptors(process.pid):4d} descriptors  {sum(load.wrong.values())} wrong {dict(+load.wrong)}", flush=True)
        time.sleep(_SAMPLE_SECONDS)
    load.over.set()
    for thread in threads:
        thread.join(60)
    end = time.monotonic() + 15
    while descriptors(process.pid) > baseline and time.monotonic() < end:
        time.sleep(0.1)
    left = descriptors(process.pid)
    # Calls in flight take and return memory, so the lowest value of each minute shows what stays.
    minutes = {}
    for at, mib in samples:
        if at > seconds / 4:
            minutes[at // 60] = min(minutes.get(at // 60, (at, mib)), (at, mib), key=lambda each: each[1])
    grown = slope(sorted(minutes.values()))
    print(f"{sum(load.counts[name] for name in ('answered', 'http/2'))} good calls, {sum(load.wrong.values())} wrong {dict((+load.wrong).most_common(5))}")
    print("times: " + ", ".join(f"{name} {count}" for name, count in sorted(load.counts.items())))
    print("peaks: " + ", ".join(f"{name} {mib:.0f} MiB" for name, mib in load.peaks.items()))
    print(f"RSS slope: {grown:+.2f} MiB in ten minutes (goal: below {_GOAL_MIB}); at the end {resident_mib(process.pid):.1f} MiB")
    print(f"descriptors: {baseline} before, {left} after")
    return grown >= _GOAL_MIB or left > baseline or sum(load.wrong.values()) > 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
