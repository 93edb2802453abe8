"""The CPU time that one output adds to a request, beside Dapr's Go SDK."""

import contextlib
import statistics

from harness.report import ratios, spread, table


def run(bench):
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        sinks = {"functions-framework": enter(bench.sink()), "dapr-go": enter(bench.sink())}
        servers = {"functions-framework": enter(bench.ours()),
                   "functions-framework + output": enter(bench.ours(sinks["functions-framework"])),
                   "dapr-go": enter(bench.dapr_go()),
                   "dapr-go + output": enter(bench.dapr_go(sinks["dapr-go"]))}
        loads = bench.rounds(servers)
    for name, sink in sinks.items():
        bench.all_arrived(name, sum(load.requests for load in loads[name + " + output"]), sink)
    cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
    added = {name: [a - b for a, b in zip(cpu[name + " + output"], cpu[name])] for name in sinks}
    print("### Hello with one output\n")
    table(["server", "CPU µs a request, no output", "with one output", "the output's added CPU", "× Go's",
           "requests a second with it"],
          [[name, spread(cpu[name]), spread(cpu[name + " + output"]), spread(added[name]),
            spread(ratios(added[name], added["dapr-go"])),
            spread([load.per_second for load in loads[name + " + output"]], 0)] for name in sinks])
    bench.goal("the output's added CPU, × Go's",
               statistics.median(ratios(added["functions-framework"], added["dapr-go"])), 0.25)
