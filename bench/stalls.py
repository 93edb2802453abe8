#!/usr/bin/env python3
"""Measures how a load delays other clients, and prints Markdown tables.

    bench/stalls.py                      # measures build/bin/functions-framework; takes a minute
    bench/stalls.py --only abuse --program PATH

- block: a thousand calls at once that each block for 100 ms, and how long clients of another function wait meanwhile.
- streams: a function that computes for a millisecond, called over one HTTP/2 connection with 16 streams and over 16
  HTTP/1.1 connections (both by h2load).
- abuse: floods of HTTP/2, one connection after another, and how long clients on other connections wait meanwhile.
- idle: the CPU time of a server without requests.

A separate process acts as the other clients: it sends requests all the time. Its waits are measured three times: without a load, beside a
load on another server process, which shows the effect of the busy machine alone, and beside a load on its own server.
"""

import argparse
import contextlib
import http.client
import itertools
import multiprocessing
import os
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.report import ratios, spread, table
from harness.servers import Server

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from support import frames  # noqa: E402: the tests are not an installed package

_ROOT = Path(__file__).resolve().parents[1]
_CALLS = 1000
_GOAL_BLOCK_MS = 250


class Prober:
    """Another client, in a process of its own: when it sent each request, and how long the answer took."""

    def __init__(self, port):
        self._results, sender = multiprocessing.Pipe(duplex=False)
        self._over = multiprocessing.Event()
        self._process = multiprocessing.Process(target=self._ask, args=(port, sender), daemon=True)

    def __enter__(self):
        self._process.start()
        self._results.recv()  # it has begun
        return self

    def __exit__(self, *_):
        self._over.set()
        self.samples = self._results.recv()
        self._process.join()

    def _ask(self, port, sender):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sender.send(None)
        samples = []
        while not self._over.is_set():
            begin = time.monotonic()
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"quick\n"
            samples.append((begin, (time.monotonic() - begin) * 1000))
            time.sleep(0.0005)
        sender.send(samples)

    def within(self, windows):
        return sorted(took for begin, took in self.samples if any(start <= begin <= end for start, end in windows))


