"""The metrics that say what became of spans, segments and pushed metrics, beside collectors that take them, are dead, or silent."""

import pytest

from metrics.measured import samples
from support.collector import Collector
from support.http_client import call
from support.oap import Oap
from support.program import context
from support.real_collector import RealCollector
from support.waiting import until

_NOBODY = "127.0.0.1:9"
_SOON = {"OTEL_BSP_SCHEDULE_DELAY": "20", "OTEL_EXPORTER_OTLP_TIMEOUT": "200", "OTEL_BSP_EXPORT_TIMEOUT": "200"}
_CALLS = 30
_SPANS = _CALLS + 2  # init and load


@pytest.fixture
def collector():
    with Collector() as it:
        yield it


def by_error(measured, name):
    """The values of a metric by error_type, "" if there is none."""
    return {dict(labels).get("error_type", ""): value for (each, labels), value in samples(measured.scrape().text) if each == name}


def exported(measured):
    return by_error(measured, "otel_sdk_exporter_span_exported_total")


def processed(measured):
    return by_error(measured, "otel_sdk_processor_span_processed_total")


def call_often(measured):
    for _ in range(_CALLS):
        assert call(measured.url, "/hello/ada", method="GET").status == 200


def test_nothing_is_shown_if_nothing_is_sent(measure):
    assert "\notel_sdk" not in measure().scrape().text


def test_a_collector_that_takes_spans(measure, collector):
    measured = measure(environment=collector.environment())
    call_often(measured)
    assert len(collector.wait_for(_SPANS)) == _SPANS
    until(lambda: exported(measured) == {"": _SPANS, "rejected": 0, "failed": 0}, "the collector's last answer")
    assert processed(measured) == {"": _SPANS, "queue_full": 0}


def test_a_dead_collector(measure):
    measured = measure(environment=_SOON | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{_NOBODY}"})
    call_often(measured)
    until(lambda: exported(measured) == {"": 0, "rejected": 0, "failed": _SPANS}, "the loss of all spans")
    assert processed(measured) == {"": _SPANS, "queue_full": 0}


def test_a_dead_server_of_segments(measure):
    section = {"enabled": True, "provider": {"name": "skywalking", "oapServer": _NOBODY}}
    measured = measure(environment=_SOON, function_context=context([], pluginsTracing=section))
    call_often(measured)
    until(lambda: exported(measured) == {"": 0, "rejected": 0, "failed": _CALLS}, "the loss of all segments")


def test_a_server_that_takes_segments(measure):
    with Oap() as oap:
        measured = measure(environment=_SOON | {"OTEL_BSP_EXPORT_TIMEOUT": "30000"}, function_context=context([], pluginsTracing=oap.section()))
        call_often(measured)
        until(lambda: exported(measured) == {"": _CALLS, "rejected": 0, "failed": 0}, "the server's last answer")


def test_a_collector_that_does_not_answer(measure, collector):
    """What waits for it fills the queue, and the rest is dropped."""
    collector.falls_silent()
    hour = {name: "3600000" for name in ("OTEL_BSP_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")}
    measured = measure(environment=collector.environment(OTEL_BSP_MAX_QUEUE_SIZE="8", **hour))
    call_often(measured)
    # Each loop may hand over one batch too many.
    until(lambda: processed(measured)["queue_full"] >= _SPANS - 16, "the loss of what the queue has no room for")
    assert exported(measured) == {"": 0, "rejected": 0, "failed": 0}


_POINTS = "otel_sdk_exporter_metric_data_point_exported_total"
_PUSHES = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "100"}


def test_pushes_to_a_dead_collector(measure):
    measured = measure(environment=_SOON | _PUSHES | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{_NOBODY}", "OTEL_TRACES_EXPORTER": "none"})
    until(lambda: by_error(measured, _POINTS)["failed"] > 0, "a push that has failed")
    assert by_error(measured, _POINTS)[""] == 0


def test_pushes_that_arrive(measure, tmp_path):
    with RealCollector(tmp_path) as collector:
        measured = measure(environment=_PUSHES | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url, "OTEL_TRACES_EXPORTER": "none"})
        until(lambda: by_error(measured, _POINTS)[""] > 0, "a push that has arrived")
        assert by_error(measured, _POINTS)["failed"] == by_error(measured, _POINTS)["rejected"] == 0
