"""Plain hello over cleartext HTTP/2, beside nginx: 32 connections with 10 streams each."""

import contextlib
import statistics

from harness.loads import Http2Load
from harness.report import ratios, spread, table

_CONNECTIONS = 32
_STREAMS = 10


def run(bench):
    with contextlib.ExitStack() as stack:
        servers = {"functions-framework": stack.enter_context(bench.ours()), "nginx": stack.enter_context(bench.nginx(http2=True))}
        loads = bench.rounds(servers, lambda server, seconds: Http2Load(server, seconds, _CONNECTIONS, _STREAMS))
    cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
    compared = ratios(cpu["functions-framework"], cpu["nginx"])
    print(f"### Hello over cleartext HTTP/2, {_CONNECTIONS} connections with {_STREAMS} streams\n")
    table(["server", "CPU µs a request", "× nginx's CPU", "requests a second"],
          [[name, spread(cpu[name]), spread(ratios(cpu[name], cpu["nginx"])),
            spread([load.per_second for load in loads[name]], 0)] for name in servers])
    bench.goal("hello's CPU over HTTP/2, × nginx", statistics.median(compared), 0.4)
