#!/usr/bin/env python3
"""Measures the framework beside its peers and prints Markdown tables (docs/performance.md keeps one run of it).

README.md beside this file says what is measured and how. The script needs Python's standard library, wrk, h2load and nginx. The tables
output, deliveries, start, overload, observe and peers also need Go, and peers needs npm. The script starts processes of its own on free loopback
ports, and ends exactly those.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.bench import Bench
from harness.report import table
from harness.servers import ROOT, peer

# Each name is a module in tables/ with a function `run(bench)`.
TABLES = ["hello", "h2c", "bodies", "connections", "output", "deliveries", "start", "image", "peers", "overload", "observe", "reload", "json"]


def machine():
    def version(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0].strip() if done.stdout else "?"

    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return (f"{os.cpu_count()} cores ({cpu}), Linux {platform.release()}, load average before: "
            f"{os.getloadavg()[0]:.1f}; {version(peer('nginx'), '-v')}; {version('wrk', '-v').partition(' Copyright')[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=TABLES, help="this table only (may be repeated)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of load (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one load (default: 3)")
    parser.add_argument("--connections", type=int, default=32, help="connections of one load (default: 32)")
    parser.add_argument("--starts", type=int, default=20, help="starts of each server (default: 20)")
    parser.add_argument("--edits", type=int, default=50, help="edits of the table reload (default: 50)")
    parser.add_argument("--program", default=ROOT / "build/bin/functions-framework", help="the program to measure")
    options = parser.parse_args()

    # If this run is terminated, it also ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="ofn-bench-") as directory:
        # The workers of a server that root starts run as another user.
        os.chmod(directory, 0o755)
        print(f"`{' '.join(['./dev bench', *sys.argv[1:]])}` on {machine()}.")
        print("Medians with (least–most) over the rounds.\n")
        bench = Bench(options, directory)
        for part in options.only or TABLES:
            importlib.import_module(f"tables.{part}").run(bench)
        print("### Goals\n")
        table(["goal", "limit", "measured", "met"], bench.goals)


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.SubprocessError, OSError) as error:
        sys.exit(f"bench: {error}")
