"""An echo of the request's body, beside nginx, which answers from memory; uploads that a function reads in pieces, beside Go's net/http."""

import contextlib
import statistics

from harness.loads import Load, Upload
from harness.report import ratios, spread, table

_SIZES = {"1 KiB": 1024, "64 KiB": 64 * 1024, "1 MiB": 1024 * 1024}


def run(bench):
    rows = []
    with contextlib.ExitStack() as stack:
        servers = {"functions-framework": stack.enter_context(bench.ours(function="echo")), "nginx": stack.enter_context(bench.nginx())}
        for name, size in _SIZES.items():
            loads = bench.rounds(servers, lambda server, seconds: Load(server, seconds, bench.options.connections, "/echo", size))
            ours, theirs = ([load.cpu_us for load in loads[server]] for server in servers)
            rows.append([name, spread(ours, 1), spread(theirs, 1), spread(ratios(ours, theirs))])
            bench.goal(f"echo of {name}, × nginx", statistics.median(ratios(ours, theirs)), 1.2)
    print("### A body echoed\n")
    table(["body", "functions-framework, CPU µs a request", "nginx", "× nginx's"], rows)
    _uploads(bench)


def _uploads(bench):
    with contextlib.ExitStack() as stack:
        servers = {"functions-framework": stack.enter_context(bench.ours(function="upload")), "Go net/http": stack.enter_context(bench.upload_go())}
        loads = bench.rounds(servers, lambda server, seconds: Upload(server, seconds, 1 << 30))
    ours, theirs = ([load.cpu_ms for load in loads[server]] for server in servers)
    bench.goal("an upload of 1 GiB, × Go", statistics.median(ratios(ours, theirs)), 1)
    print("### Uploads read in pieces\n")
    rows = [[name, spread([load.cpu_ms for load in loads[name]]), spread([load.resident_mib for load in loads[name]], 1)] for name in servers]
    table(["", "CPU ms for 1 GiB", "resident MiB"], rows)
