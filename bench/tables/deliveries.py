"""The CPU time of a topic's event that is delivered as daprd does, beside Dapr's Go SDK."""

import contextlib
import json
import statistics

from harness.loads import Deliveries
from harness.report import ratios, spread, table
from harness.servers import Server, peer

_EACH_SECOND = 20_000  # events for each second of --seconds, the same number for all subscribers
_OURS, _GO = "functions-framework", "Go, Dapr's SDK"


def _ours(bench, sidecar=None):
    output = {"componentName": "sink", "componentType": "bindings.localstorage", "operation": "create"}
    document = {"name": "take", "version": "v1.0.0", "runtime": "Async",
                "inputs": {"orders": {"uri": "orders", "componentName": "events", "componentType": "pubsub.redis"}},
                "outputs": {"sink": output} if sidecar else {}}
    environment = {"FUNC_CONTEXT": json.dumps(document), "DAPR_HOST": "127.0.0.1", "DAPR_GRPC_PORT": str(sidecar.port if sidecar else 9)}
    source = bench.function("take")
    return Server(lambda port: [bench.program, "--source", source, "--target", "take", "--host", "127.0.0.1", "--port", port],
                  environment, answers_http=False)


def _go(sidecar=None):
    arguments = ["-sidecar-port", sidecar.port] if sidecar else []
    return Server(lambda port: [peer("subscriber"), "-port", port, *arguments], answers_http=False)


def run(bench):
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        sinks = {_OURS: enter(bench.sink()), _GO: enter(bench.sink())}
        servers = {_OURS: enter(_ours(bench)), _GO: enter(_go()),
                   _OURS + " + output": enter(_ours(bench, sinks[_OURS])), _GO + " + output": enter(_go(sinks[_GO]))}
        loads = bench.rounds(servers, lambda server, seconds: Deliveries(server, seconds * _EACH_SECOND))
    for name, sink in sinks.items():
        bench.all_arrived(name, sum(load.count for load in loads[name + " + output"]), sink)
    cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
    against = {name: ratios(cpu[name], cpu[name.replace(_OURS, _GO)]) for name in servers}
    print("### Deliveries, 32 at a time over one connection\n")
    table(["subscriber", "CPU µs a delivery", "× Go's", "deliveries a second"],
          [[name, spread(cpu[name]), spread(against[name]), spread([load.per_second for load in loads[name]], 0)] for name in servers])
    for name in (_OURS, _OURS + " + output"):
        bench.goal(f"a delivery's CPU, {name}, × Go's", statistics.median(against[name]), 0.35)