def percentile(samples, percent):
    return samples[len(samples) * percent // 100]


# The columns for three lists of samples: without a load, beside a load on another server, beside a load on this one.
_WAITED = ["others wait, ms, median · p99: without a load", "load on another server", "load on this server", "p99 × without a load", "p99 × other server's"]


def waited(three):
    tails = [percentile(samples, 99) for samples in three]
    return [*(f"{percentile(samples, 50):.2f} · {tail:.2f}" for samples, tail in zip(three, tails)), *(f"{tails[2] / tail:.1f}" for tail in tails[:2])]


def serve(program, directory):
    function = Path(directory) / "stalls.so"
    subprocess.run([program, "build", "--source", _ROOT / "bench/stalls.cc", "-o", function], check=True, stdout=sys.stderr)
    return Server(lambda port: [program, "--source", function, "--host", "127.0.0.1", "--port", port])


def all_at_once(connections):
    """Requests /block over every connection. Returns when it began, and when the last answer came."""
    poll = select.epoll()
    waiting = {each.fileno(): each for each in connections}
    for number in waiting:
        poll.register(number, select.EPOLLIN)
    begin = time.monotonic()
    for each in connections:
        each.sendall(b"GET /block HTTP/1.1\r\nHost: x\r\n\r\n")
    while waiting:
        for number, _ in poll.poll():
            assert waiting.pop(number).recv(4096).startswith(b"HTTP/1.1 200")
            poll.unregister(number)
    return begin, time.monotonic()


def pause(seconds):
    begin = time.monotonic()
    time.sleep(seconds)
    return begin, time.monotonic()


def block(server, neighbour, rounds):
    with contextlib.ExitStack() as stack:
        ours, theirs = ([stack.enter_context(socket.create_connection(("127.0.0.1", each.port))) for _ in range(_CALLS)] for each in (server, neighbour))
        for each in (ours, theirs):
            all_at_once(each)  # so the server learns that the function is slow
        with Prober(server.port) as prober:
            quiet, beside, bursts = [], [], []
            for _ in range(rounds):
                quiet.append(pause(0.3))
                beside.append(all_at_once(theirs))
                bursts.append(all_at_once(ours))
    took = [(end - begin) * 1000 for begin, end in bursts]
    print(f"### {_CALLS} calls at once that block for 100 ms\n")
    table(["all answered after ms", f"goal < {_GOAL_BLOCK_MS}"], [[spread(took, 0), "yes" if statistics.median(took) < _GOAL_BLOCK_MS else "**no**"]])
    table(_WAITED, [waited([prober.within(windows) for windows in (quiet, beside, bursts)])])


def h2load(server, seconds, *flags):
    text = subprocess.run(["h2load", f"-D{seconds}", *flags, f"http://127.0.0.1:{server.port}/compute"],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    if re.search(r"(\d+) failed", text)[1] != "0":
        raise RuntimeError(text)
    return float(re.search(r"finished in .*?, ([\d.]+) req/s", text)[1])


def streams(server, rounds):
    ways = {"one HTTP/2 connection, 16 streams": ["-c1", "-m16"], "16 HTTP/1.1 connections": ["--h1", "-c16"]}
    speeds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, flags in ways.items():
            speeds[name].append(h2load(server, 2, *flags))
    one, many = speeds.values()
    print("### A function that computes for about a millisecond\n")
    table(["asked over", "answers a second", "× HTTP/1.1"],
          [[name, spread(speed, 0), spread(ratios(speed, many))] for name, speed in speeds.items()])
    print(f"Goal ≥ 0.9: {'yes' if statistics.median(ratios(one, many)) >= 0.9 else '**no**'}\n")


_ABUSES = {
    "rapid reset": lambda number: frames.headers(number, frames.GET, frames.END_STREAM) + frames.reset(number),
    "window overflow": lambda number: frames.headers(number, frames.POST) + frames.window_update(number, 0x7FFFFFFF),
    "malformed HEADERS": lambda number: frames.headers(number, frames.GET[:1], frames.END_STREAM),
    "PING": lambda number: frames.frame(frames.PING, 0, 0, b"12345678"),
    "SETTINGS": lambda number: frames.settings(),
    "unknown frames": lambda number: frames.frame(0xBB, 0, 0, b"x"),
    "an HPACK bomb": lambda number: frames.frame(frames.HEADERS, frames.END_HEADERS | frames.END_STREAM, number, frames.block(frames.GET) + b"\xa0" * 16_000),
}


def flood(port, batches, seconds, result):
    """Floods one connection after another, each until the server ends it, and reports their number."""
    # With the lowest priority the flood takes no processor time from the other processes, so only the server can let other
    # clients wait. Linux divides time among sessions first, and then within a session (sched(7), autogroup).
    os.setsid()
    os.nice(19)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")
    end = time.monotonic() + seconds
    for count in itertools.count():
        if time.monotonic() > end:
            break
        with socket.create_connection(("127.0.0.1", port)) as peer, contextlib.suppress(ConnectionError):
            peer.sendall(frames.PREFACE + frames.settings())
            for batch in batches:
                peer.sendall(batch)
                if time.monotonic() > end or (select.select([peer], [], [], 0)[0] and not peer.recv(65536)):
                    break
    result.send(count)


def flooded(port, batches, seconds):
    """Floods the port. Returns the time window of the flood and the number of its connections."""
    counts, sender = multiprocessing.Pipe(duplex=False)
    attacker = multiprocessing.Process(target=flood, args=(port, batches, seconds, sender), daemon=True)
    attacker.start()
    window = pause(seconds)
    count = counts.recv()
    attacker.join()
    return window, count


def abuse(server, neighbour, rounds):
    rows = []
    for name, make in _ABUSES.items():
        # Far more frames than the server accepts on a connection.
        batches = [b"".join(make(2 * number + 1) for number in range(start, start + 100)) for start in range(0, 10_000, 100)]
        with Prober(server.port) as prober:
            quiet, beside, busy, count, cpu = [], [], [], 0, 0.0
            for _ in range(rounds):
                quiet.append(pause(0.3))
                beside.append(flooded(neighbour.port, batches, 0.3)[0])
                cpu -= server.cpu_seconds()
                window, connections = flooded(server.port, batches, 0.3)
                cpu += server.cpu_seconds()
                busy.append(window)
                count += connections
        rows.append([name, f"{count / rounds / 0.3:.0f}", f"{cpu * 1000 / count:.2f}", *waited([prober.within(windows) for windows in (quiet, beside, busy)])])
    print("### Floods of HTTP/2\n")
    table(["flood", "connections a second", "server's CPU, ms a connection", *_WAITED], rows)


def idle(server, rounds):
    before = server.cpu_seconds()
    time.sleep(rounds)
    print("### No requests\n")
    table(["seconds", "CPU seconds"], [[rounds, f"{server.cpu_seconds() - before:.2f}"]])


def main():
    parts = {"block": (block, 2), "streams": (streams, 1), "abuse": (abuse, 2), "idle": (idle, 1)}  # each with the number of its servers
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=parts, help="measure this part only (may be repeated)")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each part (default: 10)")
    parser.add_argument("--program", default=_ROOT / "build/bin/functions-framework", help="the program to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ofn-stalls-") as directory:
        print(f"{os.cpu_count()} cores, load average before: {os.getloadavg()[0]:.1f}\n")
        for part in options.only or parts:
            program = Path(options.program).resolve()
            measure, count = parts[part]
            with contextlib.ExitStack() as stack:
                measure(*(stack.enter_context(serve(program, directory)) for _ in range(count)), options.rounds)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"stalls: {error}")
