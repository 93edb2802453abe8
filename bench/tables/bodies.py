"""An echo of the request's body, beside nginx, which answers from memory."""

import contextlib
import statistics

from harness.loads import Load
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
