#!/usr/bin/env python3
"""Prints which functions take the instructions of a request: a flame graph as text, of hello or (--output) of hello with one output.

Runs the program under callgrind and sends it requests over eight connections. Prints each function below Loop::run that takes at least a
given part of the instructions. If a function is called from several places, each place shows the mean of all its calls.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

import harness.servers
from harness.bench import Bench
from harness.servers import ROOT

_CONNECTIONS = 8
_ROUNDS = 400
_BODY = b"hello, world\n"
_ROOT_FUNCTION = "ofn::Loop::run()"


class Graph:
    """The contents of callgrind's file: the instructions of each function itself, and those of its calls of other functions."""

    def __init__(self, path):
        self.own = collections.Counter()
        self.calls = collections.defaultdict(collections.Counter)
        names, callee, is_call, current = {}, None, False, None
        for line in Path(path).read_text().splitlines():
            if found := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line):
                called, number, name = found.groups()
                if name:
                    names[number] = name
                if called:
                    callee = names[number]
                else:
                    current = names[number]
            elif line.startswith("calls="):
                is_call = True
            elif found := re.match(r"[+\-*\d]\S* (\d+)$", line):
                if is_call:
                    self.calls[current][callee] += int(found[1])
                else:
                    self.own[current] += int(found[1])
                is_call = False

    def total(self, function):
        return self.own[function] + sum(self.calls[function].values())


def short(name):
    """The name without namespaces, template arguments, parameters and the like."""
    depth, kept = 0, ""
    for char in name.replace("(anonymous namespace)::", "").split("'")[0].replace("operator()", "call"):
        depth += char in "<("
        if depth == 0:
            kept += char
        depth -= char in ">)"
    words = [word for word in kept.split() if word != "const"]
    return words[-1].removeprefix("ofn::") if words else name


def draw(graph, function, cost, requests, least, depth=0, above=()):
    print(f"{cost / requests:8.0f}  {'  ' * depth}{short(function)}")
    total = graph.total(function)
    for called, calls in graph.calls[function].most_common():
        part = cost * calls / total
        if part >= least and called not in above and called != function:
            draw(graph, called, part, requests, least, depth + 1, (*above, function))


def ask(port):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(_CONNECTIONS)]
        for _ in range(_ROUNDS):
            for connection in connections:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            for connection in connections:
                answer = b""
                while not answer.endswith(_BODY):
                    answer += connection.recv(65536)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", action="store_true", help="with one output")
    parser.add_argument("--least", type=float, default=2.0, help="print functions that take at least this percentage (default: 2)")
    parser.add_argument("--program", default=ROOT / "build/bin/functions-framework", help="the program to measure")
    options = parser.parse_args()
    harness.servers.ready_seconds = 120.0  # callgrind makes the start slow
    with tempfile.TemporaryDirectory(prefix="ofn-flame-") as directory, contextlib.ExitStack() as stack:
        bench = Bench(options, directory)
        server = bench.ours(stack.enter_context(bench.sink()) if options.output else None)
        counted = Path(directory) / "out"
        cpu = str(min(os.sched_getaffinity(0)))  # one loop
        server.prefix = ["taskset", "-c", cpu, "valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}"]
        with server:
            ask(server.port)
        graph = Graph(counted)
    root = next(name for name in graph.calls if name.startswith(_ROOT_FUNCTION))
    total = graph.total(root)
    draw(graph, root, total, _CONNECTIONS * _ROUNDS, total * options.least / 100)


if __name__ == "__main__":
    main()
