#!/usr/bin/env python3
"""Measures the framework beside its peers and prints Markdown tables (docs/performance.md keeps one run of it).

README.md beside this file says what is measured and how. Needs Python's standard library, wrk, nginx and, for the
outputs and the overload, Go. Starts processes of its own on free loopback ports and ends exactly those.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PEERS = _ROOT / "bench/peers"
_TICK = os.sysconf("SC_CLK_TCK")
_READY_SECONDS = 20.0


def say(text):
    print(text, file=sys.stderr, flush=True)


def peer(name):
    return subprocess.run([_PEERS / "build", name], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process with its children, from start to stop. `command` and `environment` are given the port."""

    def __init__(self, command, environment=None, answers_http=True):
        self.port = free_port()
        self._command = [str(word) for word in command(self.port)]
        self._environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(environment or {})}
        self._answers_http = answers_http
        self._process = None
        self.output = None

    def __enter__(self):
        self.output = tempfile.TemporaryFile("w+")
        # A group of its own: whatever it starts can be ended with it.
        self._process = subprocess.Popen(self._command, env=self._environment, stdin=subprocess.DEVNULL,
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

    def log(self):
        self.output.seek(0)
        return self.output.read()

    def _wait_until_ready(self):
        end = time.monotonic() + _READY_SECONDS
        while not self._ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._command[0]} exited with {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise RuntimeError(f"{self._command[0]} did not answer in {_READY_SECONDS} s:\n{self.log()}")
            time.sleep(0.0002)

    def _ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=_READY_SECONDS) as connection:
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
        """User and system time of the tree: all threads, also ended ones, and waited-for children."""
        return sum(sum(int(ticks) for ticks in _stat(pid)[11:15]) for pid in self.pids()) / _TICK

    def resident_mib(self):
        """RSS, and PSS, in which pages shared by processes count once."""
        totals = {"Rss": 0, "Pss": 0}
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in totals:
                    totals[name] += int(rest.split()[0])
        return totals["Rss"] / 1024, totals["Pss"] / 1024


def _stat(pid):
    """The fields of /proc/PID/stat behind the program's name, which may hold anything: state, ppid, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class Load:
    """What wrk saw in one run, and what it cost the server."""

    def __init__(self, server, seconds, connections):
        before = server.cpu_seconds()
        text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{server.port}/"],
                              check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + 60).stdout
        cpu = server.cpu_seconds() - before
        if "Non-2xx" in text or "Socket errors" in text:
            raise RuntimeError(f"not every request was answered:\n{text}\n{server.log()[-2000:]}")
        self.requests = int(re.search(r"(\d+) requests in", text)[1])
        self.per_second = float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])
        self.cpu_us = cpu * 1e6 / self.requests


class Attack:
    """What vegeta saw: `load` is its flags for rate and workers."""

    def __init__(self, url, seconds, *load):
        vegeta = subprocess.run([_ROOT / "tests/tools/build", "vegeta"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        attack = subprocess.run([vegeta, "attack", f"-duration={seconds}s", *load], input=f"GET {url}\n".encode(),
                                check=True, stdout=subprocess.PIPE, timeout=seconds + 60).stdout
        lines = subprocess.run([vegeta, "encode", "-to=json"], input=attack, check=True, stdout=subprocess.PIPE).stdout.splitlines()
        results = [json.loads(line) for line in lines]
        unexpected = {(result["code"], result["error"]) for result in results if result["code"] not in (200, 503)}
        if unexpected:
            raise RuntimeError(f"answers other than 200 and 503: {sorted(unexpected)[:3]}")
        self.goodput = sum(result["code"] == 200 for result in results) / seconds
        self.per_second = len(results) / seconds
        self.refusal_ms = sorted(result["latency"] / 1e6 for result in results if result["code"] == 503)


def spread(values, digits=2):
    """Median and range."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratios(ours, theirs):
    return [a / b for a, b in zip(ours, theirs)]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


