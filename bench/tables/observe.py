"""What observing costs: hello with metrics, traces and the access log, beside Google's framework for Go with OpenTelemetry's otelhttp."""

import collections
import contextlib
import statistics
import threading
import time
import urllib.request

from harness.loads import Load
from harness.report import ratios, spread, table
from harness.servers import free_port

# A span that there is no room for is dropped, and a dropped span is cheap. With this room none should be.
_QUEUE = {"OTEL_BSP_MAX_QUEUE_SIZE": "65536", "OTEL_BSP_SCHEDULE_DELAY": "1000"}


@contextlib.contextmanager
def _scraped(*ports):
    """Scrapes each port once a second, as a Prometheus does."""
    ended = threading.Event()

    def scrape():
        while not ended.wait(1):
            for port in ports:
                request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text"})
                urllib.request.urlopen(request, timeout=30).read()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _arrived(sink, sent):
    """The share of the spans that have arrived, when the last batch should have."""
    end = time.monotonic() + 10
    while True:
        spans = int(urllib.request.urlopen(f"http://127.0.0.1:{sink.port}/spans", timeout=30).read())
        if spans >= sent or time.monotonic() > end:
            return spans / sent
        time.sleep(0.1)


def run(bench):
    ports = [free_port(), free_port()]
    sent = collections.Counter()
    with contextlib.ExitStack() as stack:
        sinks = {framework: stack.enter_context(bench.otlp_sink()) for framework in ("ours", "Go")}

        def traced(sampler, framework):
            return {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "none", "OTEL_TRACES_SAMPLER": sampler,
                    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sinks[framework].port}", **_QUEUE}

        servers = {
            ("ours", "off"): bench.ours(),
            ("ours", "metrics"): bench.ours(flags=["--metrics", f"127.0.0.1:{ports[0]}"]),
            ("ours", "traces, unsampled"): bench.ours(variables=traced("always_off", "ours")),
            ("ours", "traces, all sampled"): bench.ours(variables=traced("always_on", "ours")),
            ("ours", "access log"): bench.ours(flags=["--access-log", "on"]),
            ("Go", "off"): bench.google_go("off"),
            ("Go", "metrics"): bench.google_go("metrics", ports[1]),
            ("Go", "traces, unsampled"): bench.google_go("traces", variables=traced("always_off", "Go")),
            ("Go", "traces, all sampled"): bench.google_go("traces", variables=traced("always_on", "Go")),
        }
        for server in servers.values():
            stack.enter_context(server)

        def load(server, seconds):
            done = Load(server, seconds, bench.options.connections)
            sent[server] += done.requests
            return done

        with _scraped(*ports):
            loads = bench.rounds({": ".join(key): server for key, server in servers.items()}, load)
        # The question of the start makes one more span each.
        arrived = {key: _arrived(sinks[key[0]], sent[server]) for key, server in servers.items() if key[1] == "traces, all sampled"}
    loads = dict(zip(servers, loads.values()))
    cpu = {key: [each.cpu_us for each in all_loads] for key, all_loads in loads.items()}

    def times_off(key):
        return ratios(cpu[key], cpu[key[0], "off"])

    print("### What observing costs\n")
    table(["hello", "CPU µs a request", "× off", "least ÷ off's least", "requests a second", "spans that arrived"],
          [[", ".join(key), spread(cpu[key]), spread(times_off(key)), f"{min(cpu[key]) / min(cpu[key[0], 'off']):.3f}",
            spread([each.per_second for each in loads[key]], 0), f"{min(arrived[key], 1):.1%}" if key in arrived else ""] for key in servers])
    for name, limit in (("metrics", 1.01), ("traces, unsampled", 1.02), ("traces, all sampled", 1.06)):
        bench.goal(f"hello with {name}, CPU × off", statistics.median(times_off(("ours", name))), limit)
