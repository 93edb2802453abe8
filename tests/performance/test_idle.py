"""Without connections the program sleeps: no thread of it wakes up, because a platform may give processors only while requests are active.

`--heavy` looks at a whole minute.
"""

import re
import time
from pathlib import Path

import pytest

from support.collector import Collector
from support.http_client import call
from support.program import binding, context
from support.sink import Sink
from support.waiting import until

# A worker that has nothing to do ends after 10 s, which is a wake-up. Each wake-up begins the look anew.
_SETTLED = 60.0  # seconds


def wake_ups(process):
    """Returns how often the threads of the process have given up a processor so far, and their number."""
    total, threads = 0, 0
    for status in Path("/proc").glob(f"{process.pid}/task/*/status"):
        switches = re.findall(r"ctxt_switches:\s+(\d+)", status.read_text(encoding="ascii"))
        total += sum(map(int, switches))
        threads += 1
    return total, threads


def sleeps(process, seconds):
    """Waits until it has slept for so long."""
    seen, since = wake_ups(process), time.monotonic()

    def has_slept():
        nonlocal seen, since
        now = wake_ups(process)
        if now != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since >= seconds

    until(has_slept, f"{seconds:g} s without a wake-up", _SETTLED + seconds)


@pytest.mark.parametrize("calls", [0, 100])
def test_nothing_wakes_up_without_connections(program, hello, request, calls):
    with Sink() as sink:
        environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", **sink.environment}
        with program.serve(hello, "hello", context([binding("archive")]), environment) as server:
            for _ in range(calls):
                assert call(server.url).status == 200
            # The shortest look is longer than the time between two questions to a sidecar (5 s).
            sleeps(server.process, 60 if request.config.getoption("--heavy") else 6)
            assert call(server.url).status == 200


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_nothing_wakes_up_that_observes(program, hello, request, protocol):
    """Metrics are served and sent, calls are traced and logged; without connections the last values are sent once."""
    with Collector() as collector:
        environment = collector.environment(
            protocol, OTEL_TRACES_EXPORTER="otlp", OTEL_METRICS_EXPORTER="otlp", OTEL_METRIC_EXPORT_INTERVAL="500")

        def messages():
            return sum("metrics" in each.path.lower() for each in collector.requests)

        with program.serve(hello, "hello", None, environment, ["--metrics", "127.0.0.1:0", "--access-log", "on"]) as server:
            for _ in range(100):
                assert call(server.url).status == 200
            # Longer than a dozen of the intervals in which the metrics are sent.
            sleeps(server.process, 60 if request.config.getoption("--heavy") else 6)
            before = messages()
            assert before > 0
            assert call(server.url).status == 200
            until(lambda: messages() > before, "the metrics of another call")
