"""The spans of calls and of what they send, at a collector with the public descriptors."""

import re

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.collector import Collector
from support.http2 import Http2
from support.http_client import call
from support.ports import reserve_port
from support.program import binding, topic
from support.raw import Raw
from support.waiting import until

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1", "baggage": "user=7"}


@pytest.fixture
def collector():
    with Collector() as it:
        yield it


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_request_and_what_it_sends(collector, sink, serve, protocol):
    environment = collector.environment(protocol, OTEL_EXPORTER_OTLP_HEADERS="x-key=secret")
    server = serve(sink, topic("news", uri="today"), environment=environment)
    answer = call(server.url, "/a?token=secret", headers=SAMPLED | {"User-Agent": "test"})
    assert answer.status == 200

    spans = collector.wait_for(5)
    init, compiled, load, request, producer = spans
    assert (request.kind, request.name) == ("SERVER", "POST /{path...}")
    assert (request.trace, request.parent, request.state) == (TRACE, PARENT, "vendor=1")
    assert request.attributes == {
        "http.request.method": "POST",
        "url.path": "/a",
        "url.scheme": "http",
        "http.route": "/{path...}",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "user_agent.original": "test",
        "faas.name": "act",
        "faas.trigger": "http",
        "faas.coldstart": True,
        "faas.invocation_id": answer.headers["X-Request-Id"],
    }
    assert (producer.kind, producer.name) == ("PRODUCER", "send today")
    assert (producer.trace, producer.parent) == (TRACE, request.id)
    assert producer.attributes["messaging.destination.name"] == "today"
    assert producer.attributes["ofn.output"] == "news"
    assert request.began <= producer.began <= producer.ended <= request.ended

    received, = sink.received
    assert received.headers["traceparent"] == f"00-{producer.context}-01"
    assert received.headers["tracestate"] == "vendor=1"
    assert received.headers["baggage"] == "user=7"

    assert (init.name, init.parent) == ("init", request.id)
    assert (compiled.name, compiled.parent, load.name, load.parent) == ("compile", init.id, "load", init.id)
    assert init.began <= compiled.began <= compiled.ended == load.began <= load.ended <= init.ended <= request.began
    assert request.resource["service.name"] == "contract"
    assert request.resource["telemetry.sdk.language"] == "cpp"
    assert collector.requests[0].headers["x-key"] == "secret"
    assert "secret" not in str(spans)


START = """\
#include <chrono>
#include <cstdio>
#include <string>
#include <ofn/function.h>

static long long now() { return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count(); }
static const bool started = [] { return std::fprintf(stderr, "began: %lld\\n", now()) > 0; }();

std::string hello(const ofn::Request&) { return "hello"; }
OFN_FUNCTION(hello)
"""


@pytest.mark.parametrize("made", ["from a source", "before"])
def test_a_cold_start(collector, program, tmp_path, shared, made):
    """Its steps have the times that the function and the metrics see."""
    source = tmp_path / "start.cc"
    source.write_text(START)
    if made == "before":
        source = shared(source, tmp_path / "start.so")
    metrics = reserve_port()
    environment = collector.environment()
    with program.serve(source, None, None, environment, flags=["--metrics", metrics]) as server:
        began = int(server.process.line(re.compile(r"^began: (\d+)").search)[1])
        assert call(server.url).status == 200
        exposed = call(f"http://127.0.0.1:{metrics}/", "/metrics", method="GET").text
        steps = ["compile", "load"] if made == "from a source" else ["load"]
        spans = {span.name: span for span in collector.wait_for(2 + len(steps))}
    init, load, request = (spans[name] for name in ("init", "load", "POST /{path...}"))
    assert request.attributes["faas.coldstart"] is True
    assert sorted(spans) == sorted([*steps, "init", request.name])
    assert [spans[name].parent for name in steps] == [init.id] * len(steps)
    assert init.began <= spans[steps[0]].began <= load.began <= began <= load.ended <= init.ended
    if made == "from a source":
        assert spans["compile"].ended == load.began
    # In whole microseconds; the clocks are read one after the other.
    duration = float(re.search(r"^faas_init_duration_seconds_sum (\S+)", exposed, re.MULTILINE)[1])
    assert duration == pytest.approx((init.ended - init.began) / 1e9, abs=0.001)


