"""From 1 to 10,000 connections: CPU a request, and the memory of an idle one."""

import contextlib
import resource
import socket
import statistics

from harness.loads import Load
from harness.report import spread, table

_COUNTS = [1, 10, 100, 1_000, 10_000]
# From so many on a request's cost shall not depend on how many there are: fewer share no turn of a loop.
_FLAT_FROM = 10
_SPARE = 100


def run(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _COUNTS[-1] + _SPARE
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), max(hard, most)))
    counted = {count: [] for count in _COUNTS}
    with bench.ours() as server:
        Load(server, 1, bench.options.connections)
        for _ in range(bench.options.rounds):
            for count in _COUNTS:
                # wrk makes its connections within the load's time.
                seconds = max(bench.options.seconds, count // 1000)
                counted[count].append(Load(server, seconds, count))
    cpu = {count: [load.cpu_us for load in loads] for count, loads in counted.items()}
    kib = _idle_kib(bench)
    print("### Connections\n")
    table(["connections", "CPU µs a request", "requests a second"],
          [[count, spread(cpu[count]), spread([load.per_second for load in counted[count]], 0)] for count in _COUNTS])
    print(f"An idle connection that has been served once: {kib:.1f} KiB resident, of {_COUNTS[-1]}.\n")
    medians = [statistics.median(cpu[count]) for count in _COUNTS if count >= _FLAT_FROM]
    bench.goal(f"CPU a request from {_FLAT_FROM} to {_COUNTS[-1]} connections, most × least", max(medians) / min(medians), 1.25)
    bench.goal("an idle connection, KiB", kib, 6)


def _idle_kib(bench):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with bench.ours() as server, contextlib.ExitStack() as stack:
        def connect(count):
            for _ in range(count):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                connection.sendall(request)
                if not connection.recv(1024).startswith(b"HTTP/1.1 200"):
                    raise RuntimeError("a connection was not served")

        connect(_SPARE)  # the first ones bring the process to what it needs anyhow
        before = server.resident_mib()[0]
        connect(_COUNTS[-1] - _SPARE)
        return (server.resident_mib()[0] - before) * 1024 / (_COUNTS[-1] - _SPARE)
