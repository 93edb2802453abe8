"""The time from exec to the first answer."""

import statistics
import time

from harness.report import ratios, spread, table
from harness.servers import say


def run(bench):
    with bench.sink() as sink:
        makers = {"functions-framework": bench.ours, "functions-framework + output": lambda: bench.ours(sink),
                  "nginx": bench.nginx, "dapr-go + output": lambda: bench.dapr_go(sink), "epoll": bench.epoll}
        times = {name: [] for name in makers}
        say(f"{bench.options.starts} starts of: {', '.join(makers)}")
        for _ in range(bench.options.starts):
            for name, make in makers.items():
                server = make()
                begin = time.perf_counter()
                with server:
                    times[name].append((time.perf_counter() - begin) * 1000)
    # Two of the servers have an output, and each gets one request for each start.
    bench.all_arrived("the started servers", 2 * bench.options.starts, sink)
    print("### From exec to the first answer\n")
    table(["server", f"ms, of {bench.options.starts} starts", "× nginx"],
          [[name, spread(times[name]), spread(ratios(times[name], times["nginx"]))] for name in makers])
    for name in ("functions-framework", "functions-framework + output"):
        bench.goal(f"start of {name}, × nginx", statistics.median(ratios(times[name], times["nginx"])), 1.0)
