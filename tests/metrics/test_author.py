"""The metrics of a function's author (<ofn/metrics.h>): in every format, from functions, coroutines, hooks and headers; and wrong ones."""

import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from metrics.measured import Measured
from metrics.prometheus import check_metrics
from metrics.protobuf import families
from support.http_client import call
from support.program import context
from support.real_collector import RealCollector

_HERE = Path(__file__).parent
_OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
_PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
_TRACE = "0af7651916cd43dd8448eb211c80319c"
_SPAN = "b7ad6b7169203331"
_GOLDEN = _HERE / "golden" / "author.txt"


@pytest.fixture(scope="session")
def shop(shared, tmp_path_factory):
    return shared(_HERE / "author.cc", tmp_path_factory.mktemp("author") / "author.so")


@pytest.fixture
def busy(measure, shop):
    """A server that has got two orders, one of a traced client."""
    measured = measure(source=shop)
    call(measured.url, "/orders/tea", headers={"traceparent": f"00-{_TRACE}-{_SPAN}-01"})
    call(measured.url, "/later/tea")
    call(measured.url, "/orders/%ff")
    return measured


def shops(text):
    return "".join(line + "\n" for line in text.splitlines() if re.match(r"(# \w+ )?shop_", line))


def test_the_text(busy, request):
    shown = shops(busy.scrape().text)
    if request.config.getoption("--renew-golden"):
        _GOLDEN.write_text(shown)
    assert shown == _GOLDEN.read_text()


def test_a_program_of_ones_own_has_them_too(linked):
    with linked("linked_author").serve("none is needed", None, flags=["--metrics", "127.0.0.1:0"]) as server:
        measured = Measured(server)
        assert call(server.url, "/orders/tea").status == 200
        assert measured.value("shop_orders_total", shop_kind="tea") == 1
        assert measured.value("shop_stock") == -1


def test_the_parsers_of_another_project_read_both_texts(busy):
    for accept, parse in [(None, parse_text), (_OPEN_METRICS, parse_open_metrics)]:
        found = {family.name: family for family in parse(busy.scrape(accept).text)}
        assert {s.labels["shop_kind"]: s.value for s in found["shop_orders"].samples if s.name.endswith("_total")} == {"tea": 2, "?": 1}
        assert found["shop_stock"].type == "gauge" and found["shop_stock"].samples[0].value == -2
        assert found["shop_payment_duration_seconds"].type == "histogram"


def test_open_metrics_has_exemplars(busy):
    found = {family.name: family for family in parse_open_metrics(busy.scrape(_OPEN_METRICS).text)}
    for name, bound, value in [("shop_payment_duration_seconds", "0.075", 0.07), ("shop_basket_size", "5.0", 3)]:
        (sample,) = [s for s in found[name].samples if s.exemplar]
        assert sample.labels["le"] == bound
        assert (sample.exemplar.labels, sample.exemplar.value) == ({"trace_id": _TRACE, "span_id": _SPAN}, value)


def test_promtool_has_no_complaint(busy):
    complaints = check_metrics(busy.scrape().body)[1]
    assert [line for line in complaints.splitlines() if "shop" in line] == []


def test_protobuf_has_native_histograms(busy):
    found = families(busy.scrape(_PROTOBUF).body)
    (metric,) = found["shop_payment_duration_seconds"].metric
    assert (metric.histogram.sample_count, metric.histogram.schema) == (2, 2)
    (span,) = metric.histogram.positive_span
    assert span.length == 1 and 2 ** ((span.offset - 1) / 4) < 0.07 <= 2 ** (span.offset / 4)
    assert list(metric.histogram.positive_delta) == [2]
    assert {m.label[0].value: m.counter.value for m in found["shop_orders_total"].metric} == {"tea": 2, "?": 1}


