"""Metrics that are sent to OpenTelemetry's own Collector."""

import time

import pytest

from support.http_client import call
from support.ports import reserve_port
from support.raw import Raw
from support.real_collector import RealCollector


def metrics_of(line):
    """Returns the resource's attributes, and the metrics by name."""
    (resource,) = line["resourceMetrics"]
    attributes = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
    return attributes, {metric["name"]: metric for scope in resource["scopeMetrics"] for metric in scope["metrics"]}


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_stop_sends_the_last_calls(program, functions, tmp_path, protocol):
    with RealCollector(tmp_path) as collector:
        environment = {
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.grpc_url if protocol == "grpc" else collector.http_url,
            "OTEL_SERVICE_NAME": "shop",
        }
        with program.serve(functions, None, environment=environment) as server:
            for _ in range(3):
                assert call(server.url, "/hello/ada", method="GET").status == 200
            server.process.terminate()
            assert server.process.exit_code() == 0
        attributes, found = metrics_of(collector.lines("metrics", 1)[-1])
    assert attributes["service.name"] == {"stringValue": "shop"}
    (point,) = found["http.server.request.duration"]["histogram"]["dataPoints"]
    assert point["count"] == "3"
    assert sum(map(int, point["bucketCounts"])) == 3
    assert {"key": "http.route", "value": {"stringValue": "/hello/{name}"}} in point["attributes"]
    assert found["faas.coldstarts"]["sum"]["isMonotonic"]
    assert found["faas.coldstarts"]["sum"]["dataPoints"][0]["asDouble"] == 1
    assert found["http.server.request.duration"]["unit"] == "s"


def test_metrics_are_sent_while_it_serves(program, functions, tmp_path):
    with RealCollector(tmp_path) as collector:
        environment = {
            "OTEL_METRICS_EXPORTER": "otlp,prometheus",
            "OTEL_EXPORTER_PROMETHEUS_PORT": str(reserve_port()),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url,
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        with program.serve(functions, None, environment=environment) as server, Raw(server.port):
            assert len(collector.lines("metrics", 3)) >= 3
            server.logged("metrics are served")


def test_a_dead_collector_delays_a_stop_by_a_second_at_most(program, functions):
    environment = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{reserve_port()}"}
    with program.serve(functions, None, environment=environment) as server:
        assert call(server.url, "/hello/ada", method="GET").status == 200
        began = time.monotonic()
        server.process.terminate()
        assert server.process.exit_code() == 0
        assert time.monotonic() - began < 20, "the limit of one message would be 10 s, the drain timeout 30 s"