class Bench:
    def __init__(self, options, directory):
        self._options = options
        self._directory = Path(directory)
        self._program = Path(options.program).resolve()
        self._function = self._directory / "hello.so"
        subprocess.run([self._program, "build", "--source", _ROOT / "bench/hello.cc", "--target", "hello",
                        "-o", self._function], check=True, stdout=sys.stderr)
        self.goals = []

    # The servers.

    def ours(self, sidecar=None):
        environment = {}
        if sidecar:
            output = {"componentName": "sink", "componentType": "bindings.localstorage", "operation": "create"}
            environment = {
                "FUNC_CONTEXT": json.dumps({"name": "hello", "version": "v1.0.0", "runtime": "Knative",
                                            "outputs": {"sink": output}}),
                "DAPR_HOST": "127.0.0.1",
                "DAPR_GRPC_PORT": str(sidecar.port),
            }
        return Server(lambda port: [self._program, "--source", self._function, "--target", "hello",
                                    "--host", "127.0.0.1", "--port", port], environment)

    def nginx(self):
        def command(port):
            directory = Path(tempfile.mkdtemp(prefix="nginx-", dir=self._directory))
            # Started as root, nginx's workers become another user.
            directory.chmod(0o777)
            text = (_PEERS / "nginx/nginx.conf.in").read_text()
            for name, value in (("DIR", directory), ("PORT", port), ("WORKERS", os.cpu_count())):
                text = text.replace(f"@{name}@", str(value))
            (directory / "nginx.conf").write_text(text)
            return [peer("nginx"), "-e", directory / "error.log", "-c", directory / "nginx.conf"]

        return Server(command)

    def epoll(self):
        return Server(lambda port: [peer("epoll"), port, os.cpu_count()])

    def dapr_go(self, sidecar=None):
        arguments = ["-sidecar-port", sidecar.port] if sidecar else ["-no-output"]
        return Server(lambda port: [peer("dapr-go"), "-port", port, *arguments])

    def sink(self):
        return Server(lambda port: [peer("sidecar-sink"), "-port", port], answers_http=False)

    # The measurements.

    def _rounds(self, servers):
        """name → its loads, one a round; the first, unmeasured round warms everything up."""
        loads = {name: [] for name in servers}
        for server in servers.values():
            Load(server, 1, self._options.connections)
        for number in range(self._options.rounds):
            say(f"round {number + 1} of {self._options.rounds}: {', '.join(servers)}")
            for name, server in servers.items():
                loads[name].append(Load(server, self._options.seconds, self._options.connections))
        return loads

    def hello(self):
        with contextlib.ExitStack() as stack:
            servers = {"functions-framework": stack.enter_context(self.ours()),
                       "nginx": stack.enter_context(self.nginx()), "epoll": stack.enter_context(self.epoll())}
            idle = {name: server.resident_mib() for name, server in servers.items()}
            loads = self._rounds(servers)
            loaded = {name: server.resident_mib() for name, server in servers.items()}
        cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
        speed = {name: [load.per_second for load in all_loads] for name, all_loads in loads.items()}
        print("### Hello\n")
        table(["server", "CPU µs a request", "× nginx's CPU", "requests a second", "RSS (PSS) MiB at start", "… after load"],
              [[name, spread(cpu[name]), spread(ratios(cpu[name], cpu["nginx"])), spread(speed[name], 0),
                "%.1f (%.1f)" % idle[name], "%.1f (%.1f)" % loaded[name]] for name in servers])
        ours = "functions-framework"
        self._goal("hello's CPU, × nginx", statistics.median(ratios(cpu[ours], cpu["nginx"])), 0.95)
        self._goal("memory after load, RSS in MiB", loaded[ours][0], 8)

    def output(self):
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            sinks = {"functions-framework": enter(self.sink()), "dapr-go": enter(self.sink())}
            servers = {"functions-framework": enter(self.ours()),
                       "functions-framework + output": enter(self.ours(sinks["functions-framework"])),
                       "dapr-go": enter(self.dapr_go()),
                       "dapr-go + output": enter(self.dapr_go(sinks["dapr-go"]))}
            loads = self._rounds(servers)
        for name, sink in sinks.items():
            self._all_arrived(name, sum(load.requests for load in loads[name + " + output"]), sink)
        cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
        added = {name: [a - b for a, b in zip(cpu[name + " + output"], cpu[name])] for name in sinks}
        print("### Hello with one output\n")
        table(["server", "CPU µs a request, no output", "with one output", "the output's added CPU", "× Go's",
               "requests a second with it"],
              [[name, spread(cpu[name]), spread(cpu[name + " + output"]), spread(added[name]),
                spread(ratios(added[name], added["dapr-go"])),
                spread([load.per_second for load in loads[name + " + output"]], 0)] for name in sinks])
        self._goal("the output's added CPU, × Go's",
                   statistics.median(ratios(added["functions-framework"], added["dapr-go"])), 0.25)

    def start(self):
        with self.sink() as sink:
            makers = {"functions-framework": self.ours, "functions-framework + output": lambda: self.ours(sink),
                      "nginx": self.nginx, "dapr-go + output": lambda: self.dapr_go(sink), "epoll": self.epoll}
            times = {name: [] for name in makers}
            say(f"{self._options.starts} starts of: {', '.join(makers)}")
            for _ in range(self._options.starts):
                for name, make in makers.items():
                    server = make()
                    begin = time.perf_counter()
                    with server:
                        times[name].append((time.perf_counter() - begin) * 1000)
        # Two of the servers have an output, and each was asked once a start.
        self._all_arrived("the started servers", 2 * self._options.starts, sink)
        print("### From exec to the first answer\n")
        table(["server", f"ms, of {self._options.starts} starts", "× nginx"],
              [[name, spread(times[name]), spread(ratios(times[name], times["nginx"]))] for name in makers])
        for name in ("functions-framework", "functions-framework + output"):
            self._goal(f"start of {name}, × nginx", statistics.median(ratios(times[name], times["nginx"])), 1.0)

    def overload(self):
        """A function that takes 10 ms, 16 at a time, asked three times as often as that."""
        function = self._directory / "soak.so"
        subprocess.run([self._program, "build", "--source", _ROOT / "bench/soak.cc", "--target", "soak", "-o", function],
                       check=True, stdout=sys.stderr)
        peaks, rows = [], []
        with Server(lambda port: [self._program, "--source", function, "--target", "soak", "--host", "127.0.0.1", "--port", port,
                                  "--concurrency", "16", "--queue", "16"]) as server:
            url = f"http://127.0.0.1:{server.port}/?ms=10"
            for number in range(self._options.rounds):
                say(f"round {number + 1} of {self._options.rounds}: overload")
                peak = Attack(url, self._options.seconds, "-rate=0", "-workers=16", "-max-workers=16")
                peaks.append(peak.goodput)
                rows.append(Attack(url, self._options.seconds, f"-rate={round(3 * peak.goodput)}", "-workers=64"))
        p99 = [each.refusal_ms[len(each.refusal_ms) * 99 // 100] for each in rows]
        kept = ratios([each.goodput for each in rows], peaks)
        print("### Overload: 10 ms a call, 16 at a time, 16 wait\n")
        table(["good answers a second at capacity", "asked a second", "good answers a second then", "× capacity", "refused after ms, p99"],
              [[spread(peaks, 0), spread([each.per_second for each in rows], 0), spread([each.goodput for each in rows], 0),
                spread(kept), spread(p99)]])
        self._goal("refusal at overload, ms (p99)", statistics.median(p99), 10)
        self.goals.append(["goodput at 3× capacity, × peak", "≥ 0.9", f"{statistics.median(kept):.2f}",
                           "yes" if statistics.median(kept) >= 0.9 else "**no**"])

    @staticmethod
    def _all_arrived(name, answered, sink):
        """An output that was acknowledged without having been sent would be cheap."""
        calls = int(re.search(r"calls (\d+)", sink.log())[1])
        if calls < answered:
            raise RuntimeError(f"{name} answered {answered} requests, but the sidecar saw {calls} calls")

    def _goal(self, what, value, limit):
        self.goals.append([what, f"≤ {limit}", f"{value:.2f}", "yes" if value <= limit else "**no**"])


def machine():
    def version(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0].strip() if done.stdout else "?"

    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return (f"{os.cpu_count()} cores ({cpu}), Linux {platform.release()}, load average before: "
            f"{os.getloadavg()[0]:.1f}; {version(peer('nginx'), '-v')}; {version('wrk', '-v').partition(' Copyright')[0]}")


def main():
    parts = ["hello", "output", "start", "overload"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=parts, help="measure this part only (may be repeated)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one load (default: 3)")
    parser.add_argument("--connections", type=int, default=32, help="connections of one load (default: 32)")
    parser.add_argument("--starts", type=int, default=20, help="starts of each server (default: 20)")
    parser.add_argument("--program", default=_ROOT / "build/bin/functions-framework", help="the program to measure")
    options = parser.parse_args()

    # A terminated run ends its servers, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="ofn-bench-") as directory:
        # Workers of a server started as root run as somebody else.
        os.chmod(directory, 0o755)
        print(f"`{' '.join(['./dev bench', *sys.argv[1:]])}` on {machine()}.")
        print("Medians with (least–most) over the rounds.\n")
        bench = Bench(options, directory)
        for part in options.only or parts:
            getattr(bench, part)()
        print("### Goals\n")
        table(["goal", "limit", "measured", "met"], bench.goals)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"bench: {error}")