def test_a_request_over_http2(collector, sink, serve):
    server = serve(sink, environment=collector.environment())
    with Raw(server.port) as raw:
        client = Http2(raw)
        client.h2.initiate_connection()
        client.flush()
        assert client.answer(client.request("/a", authority="shop.test:8080")).status == 200
        assert client.answer(client.request("/b", forwarded='host="shop.test:443"')).status == 200
    found = {
        span.attributes["url.path"]: [span.attributes[name] for name in ("network.protocol.version", "server.address", "server.port")]
        for span in collector.wait_for(5)
        if span.kind == "SERVER"
    }
    assert found == {"/a": ["2", "shop.test", 8080], "/b": ["2", "shop.test", 443]}


def test_a_trace_that_is_not_sampled(collector, sink, serve):
    server = serve(sink, topic("news"), environment=collector.environment())
    assert call(server.url, headers={"traceparent": f"00-{TRACE}-{PARENT}-00"}).status == 200
    assert call(server.url, headers=SAMPLED).status == 200
    collector.wait_for(2)
    unsampled, sampled = (received.headers["traceparent"] for received in sink.received)
    assert unsampled.startswith(f"00-{TRACE}-") and unsampled.endswith("-00")
    assert sampled.endswith("-01")
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert sorted(span.kind for span in collector.spans) == ["PRODUCER", "SERVER"]


def test_a_failure(collector, sink, serve):
    server = serve(sink, environment=collector.environment())
    assert call(server.url, "/throw").status == 500
    assert call(server.url, "/?status=404").status == 404
    failed, refused = [span for span in collector.wait_for(5) if span.kind == "SERVER"]
    assert failed.failed and failed.attributes["error.type"] == "std::runtime_error"
    event, = failed.events
    assert event["exception.type"] == "std::runtime_error"
    assert event["exception.message"] == "the secret of the exception"
    assert not refused.failed and "error.type" not in refused.attributes


def test_a_delivery_and_what_it_sends(collector, delivering, serve_beside):
    """request → topic `first` → function → topic `second` → function."""
    server = serve_beside(
        dict([topic("first", "events"), topic("second", "events")]),
        topic("out", "events", uri="second"),
        target="relay_once",
        environment=collector.environment(),
    )
    publication = dapr_pb2.PublishEventRequest(pubsub_name="events", topic="first", data=b"x")
    with delivering.stub() as stub:

        def relayed():  # a topic in memory loses what comes before it is subscribed to
            stub.PublishEvent(publication, timeout=20, metadata=[("traceparent", SAMPLED["traceparent"])])
            return "relayed: second x" in server.process.output

        until(relayed, "the event on the other topic")

    def found(kind, name):
        return {span.id: span for span in collector.spans if (span.kind, span.name) == (kind, name)}

    def whole_chain():
        """The ids of the deliveries of `first` that have sent something, once all their spans are there."""
        senders = {span.parent for span in found("PRODUCER", "send second").values()}
        return senders if found("CONSUMER", "process second") and senders <= found("CONSUMER", "process first").keys() else None

    first = until(whole_chain, "the spans of all three")
    assert {span.trace for span in collector.spans if span.kind in ("CONSUMER", "PRODUCER")} == {TRACE}
    for span in found("CONSUMER", "process second").values():
        assert span.attributes["messaging.destination.name"] == "second"
        assert span.attributes["faas.trigger"] == "pubsub"
        # The sidecar's span, which is a child of the producer's, or the producer's own.
        assert span.parent and span.parent not in first


def test_spans_are_sent_before_the_end(collector, sink, serve):
    server = serve(sink, environment=collector.environment(OTEL_BSP_SCHEDULE_DELAY="3600000"))
    assert call(server.url).status == 200
    assert collector.spans == []
    server.process.terminate()
    assert any(span.kind == "SERVER" for span in collector.wait_for(4))


@pytest.mark.parametrize("state", ["dead", "silent"])
def test_requests_do_not_wait_for_a_collector(collector, sink, serve, state):
    environment = collector.environment(OTEL_EXPORTER_OTLP_TIMEOUT="200", OTEL_BSP_MAX_QUEUE_SIZE="8")
    if state == "dead":
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    collector.falls_silent()
    server = serve(sink, environment=environment)
    for _ in range(200):
        assert call(server.url).status == 200
    server.logged("telemetry")
    server.process.terminate()
    assert server.process.exit_code() == 0


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_contexts_section(collector, sink, serve, protocol):
    exporter = {"name": "otlp", "endpoint": collector.url(protocol), "protocol": protocol, "headers": "x-key=7"}
    section = {
        "enabled": True,
        "provider": {"name": "opentelemetry", "exporter": exporter},
        "tags": {"team": "core"},
        "baggage": {"key": "a,b"},
    }
    environment = {"OTEL_BSP_SCHEDULE_DELAY": "20", "POD_NAME": "pod-1", "POD_NAMESPACE": "shop"}
    server = serve(sink, topic("news"), environment=environment, pluginsTracing=section)
    assert call(server.url).status == 200
    request, = (span for span in collector.wait_for(5) if span.kind == "SERVER")
    tags = {name: request.attributes.get(name) for name in ("team", "func", "instance", "namespace")}
    assert tags == {"team": "core", "func": "contract", "instance": "pod-1", "namespace": "shop"}
    assert request.resource["k8s.pod.name"] == "pod-1"
    assert sink.received[0].headers["baggage"] == "key=a%2Cb"
    assert collector.requests[0].headers["x-key"] == "7"
    until(lambda: "does not support" not in server.process.output, "no warning", seconds=1)


