"""Plain hello beside the functions frameworks of other languages: CPU time of a request, and memory."""

import contextlib
import os
import subprocess

from harness.report import ratios, spread, table
from harness.servers import Server, peer, say

_PEERS = {"Go (Google)": "google-go", "Node (Google)": "google-node", "Python (Google)": "google-python",
          "Python (OpenFunction)": "openfunction-python"}


def run(bench):
    with contextlib.ExitStack() as stack:
        servers = {"functions-framework": stack.enter_context(bench.ours())}
        for name, which in _PEERS.items():
            try:
                program = peer(which)
            except subprocess.CalledProcessError as error:
                say(f"{name} is left out: {error}")
                continue
            servers[name] = stack.enter_context(Server(lambda port, program=program: [program, port], {"PATH": os.environ["PATH"]}))
        loads = bench.rounds(servers)
        memory = {name: server.resident_mib() for name, server in servers.items()}
    cpu = {name: [load.cpu_us for load in all_loads] for name, all_loads in loads.items()}
    print("### Hello in other functions frameworks\n")
    table(["framework", "CPU µs a request", "× ours", "requests a second", "RSS (PSS) MiB after load"],
          [[name, spread(cpu[name], 1), spread(ratios(cpu[name], cpu["functions-framework"]), 1),
            spread([load.per_second for load in loads[name]], 0), "%.1f (%.1f)" % memory[name]] for name in servers])
