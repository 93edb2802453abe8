"""1 to 10,000 connections: CPU time of a request beside a raw epoll loop, and the memory of an idle connection."""

import contextlib
import resource
import socket
import statistics

from harness.loads import Load
from harness.report import ratios, spread, table

_COUNTS = [1, 10, 100, 1_000, 10_000]
# From this number of connections on, the cost of a request shall not depend on the number. With fewer, requests rarely share a turn of a loop.
_FLAT_FROM = 10
_SPARE = 100


def run(bench):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _COUNTS[-1] + _SPARE
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), max(hard, most)))
    counted = {count: [] for count in _COUNTS}
    with bench.ours() as ours, bench.epoll() as epoll:
        Load(ours, 1, bench.options.connections)
        for _ in range(bench.options.rounds):
            for count in _COUNTS:
                # The load's time includes the time in which wrk opens its connections.
                seconds = max(bench.options.seconds, count // 1000)
                counted[count].append([Load(server, seconds, count) for server in (ours, epoll)])
    cpu = {count: [load.cpu_us for load, _ in loads] for count, loads in counted.items()}
    floor = {count: [load.cpu_us for _, load in loads] for count, loads in counted.items()}
    kib = _idle_kib(bench)
    print("### Connections\n")
    table(["connections", "CPU µs a request", "a raw epoll loop's", "× epoll's", "requests a second"],
          [[count, spread(cpu[count]), spread(floor[count]), spread(ratios(cpu[count], floor[count])),
            spread([load.per_second for load, _ in counted[count]], 0)] for count in _COUNTS])
    print(f"An idle connection that has been served once: {kib:.1f} KiB resident, of {_COUNTS[-1]}.\n")
    print(f"The raw epoll loop's own cost, most × least from {_FLAT_FROM} connections on: {_unevenness(floor):.2f}.\n")
    bench.goal(f"CPU a request from {_FLAT_FROM} to {_COUNTS[-1]} connections, most × least", _unevenness(cpu), 1.25)
    bench.goal("an idle connection, KiB", kib, 6)


def _unevenness(costs):
    medians = [statistics.median(costs[count]) for count in _COUNTS if count >= _FLAT_FROM]
    return max(medians) / min(medians)


def _idle_kib(bench):
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with bench.ours() as server, contextlib.ExitStack() as stack:
        def connect(count):
            for _ in range(count):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                connection.sendall(request)
                if not connection.recv(1024).startswith(b"HTTP/1.1 200"):
                    raise RuntimeError("a connection was not served")

        connect(_SPARE)  # the first connections also make the process allocate what it always needs
        before = server.resident_mib()[0]
        connect(_COUNTS[-1] - _SPARE)
        return (server.resident_mib()[0] - before) * 1024 / (_COUNTS[-1] - _SPARE)
