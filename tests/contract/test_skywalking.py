"""The segments of calls and of what they send, at SkyWalking's own descriptors.

If the shape of a segment changes on purpose, renew the golden file and review the difference:

    ./dev test pytest tests/contract/test_skywalking.py --renew-golden
"""

import base64
import json
import re
from pathlib import Path

import grpc
import pytest

from support.apps import App
from support.golden import Golden
from support.http_client import call
from support.oap import Oap
from support.otlp_receivers import GrpcReceiver, HttpReceiver
from support.program import binding, context, topic
from support.waiting import until

SOON = {"OTEL_BSP_SCHEDULE_DELAY": "20"}
TRACE, SEGMENT = "f6fe4f30-1c9b.12.1", "9b1deb4d.77.2"  # not of W3C's form, as Java's agent makes them


def sw8(sampled=1, trace=TRACE, segment=SEGMENT, span=3, service="front", instance="pod-0", endpoint="/cart", address="contract:80"):
    def text(value):
        return base64.b64encode(value.encode()).decode()

    return "-".join([str(sampled), text(trace), text(segment), str(span), *map(text, (service, instance, endpoint, address))])


def read_sw8(value):
    """(sampled, trace, segment, span, service, instance, endpoint, address)"""
    fields = value.split("-")
    assert len(fields) == 8
    return tuple(field if at in (0, 3) else base64.b64decode(field).decode() for at, field in enumerate(fields))


@pytest.fixture
def oap():
    with Oap() as it:
        yield it


@pytest.fixture
def compare(request):
    golden = Golden(Path(__file__).with_name("golden"), request.config.getoption("--renew-golden"))
    volatile = [(r'"(traceId|traceSegmentId)": "[0-9a-f]{32}"', r'"\1": "ID"'), (r'"(startTime|endTime)": "\d+"', r'"\1": "TIME"'),
                (r"127\.0\.0\.1:\d+", "HOST")]

    def check(name, text):
        for pattern, word in volatile:
            text = re.sub(pattern, word, text)
        golden(name, text)

    return check


def test_the_shape_of_a_segment(oap, sink, serve, compare):
    environment = SOON | {"POD_NAME": "pod-1", "POD_NAMESPACE": "shop"}
    section = oap.section(tags={"team": "core"})
    server = serve(sink, topic("news", uri="today"), binding("archive"), environment=environment, pluginsTracing=section)
    assert call(server.url, "/a?token=secret", headers={"sw8": sw8()}).status == 200
    oap.wait_for(3)
    (_, message), = oap.calls_of("collectInSync")
    compare("skywalking segment", json.dumps(message, indent=1, sort_keys=True) + "\n")
    assert "secret" not in str(oap.calls)


def test_a_request_and_what_it_sends(oap, sink, serve):
    section = oap.section(baggage={"team": "core"})
    environment = SOON | {"POD_NAME": "pod-1", "SW_AGENT_AUTHENTICATION": "token"}
    server = serve(sink, topic("news", uri="today"), binding("archive"), environment=environment, pluginsTracing=section)
    assert call(server.url, body=b"\0data", headers={"sw8": sw8(), "sw8-correlation": "dXNlcg==:Nw=="}).status == 200

    entry, *exits = oap.wait_for(3)
    assert {span.trace for span in (entry, *exits)} == {TRACE}
    assert len({span.segment for span in (entry, *exits)}) == 1
    reference, = entry.references
    assert (reference["refType"], reference["traceId"], reference["parentTraceSegmentId"], reference["parentSpanId"]) == ("CrossProcess", TRACE, SEGMENT, 3)
    assert (reference["parentService"], reference["parentEndpoint"], reference["networkAddressUsedAtPeer"]) == ("front", "/cart", "contract:80")
    assert [(span.type, span.id, span.parent, span.peer, span.layer) for span in exits] == [
        ("Exit", 1, 0, "news", "MQ"), ("Exit", 2, 0, "archive", "RPCFramework")]
    assert all(entry.began <= span.began <= span.ended <= entry.ended + 1 for span in exits)

    for received in sink.wait_for(2):
        span, = (span for span in exits if span.peer in (received.component, "news" if received.topic else ""))
        expected = ("1", TRACE, entry.segment, str(span.id), "contract", "pod-1", entry.operation, span.peer)
        assert read_sw8(received.headers["sw8"]) == expected
        assert received.headers["sw8-correlation"] == "dXNlcg==:Nw==,dGVhbQ==:Y29yZQ=="
        if not received.topic:
            assert received.data == b"\0data"
            continue
        event = json.loads(received.data)
        assert event["type"] == "io.openfunction.function.contract"
        assert event["data"]["metadata"] == {name: received.headers[name] for name in ("sw8", "sw8-correlation")}
        assert base64.b64decode(event["data"]["userData"]) == b"\0data"

    (headers, properties), = until(lambda: oap.calls_of("reportInstanceProperties"), "the properties")  # they are not waited for
    assert headers["authentication"] == "token"
    assert (properties["service"], properties["serviceInstance"], properties["layer"]) == ("contract", "pod-1", "FAAS")
    assert {"key": "pod", "value": "pod-1"} in properties["properties"]
    assert {"key": "language", "value": "cpp"} in properties["properties"]
    assert oap.calls_of("collectInSync")[0][0]["authentication"] == "token"
    assert "token" not in server.process.output


