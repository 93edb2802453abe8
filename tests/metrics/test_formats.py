"""The three formats, judged by other programs: PyPI's prometheus-client, promtool, protobuf, and a real Prometheus."""

import math
import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from metrics.measured import samples
from metrics.prometheus import Prometheus, check_metrics
from metrics.protobuf import families
from support.http_client import call
from support.program import binding, context
from support.sink import Sink

_OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
_PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
_TRACE = "0af7651916cd43dd8448eb211c80319c"
_SPAN = "b7ad6b7169203331"
_GOLDEN = Path(__file__).with_name("golden") / "names.txt"


@pytest.fixture
def busy(measure, request):
    """A server that has sent to an output, failed, refused, and had a traced request. A parameter has more variables for it."""
    with Sink() as sink:
        environment = {"DAPR_HOST": "127.0.0.1", **sink.environment, **getattr(request, "param", {})}
        measured = measure(function_context=context([binding("archive")]), environment=environment)
        call(measured.url, "/hello/ada", method="GET", headers={"traceparent": f"00-{_TRACE}-{_SPAN}-01"})
        call(measured.url, "/echo", body=b"x" * 5000)
        call(measured.url, "/crash")
        call(measured.url, "/nowhere")
        yield measured


_SENDS = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_METRICS_EXPORTER": "otlp"}


@pytest.mark.parametrize("busy", [_SENDS], indirect=True, ids=[""])
def test_names_labels_types_and_help(busy, request):
    """Everything of the text but its numbers, and the values of labels that differ between machines."""
    text = busy.scrape().text
    lines = []
    for line in text.splitlines():
        if re.search(r'le="(?!\+Inf)', line):
            continue
        line = re.sub(r" [-+\d.e]+$", "", line) if not line.startswith("#") else line
        if line.startswith(("ofn_build_info", "target_info")):
            line = re.sub(r'="[^"]*"', '="…"', line)
        lines.append(line)
    shown = "\n".join(dict.fromkeys(lines)) + "\n"
    # A machine's control group may have no limit of processor time.
    shown = re.sub(r"(# \w+ )?ofn_cgroup_\w+.*\n", "", shown)
    shown = re.sub(r'ofn_loop_lag_seconds\{ofn_loop="[1-9]\d*"\}\n', "", shown)
    if request.config.getoption("--renew-golden"):
        _GOLDEN.write_text(shown)
    assert shown == _GOLDEN.read_text()