def test_a_collector_gets_them(program, shop, tmp_path):
    with RealCollector(tmp_path) as collector:
        environment = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url}
        with program.serve(shop, None, environment=environment) as server:
            call(server.url, "/orders/tea")
            server.process.terminate()
            assert server.process.exit_code() == 0
        (resource,) = collector.lines("metrics", 1)[-1]["resourceMetrics"]
    found = {metric["name"]: metric for scope in resource["scopeMetrics"] for metric in scope["metrics"]}
    orders = found["shop.orders"]
    assert (orders["unit"], orders["description"], orders["sum"]["isMonotonic"]) == ("{order}", "Orders that were placed", True)
    (point,) = orders["sum"]["dataPoints"]
    assert (point["asDouble"], point["attributes"]) == (1, [{"key": "shop.kind", "value": {"stringValue": "tea"}}])
    assert found["shop.stock"]["gauge"]["dataPoints"][0]["asDouble"] == -1
    (point,) = found["shop.basket.size"]["histogram"]["dataPoints"]
    assert (point["explicitBounds"], point["bucketCounts"]) == ([1, 2, 5, 10], ["0", "0", "1", "0", "0"])


def test_a_collector_gets_them_without_connections(program, shop, tmp_path):
    with RealCollector(tmp_path) as collector:
        environment = {
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url,
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }
        with program.serve(shop, None, environment=environment):
            collector.lines("metrics", 5)


def test_a_hook_counts(program, functions, shared, tmp_path):
    plugin = shared(_HERE / "author_plugin.cc", tmp_path / "plugin.so")
    hooks = context([], prePlugins=["counting"], postPlugins=["counting"])
    with program.serve(functions, None, hooks, flags=["--metrics", "127.0.0.1:0", "--plugin", str(plugin)]) as server:
        measured = Measured(server)
        call(measured.url, "/echo")
        assert [measured.value("shop_hooked_total", shop_part=part) for part in ("pre", "post")] == [1, 1]


def test_a_header_that_two_files_include_has_one_metric(measure, tmp_path):
    (tmp_path / "counts.h").write_text(
        "#pragma once\n#include <ofn/function.h>\n#include <ofn/metrics.h>\n"
        'OFN_COUNTER(parts, "shop.parts", "{part}", "Parts that ran")\n')
    for name in ("one", "two"):
        (tmp_path / f"{name}.cc").write_text(
            f'#include "counts.h"\nstd::string {name}() {{ parts.add(1); return "ok"; }}\nOFN_FUNCTION({name})\n')
    measured = measure(source=tmp_path)
    call(measured.url, "/one")
    call(measured.url, "/two")
    assert measured.value("shop_parts_total") == 2


def test_without_metrics_the_functions_work(program, shop):
    with program.serve(shop, None) as server:
        assert call(server.url, "/orders/tea").text == "placed\n"


_HELLO = 'std::string hello() { return ""; }\nOFN_FUNCTION(hello)\n'
_WRONG = [
    # metrics, words of the message
    ('OFN_COUNTER(a, "shop orders", "1", "Help")', "f.cc:3: the metric 'shop orders' cannot be shown: its name is not valid"),
    ('OFN_COUNTER(a, "shop.a", "1", "Help")\nOFN_GAUGE(b, "shop_a_total", "1", "Help")',
     "f.cc:4: the metric 'shop_a_total' is shown to Prometheus as 'shop_a_total', and so is one of the metric at f.cc:3"),
    ('OFN_GAUGE(a, "process.uptime", "s", "Help")', "is shown to Prometheus as 'process_uptime_seconds', and so is one of the framework"),
    ('OFN_GAUGE(a, "shop.a", "1", "Help", "x y")', "f.cc:3: the metric 'shop.a' cannot be shown: its label 'x y' has no valid name"),
]


@pytest.mark.parametrize(("metrics", "words"), _WRONG)
def test_a_wrong_metric_stops_the_start(program, tmp_path, metrics, words):
    """Also if metrics are off."""
    (tmp_path / "f.cc").write_text(f"#include <ofn/function.h>\n#include <ofn/metrics.h>\n{metrics}\n{_HELLO}")
    done = program.run_to_end(["--source", "f.cc", "--dry-run"], cwd=tmp_path)
    assert done.code == 3
    assert words in re.sub(r"\S*/f\.cc:", "f.cc:", done.stderr)