def test_a_siblings_event(oap, sink, serve_async):
    """As the framework for Go wraps it, over gRPC: a topic's event, and a queue's."""
    inputs = [topic("orders", "events"), binding("queue", type="bindings.kafka")]
    document_of = {"name": "contract", "version": "v1", "runtime": "Async", "inputs": dict(inputs),
                   "outputs": dict([topic("out", "events")]), "pluginsTracing": oap.section()}
    server = serve_async(inputs, document=document_of, environment_of=sink, environment=SOON)
    data = {"metadata": {"sw8": sw8(service="publish")}, "userData": base64.b64encode(b"hello").decode()}
    event = {"specversion": "1.0", "id": "1", "source": "ns/publish", "type": "io.openfunction.function.ns.publish",
             "datacontenttype": "application/json", "data": data}
    with App(server.port) as app:
        app.topic("orders", json.dumps(event).encode())
        app.binding("queue", json.dumps(event).encode())
    server.logged("took: orders hello")
    server.logged("took: queue hello")
    spans = oap.wait_for(4)
    entries = [span for span in spans if span.type == "Entry"]
    assert [span.tags["component.type"] for span in entries] == ["pubsub", "bindings"]
    assert {span.tags["runtime"] for span in entries} == {"Async"}
    assert {span.references[0]["parentService"] for span in entries} == {"publish"}
    assert {span.trace for span in spans} == {TRACE}


def test_a_trace_that_is_not_sampled(oap, sink, serve):
    server = serve(sink, topic("news"), environment=SOON, pluginsTracing=oap.section())
    assert call(server.url, headers={"sw8": sw8(sampled=0)}).status == 200
    assert call(server.url, headers={"sw8": sw8()}).status == 200
    oap.wait_for(2)
    unsampled, sampled = (json.loads(received.data)["data"]["metadata"]["sw8"] for received in sink.received)
    assert unsampled == sw8(sampled=0)
    assert read_sw8(sampled)[0] == "1"
    assert len(oap.spans) == 2


@pytest.mark.parametrize("broken", ["", "1", sw8()[:-6], sw8() + "-", sw8(sampled=7), "\xff" * 20, "1" * 4000])
def test_a_malformed_caller_is_no_caller(oap, sink, serve, broken):
    server = serve(sink, environment=SOON, pluginsTracing=oap.section())
    assert call(server.url, headers={"sw8": broken.encode("latin-1"), "sw8-correlation": broken.encode("latin-1")}).status == 200
    entry, = oap.wait_for(1)
    assert entry.references == []


def test_a_failure(oap, sink, serve):
    sink.refuse("archive", grpc.StatusCode.INTERNAL)
    server = serve(sink, binding("archive"), environment=SOON, pluginsTracing=oap.section())
    assert call(server.url, "/throw").status == 500
    assert call(server.url).status == 502
    # Both calls may have begun in one millisecond.
    by_status = {span.tags.get("status_code"): span for span in oap.wait_for(3)}
    thrown, answered, refused = (by_status[status] for status in ("500", "502", None))
    assert thrown.failed and thrown.tags["status_code"] == "500"
    assert thrown.logs[0]["error.kind"] == "std::runtime_error"
    assert answered.failed and refused.failed


