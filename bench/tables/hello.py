"""Plain hello beside nginx and a raw epoll loop: CPU time of a request, and memory."""

import contextlib
import statistics

from harness.report import ratios, spread, table


def run(bench):
    with contextlib.ExitStack() as stack:
        servers = {"functions-framework": stack.enter_context(bench.ours()),
                   "nginx": stack.enter_context(bench.nginx()), "epoll": stack.enter_context(bench.epoll())}
        idle = {name: server.resident_mib() for name, server in servers.items()}
        loads = bench.rounds(servers)
        loaded = {name: server.resident_mib() for name, server in servers.items()}
    cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
    speed = {name: [load.per_second for load in all_loads] for name, all_loads in loads.items()}
    print("### Hello\n")
    table(["server", "CPU µs a request", "× nginx's CPU", "requests a second", "RSS (PSS) MiB at start", "… after load"],
          [[name, spread(cpu[name]), spread(ratios(cpu[name], cpu["nginx"])), spread(speed[name], 0),
            "%.1f (%.1f)" % idle[name], "%.1f (%.1f)" % loaded[name]] for name in servers])
    ours = "functions-framework"
    bench.goal("hello's CPU, × nginx", statistics.median(ratios(cpu[ours], cpu["nginx"])), 0.95)
    bench.goal("memory after load, RSS in MiB", loaded[ours][0], 8)
