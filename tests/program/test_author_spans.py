"""The spans of a function's author (<ofn/span.h>), as collectors get them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.collector import Collector
from support.http_client import call
from support.program import context
from support.real_collector import RealCollector
from support.waiting import until

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
UNSAMPLED = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-00"}


@pytest.fixture(scope="module")
def spanning(shared, tmp_path_factory):
    return shared(Path(__file__).with_name("span_functions.cc"), tmp_path_factory.mktemp("spans") / "functions.so")


@pytest.fixture
def collector():
    with Collector() as it:
        yield it


@pytest.fixture
def start(program, spanning, collector):
    """start(…): a server whose spans the collector gets."""
    servers = []

    def run(*flags, function_context=None, **variables):
        servers.append(program.serve(spanning, None, function_context, collector.environment(**variables), flags))
        return servers[-1]

    yield run
    for server in servers:
        server.process.end()


def spans_of_calls(collector, count):
    """The first spans, without those of the start."""
    def found():
        spans = [span for span in collector.spans if span.name not in ("init", "compile", "load")]
        return len(spans) >= count and spans
    return until(found, f"{count} spans")


def test_parents_attributes_and_failures(collector, start):
    server = start()
    assert call(server.url, "/plain", headers=SAMPLED).text == TRACE
    request, outer, inner, sibling = spans_of_calls(collector, 4)
    assert [span.name for span in (outer, inner, sibling)] == ["outer", "inner", "sibling"]
    assert {span.kind for span in (outer, inner, sibling)} == {"INTERNAL"}
    assert {span.trace for span in (request, outer, inner, sibling)} == {TRACE}
    assert [span.parent for span in (outer, inner, sibling)] == [request.id, outer.id, request.id]
    assert outer.attributes == {"rows": 3, "share": 0.5, "cached": False, "text": "a"}
    assert [span.failed for span in (request, outer, inner, sibling)] == [False, False, True, False]
    assert (request.attributes["order.id"], request.attributes["http.route"], request.attributes["http.route_"]) == ("o-17", "/plain", "/mine")
    assert request.began <= outer.began <= inner.began <= inner.ended <= sibling.began <= outer.ended <= request.ended


def test_on_a_worker_and_in_hooks(collector, start):
    server = start(function_context=context([], prePlugins=["hook"], postPlugins=["hook"]))
    assert call(server.url, "/context").status == 200
    request, *others = spans_of_calls(collector, 4)
    assert [(span.name, span.parent) for span in others] == [("pre", request.id), ("on a worker", request.id), ("post", request.id)]


def test_coroutines_that_interleave_on_one_loop(collector, start):
    server = start("--threads", "1")
    with ThreadPoolExecutor(2) as clients:
        answers = list(clients.map(lambda name: call(server.url, f"/both/{name}"), ["a", "b"]))
    assert [answer.status for answer in answers] == [200, 200]
    spans = spans_of_calls(collector, 8)
    requests = {span.id: span for span in spans if span.kind == "SERVER"}
    outers = {span.id: span for span in spans if span.name == "outer"}
    assert len(requests) == 2 and {outer.parent for outer in outers.values()} == set(requests)
    for span in spans:
        if span.kind == "SERVER":
            continue
        ours = [each for each in outers.values() if each.attributes["call"] == span.attributes["call"]]
        assert len(ours) == 1 and span.trace == ours[0].trace
        assert span.parent == (ours[0].id if span.name == "inner" else ours[0].parent)


def test_an_exception_fails_the_span_that_it_leaves(collector, start):
    server = start()
    assert call(server.url, "/throws").status == 500
    request, span = spans_of_calls(collector, 2)
    assert (span.name, span.parent, span.failed, request.failed) == ("left", request.id, True, True)


def test_what_is_too_much_is_counted(collector, start):
    server = start()
    assert call(server.url, "/many").status == 200
    request, *others = spans_of_calls(collector, 129)
    assert (len(others), request.attributes["ofn.dropped_spans"]) == (128, 872)


def test_a_call_that_is_not_sampled_has_none(collector, start):
    server = start()
    assert call(server.url, "/plain", headers=UNSAMPLED).text == TRACE
    assert call(server.url, "/throws", headers=SAMPLED).status == 500
    assert [span.name for span in spans_of_calls(collector, 2)] == ["POST /throws", "left"]


def test_without_tracing_the_functions_work(program, spanning):
    with program.serve(spanning, None) as server:
        assert call(server.url, "/plain", headers=SAMPLED).text == TRACE
        assert call(server.url, "/many").status == 200


def test_a_real_collector_takes_them(program, spanning, tmp_path):
    with RealCollector(tmp_path) as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url, "OTEL_METRICS_EXPORTER": "none"}
        with program.serve(spanning, None, environment=environment) as server:
            assert call(server.url, "/plain", headers=SAMPLED).status == 200
            server.process.terminate()
            assert server.process.exit_code() == 0
        (resource,) = collector.lines("traces", 1)[0]["resourceSpans"]
    spans = {span["name"]: span for scope in resource["scopeSpans"] for span in scope["spans"]}
    assert spans["inner"]["parentSpanId"] == spans["outer"]["spanId"]
    assert spans["outer"]["parentSpanId"] == spans["POST /plain"]["spanId"]
    assert spans["inner"]["status"] == {"code": 2, "message": "why"}