def test_spans_of_the_function(oap, program, repository):
    functions = repository / "tests" / "program" / "span_functions.cc"
    with program.serve(functions, None, context([], pluginsTracing=oap.section()), SOON) as server:
        answer = call(server.url, "/plain")
        assert answer.status == 200
        entry, outer, inner, sibling = oap.wait_for(4)
    assert (entry.type, entry.trace, entry.tags["order.id"]) == ("Entry", answer.text, "o-17")
    assert [(each.operation, each.type, each.id, each.parent) for each in (outer, inner, sibling)] == [
        ("outer", "Local", 1, 0), ("inner", "Local", 2, 1), ("sibling", "Local", 3, 0)]
    assert outer.tags == {"rows": "3", "share": "0.5", "cached": "false", "text": "a"}
    assert (outer.failed, inner.failed, sibling.failed) == (False, True, False)
    assert inner.logs[0]["message"] == "why"
    assert all(entry.began <= each.began <= each.ended <= entry.ended for each in (outer, inner, sibling))


def test_segments_are_sent_before_the_end(oap, sink, serve):
    server = serve(sink, environment={"OTEL_BSP_SCHEDULE_DELAY": "3600000"}, pluginsTracing=oap.section())
    assert call(server.url).status == 200
    assert oap.calls == []
    server.process.terminate()
    assert len(oap.wait_for(1)) == 1
    assert server.process.exit_code() == 0


def test_an_answer_waits_for_its_segment(oap, sink, serve):
    environment = {"OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    server = serve(sink, environment=environment, flags=["--trace-flush", "response:1s"], pluginsTracing=oap.section())
    assert call(server.url).status == 200
    oap.wait_for(1)
    oap.falls_silent()
    assert call(server.url, body=b"late").body == b"late"


def an_oap_that(state):
    """(its address, what ends it)"""
    if state == "dead":
        return "127.0.0.1:9", None
    if state in ("speaks HTTP/1.1", "is a collector"):
        receiver = HttpReceiver() if state == "speaks HTTP/1.1" else GrpcReceiver()
        return receiver.url.removeprefix("http://"), receiver
    oap = Oap(code="PERMISSION_DENIED" if state == "refuses" else "UNAVAILABLE" if state == "is full" else "OK")
    if state == "is silent":
        oap.falls_silent()
    return oap.address, oap


@pytest.mark.parametrize("state", ["dead", "is silent", "refuses", "is full", "speaks HTTP/1.1", "is a collector"])
def test_requests_do_not_wait_for_the_server(sink, serve, state):
    address, server_of_segments = an_oap_that(state)
    try:
        section = {"enabled": True, "provider": {"name": "skywalking", "oapServer": address}}
        environment = SOON | {"OTEL_BSP_EXPORT_TIMEOUT": "200", "OTEL_BSP_MAX_QUEUE_SIZE": "8"}
        server = serve(sink, environment=environment, pluginsTracing=section)
        for _ in range(100):
            assert call(server.url).status == 200
        server.logged("telemetry", f"http://{address}", '"lost"')
        server.process.terminate()
        assert server.process.exit_code() == 0
    finally:
        if server_of_segments:
            server_of_segments.__exit__(None, None, None)


def dry_run(program, functions, provider, **environment):
    document = json.dumps({"name": "f", "runtime": "Knative", "pluginsTracing": {"enabled": True, "provider": provider}})
    done = program.run_to_end(["--source", functions, "--target", "act", "--dry-run"], {"FUNC_CONTEXT": document, **environment})
    assert done.code == 0
    return done.stderr


@pytest.mark.parametrize("provider, environment, words", [
    ({"oapServer": "oap"}, {"POD_NAME": "pod-1"}, ['"segments are exported","url":"http://oap:11800","service":"f","instance":"pod-1"']),
    ({"oapServer": "oap:1"}, {"SW_AGENT_COLLECTOR_BACKEND_SERVICES": "other:2"}, ['"url":"http://other:2"']),
    ({}, {}, ["the context's tracing.provider.oapServer is missing: expected host:port", '"level":"warning"']),
    ({"oapServer": "https://oap"}, {}, ["expected host:port of a server without TLS"]),
    ({"oapServer": "oap"}, {"OTEL_TRACES_EXPORTER": "none"}, ["tracing by SkyWalking is not used, because OTEL_TRACES_EXPORTER is set"]),
], ids=["server", "variable", "no server", "tls", "another exporter"])
def test_what_the_dry_run_says(program, functions, provider, environment, words):
    said = dry_run(program, functions, {"name": "skywalking", **provider}, **environment)
    assert all(word in said for word in words), said
    assert ("segments are exported" in said) == any("url" in word for word in words)


def test_an_idle_program_sends_nothing(oap, sink, serve):
    server = serve(sink, environment=SOON, pluginsTracing=oap.section())
    assert call(server.url).status == 200
    oap.wait_for(1)
    until(lambda: len(oap.calls_of("reportInstanceProperties")) == 1, "the properties")
    assert oap.calls_of("keepAlive") == []
