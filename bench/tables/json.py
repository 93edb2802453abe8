"""An order of 1 KiB, read into a struct and written from it: our JSON, nlohmann-json and Go's encoding/json."""

import json
import os
import statistics
import subprocess

from harness.report import ratios, spread, table
from harness.servers import ROOT, peer, say

ORDER = ROOT / "bench" / "order.json"


def ours(program):
    """Returns lines as the other programs print them."""
    environment = os.environ | {"OFN_ORDER": str(ORDER)}
    said = json.loads(subprocess.check_output([program, "--benchmark_format=json"], env=environment, stderr=subprocess.DEVNULL))
    return [f"{each['name']} {each['cpu_time']}" for each in said["benchmarks"]]


def theirs(program):
    return subprocess.check_output([program, ORDER], text=True).splitlines()


def run(bench):
    subprocess.run(["cmake", "--build", ROOT / "build", "--target", "ofn_json_bench"], check=True, stdout=subprocess.DEVNULL)
    programs = {"functions-framework": (ours, ROOT / "build" / "bin" / "ofn_json_bench"),
                "nlohmann-json": (theirs, peer("json-nlohmann")), "Go": (theirs, peer("json-go"))}
    times = {(name, what): [] for name in programs for what in ("read", "write")}
    for number in range(bench.options.rounds):
        say(f"round {number + 1} of {bench.options.rounds}: {', '.join(programs)}")
        for name, (measure, program) in programs.items():
            for line in measure(program):
                what, nanoseconds = line.split()
                times[name, what].append(float(nanoseconds))
    print(f"### An order of {ORDER.stat().st_size} bytes of JSON\n")
    rows = []
    for what in ("read", "write"):
        for name in programs:
            ratio = ratios(times[name, what], times["nlohmann-json", what])
            rows.append([what, name, spread(times[name, what]), spread(ratio)])
        bench.goal(f"JSON: {what}, × nlohmann-json", statistics.median(ratios(times["functions-framework", what], times["nlohmann-json", what])), 0.5)
    table(["", "by", "CPU ns", "× nlohmann-json"], rows)
