"""Overload: a function that takes 10 ms, with 16 calls at a time, gets three times as many requests as it can answer."""

import statistics

from harness.loads import Attack
from harness.report import ratios, spread, table
from harness.servers import say


def run(bench):
    peaks, rows = [], []
    with bench.ours(function="soak", flags=("--concurrency", "16", "--queue", "16")) as server:
        url = f"http://127.0.0.1:{server.port}/?ms=10"
        for number in range(bench.options.rounds):
            say(f"round {number + 1} of {bench.options.rounds}: overload")
            peak = Attack(url, bench.options.seconds, "-rate=0", "-workers=16", "-max-workers=16")
            peaks.append(peak.goodput)
            rows.append(Attack(url, bench.options.seconds, f"-rate={round(3 * peak.goodput)}", "-workers=64"))
    p99 = [each.refusal_ms[len(each.refusal_ms) * 99 // 100] for each in rows]
    kept = ratios([each.goodput for each in rows], peaks)
    print("### Overload: 10 ms a call, 16 at a time, 16 wait\n")
    table(["good answers a second at capacity", "requests a second", "good answers a second at overload", "× capacity", "refused after ms, p99"],
          [[spread(peaks, 0), spread([each.per_second for each in rows], 0), spread([each.goodput for each in rows], 0),
            spread(kept), spread(p99)]])
    bench.goal("refusal at overload, ms (p99)", statistics.median(p99), 10)
    bench.goal_at_least("goodput at 3× capacity, × peak", statistics.median(kept), 0.9)