def test_nothing_is_traced_unless_it_is_asked_for(sink, serve):
    server = serve(sink, topic("news"))
    assert call(server.url, headers=SAMPLED).status == 200
    assert sink.received[0].headers["traceparent"] == SAMPLED["traceparent"]
    assert "spans" not in server.process.output


def test_bindings_have_a_clients_span(collector, sink, serve):
    server = serve(sink, binding("archive"), environment=collector.environment())
    assert call(server.url).status == 200
    client, = (span for span in collector.wait_for(5) if span.kind == "CLIENT")
    assert client.name == "create archive"
    assert client.attributes["rpc.method"] == "dapr.proto.runtime.v1.Dapr/InvokeBinding"


def test_an_answer_waits_for_its_spans(collector, sink, serve):
    """With --trace-flush response:… an answer leaves after its spans."""
    environment = collector.environment(OTEL_BSP_SCHEDULE_DELAY="3600000")
    server = serve(sink, topic("news"), environment=environment, flags=["--trace-flush", "response:1s"])
    assert call(server.url).status == 200
    assert {span.kind for span in collector.wait_for(5)} == {"SERVER", "PRODUCER", "INTERNAL"}

    def is_after_its_spans():
        before = len(collector.spans)
        assert call(server.url).status == 200
        return len(collector.spans) == before + 2

    # A busy machine may once need more than the second, which is the longest that an answer can wait.
    assert any(is_after_its_spans() for _ in range(3))


def test_an_answer_does_not_wait_for_its_spans_longer_than_it_says(collector, sink, serve):
    hour = {name: "3600000" for name in ("OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")}
    collector.falls_silent()
    server = serve(sink, topic("news"), environment=collector.environment(**hour), flags=["--trace-flush", "response:300ms"])
    assert call(server.url, body=b"late").body == b"late"
    assert {span.kind for span in collector.wait_for(5)} == {"SERVER", "PRODUCER", "INTERNAL"}


WARNING = "OFN_TRACE_FLUSH=response:200ms"
CLOUD_RUN = {"K_SERVICE": "greeter"}
PLATFORMS = {
    # variables, flags, whether there is a warning
    "Cloud Run": (CLOUD_RUN, [], True),
    "Cloud Run, before each answer": (CLOUD_RUN, ["--trace-flush", "response:1s"], False),
    "Cloud Run that always gives processors": (CLOUD_RUN | {"OFN_TRACE_FLUSH": "batch"}, [], False),
    "Knative": (CLOUD_RUN | {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, [], False),
    "a server": ({}, [], False),
}


@pytest.mark.parametrize(("variables", "flags", "is_warned"), PLATFORMS.values(), ids=PLATFORMS)
def test_a_platform_that_stops_the_processors(collector, sink, serve, variables, flags, is_warned):
    server = serve(sink, environment=collector.environment() | variables, flags=flags)
    assert server.process.output.count(WARNING) == int(is_warned)


def test_spans_on_standard_output(sink, serve):
    environment = {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_SCHEDULE_DELAY": "20"}
    server = serve(sink, environment=environment)
    assert call(server.url, headers=SAMPLED).status == 200
    server.logged('"resourceSpans"', f'"traceId":"{TRACE}"', '"name":"POST /{path...}"')


@pytest.mark.parametrize("value", ["", "jaeger"])
def test_a_value_that_is_not_understood(sink, serve, value):
    server = serve(sink, topic("news"), environment={"OTEL_TRACES_EXPORTER": value, "OTEL_TRACES_SAMPLER": "sometimes"})
    assert call(server.url, headers=SAMPLED).status == 200
    server.logged("OTEL_TRACES_SAMPLER", "sometimes", '"level":"warning"')