def test_the_content_type_is_always_that_of_the_format(busy):
    for accept, expected in [
        (None, "text/plain; version=0.0.4; charset=utf-8"),
        ("application/json", "text/plain; version=0.0.4; charset=utf-8"),
        (_OPEN_METRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (_PROTOBUF, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"),
    ]:
        assert busy.scrape(accept).headers["content-type"] == expected


def test_the_parsers_of_another_project_read_both_texts(busy):
    for accept, parse in [(None, parse_text), (_OPEN_METRICS, parse_open_metrics)]:
        found = {family.name: family for family in parse(busy.scrape(accept).text)}
        assert found["http_server_request_duration_seconds"].type == "histogram"
        assert found["ofn_refused_requests"].type == "counter"
        assert found["process_memory_usage_bytes"].type == "gauge"
        assert found["faas_coldstarts"].samples[0].value == 1
        sent = {s.labels["ofn_outcome"]: s.value for s in found["ofn_output_payloads"].samples}
        assert sent["confirmed"] == 2, "the two calls that succeeded"
        # The parser has checked that buckets grow, and that the last one is the count.
        assert any(s.labels.get("http_route") == "/hello/{name}" for s in found["http_server_request_duration_seconds"].samples)


def test_open_metrics_has_the_exemplars(busy):
    families_found = parse_open_metrics(busy.scrape(_OPEN_METRICS).text)
    exemplars = [s.exemplar for family in families_found for s in family.samples if s.exemplar]
    assert [e.labels for e in exemplars] == [{"trace_id": _TRACE, "span_id": _SPAN}]
    assert 0 < exemplars[0].value < 10


def test_promtool_has_no_complaint_but_about_the_conventions_names(busy):
    code, complaints = check_metrics(busy.scrape().body)
    advice = 'non-histogram and non-summary metrics should not have "_count" suffix'
    assert complaints.splitlines() == [f"process_thread_count {advice}", f"process_unix_file_descriptor_count {advice}"]
    assert code == 3, "promtool gave advice, and no error"


def test_protobuf_says_the_same_as_the_text(busy):
    found = families(busy.scrape(_PROTOBUF).body)
    text = dict(samples(busy.scrape().text))
    names = {re.sub(r"_(bucket|sum|count)$", "", name) if "bytes_" in name or "seconds_" in name else name for name, _ in text}
    assert set(found) == {n for n in names if n in found} and len(found) > 30
    for family in found.values():
        for metric in family.metric:
            labels = tuple((pair.name, pair.value) for pair in metric.label)
            if family.type == 4:
                assert text[f"{family.name}_count", labels] == metric.histogram.sample_count
                assert sum_of_native(metric.histogram) == metric.histogram.sample_count
                assert metric.histogram.bucket[-1].cumulative_count == metric.histogram.sample_count
                assert math.isinf(metric.histogram.bucket[-1].upper_bound)
            elif family.name.startswith(("http_", "faas_", "ofn_refused", "ofn_output")):
                value = metric.counter.value if family.type == 0 else metric.gauge.value
                assert text[family.name, labels] == value


def sum_of_native(histogram):
    total, count = histogram.zero_count, 0
    for delta in histogram.positive_delta:
        count += delta
        total += count
    assert sum(span.length for span in histogram.positive_span) == len(histogram.positive_delta)
    return total


def test_native_buckets_hold_what_the_explicit_ones_hold(busy):
    histogram = families(busy.scrape(_PROTOBUF).body)["http_server_request_duration_seconds"].metric[0].histogram
    assert histogram.schema == 3
    index, count = 0, 0
    deltas = iter(histogram.positive_delta)
    for span in histogram.positive_span:
        index += span.offset
        for _ in range(span.length):
            count += next(deltas)
            lower, upper = 2 ** ((index - 1) / 8), 2 ** (index / 8)
            below = max((b.cumulative_count for b in histogram.bucket if b.upper_bound <= lower), default=0)
            within = min(b.cumulative_count for b in histogram.bucket if b.upper_bound >= upper)
            assert within - below >= count > 0
            index += 1


@pytest.mark.parametrize("is_native", [False, True], ids=["text", "native"])
def test_a_real_prometheus_scrapes_and_answers(busy, tmp_path, is_native):
    port = int(busy.metrics_url.rsplit(":", 1)[1].strip("/"))
    with Prometheus(tmp_path, port, is_native) as prometheus:
        prometheus.scraped()
        assert prometheus.value('up{job="function"}') == 1
        assert prometheus.value('ofn_refused_requests_total{ofn_reason="no_route"}') == 1
        assert prometheus.value('sum(ofn_output_payloads_total{ofn_outcome="confirmed"})') == 2
        assert prometheus.value("count(target_info)") == 1
        name = "http_server_request_duration_seconds"
        route = 'http_route="/hello/{name}"'
        if is_native:
            assert prometheus.value(f"histogram_count({name}{{{route}}})") == 1
            assert 0 < prometheus.value(f"histogram_sum({name}{{{route}}})") < 10
            assert 0 < prometheus.value(f"histogram_quantile(0.5, sum({name}))") < 10
        else:
            assert prometheus.value(f"{name}_count{{{route}}}") == 1
            assert 0 < prometheus.value(f"histogram_quantile(0.5, sum by (le) ({name}_bucket))") < 10
        exemplars = prometheus.ask(f"/api/v1/query_exemplars?query={name}_bucket&start=0&end=4000000000")
        if not is_native:
            assert exemplars[0]["exemplars"][0]["labels"]["trace_id"] == _TRACE
