"""The callbacks of a function that a sidecar triggers, called by another gRPC implementation."""

import gzip
import json
import zlib

import grpc
import h2.events
import pytest
from dapr.proto.runtime.v1 import appcallback_pb2

from support.apps import App, code_of
from support.http2 import Http2
from support.http_client import call
from support.program import binding, context, topic
from support.raw import Raw
from support.waiting import PATIENCE

Code = grpc.StatusCode
Status = appcallback_pb2.TopicEventResponse

INPUTS = dict(
    [
        binding("tick", "c-tick", type="bindings.cron"),
        topic("orders", "events", uri="orders", metadata={"maxFailures": "2", "deadLetterTopic": "dead"}),
        topic("news", "events", uri="news/#", metadata={"rawPayload": "true", "bulkSubscribe": "true"}),
    ]
)


@pytest.fixture
def deliver(serve_async):
    """deliver(…): a served function and a gRPC client of its callbacks."""
    apps = []

    def start(*outputs, token=None, client_token=None, **options):
        environment = {"APP_API_TOKEN": token} if token else {}
        server = serve_async(INPUTS, *outputs, environment=environment, **options)
        app = App(server.port, client_token or token)
        apps.append(app)
        return server, app

    yield start
    for app in apps:
        app.channel.close()


def test_it_says_what_it_wants(deliver):
    _, app = deliver()
    assert list(app.bindings()) == ["c-tick"]
    orders, news = app.subscriptions()
    assert (orders.pubsub_name, orders.topic, orders.dead_letter_topic) == ("events", "orders", "dead")
    assert not orders.metadata and not orders.bulk_subscribe.enabled
    assert (news.topic, dict(news.metadata), news.bulk_subscribe.enabled) == ("news/#", {"rawPayload": "true"}, True)


def test_what_the_function_did_is_the_status(deliver):
    server, app = deliver()
    assert app.topic("orders", b"x").status == Status.SUCCESS
    assert app.topic("orders", b"drop").status == Status.DROP
    assert app.binding("c-tick", b"") == appcallback_pb2.BindingEventResponse()
    server.logged("took: tick ")
    for data in (b"fail", b"throw"):
        assert code_of(lambda: app.topic("orders", data, id=data.decode())) == Code.INTERNAL
        assert code_of(lambda: app.binding("c-tick", data)) == Code.INTERNAL
    assert code_of(lambda: app.binding("c-tick", b"drop")) == Code.INTERNAL
    assert code_of(lambda: app.topic("unknown", b"x")) == Code.NOT_FOUND
    assert code_of(lambda: app.topic("orders", b"x", component="other")) == Code.NOT_FOUND
    assert code_of(lambda: app.binding("unknown", b"x")) == Code.NOT_FOUND


def test_an_exceptions_text_stays_here(deliver):
    _, app = deliver()
    with pytest.raises(grpc.RpcError) as raised:
        app.topic("orders", b"throw")
    assert "secret" not in raised.value.details()


def test_an_event_that_fails_too_often_is_dropped(deliver):
    server, app = deliver()
    assert code_of(lambda: app.topic("orders", b"fail", id="poison")) == Code.INTERNAL
    assert app.topic("orders", b"fail", id="poison").status == Status.DROP
    server.logged("event dropped", "maxFailures")


def test_a_bulk_is_answered_entry_by_entry(deliver):
    _, app = deliver()
    assert app.bulk("news/#", b"one", b"fail", b"drop") == {"one": Status.SUCCESS, "fail": Status.RETRY, "drop": Status.DROP}
    assert code_of(lambda: app.bulk("news/#", b"fail", b"fail2")) == Code.INTERNAL


def test_success_means_that_the_outputs_have_it(deliver, sink):
    _, app = deliver(binding("archive"), environment_of=sink)
    assert app.topic("orders", b"kept").status == Status.SUCCESS
    assert [received.data for received in sink.received] == [b"kept"]
    sink.refuse("archive", Code.INTERNAL)
    assert code_of(lambda: app.topic("orders", b"lost", id="2")) == Code.UNAVAILABLE


def test_a_function_that_was_short_may_wait_for_its_outputs(deliver, sink):
    _, app = deliver(binding("archive"), environment_of=sink)
    gate = sink.hold("archive")
    for number in range(200):
        app.topic("orders", b"fine", id=f"{number}")
    waiting = [
        app.stub.OnTopicEvent.future(
            appcallback_pb2.TopicEventRequest(pubsub_name="events", topic="orders", data=b"kept", id=f"kept {number}")
        )
        for number in range(8)
    ]
    sink.wait_for(8)
    assert app.topic("orders", b"fine", id="meanwhile").status == Status.SUCCESS
    gate.set()
    assert [each.result(PATIENCE).status for each in waiting] == [Status.SUCCESS] * 8


def test_the_token_is_asked_for(deliver):
    _, app = deliver(token="right", client_token="wrong")
    for deny in (app.subscriptions, app.bindings, app.app_health, lambda: app.topic("orders", b"x"), lambda: app.binding("c-tick")):
        assert code_of(deny) == Code.UNAUTHENTICATED
    assert app.health() == "SERVING"
    app.options["metadata"] = [("dapr-api-token", "right")]
    assert app.topic("orders", b"x").status == Status.SUCCESS
    del app.options["metadata"]
    assert code_of(app.subscriptions) == Code.UNAUTHENTICATED


def test_what_is_no_delivery(deliver):
    server, app = deliver(flags=["--max-body-size", "64KiB"])
    assert code_of(lambda: app.raw("OnTopicEvent", b"\x0a\x05x")) == Code.INTERNAL
    assert code_of(lambda: app.raw("OnBindingEvent", b"\xff\xff")) == Code.INTERNAL
    assert code_of(lambda: app.raw("OnInvoke", b"")) == Code.UNIMPLEMENTED
    assert code_of(lambda: app.topic("orders", b"x" * 70_000)) == Code.RESOURCE_EXHAUSTED
    assert code_of(lambda: app.topic("orders", b"x" * 10_000_000)) == Code.RESOURCE_EXHAUSTED
    assert app.topic("orders", b"x").status == Status.SUCCESS


_CALLBACK = "/dapr.proto.runtime.v1.AppCallback/OnTopicEvent"
_EVENT = appcallback_pb2.TopicEventRequest(id="1", pubsub_name="events", topic="orders", data=b"x").SerializeToString()
_FRAMED = len(_EVENT).to_bytes(5, "big") + _EVENT


def _compressed(message):
    return b"\1" + len(message).to_bytes(4, "big") + message


@pytest.mark.parametrize(
    ("change", "body", "status", "code"),
    [
        ({}, _FRAMED, 200, Code.OK),
        ({"content-type": "application/grpc+proto"}, _FRAMED, 200, Code.OK),
        # These are not gRPC calls, so they do not run the function.
        ({"content-type": "application/json"}, _FRAMED, 415, None),
        ({"content-type": "application/grpc-web"}, _FRAMED, 415, None),
        ({"method": "GET"}, _FRAMED, 405, None),
        ({"path": _CALLBACK + "s"}, _FRAMED, 200, Code.UNIMPLEMENTED),
        ({"grpc-timeout": "0n"}, _FRAMED, 200, Code.DEADLINE_EXCEEDED),
        ({"grpc-timeout": "soon"}, _FRAMED, 200, Code.INTERNAL),
        ({"grpc-encoding": "snappy"}, b"\1" + _FRAMED[1:], 200, Code.UNIMPLEMENTED),
        ({"grpc-encoding": "gzip"}, b"\1" + _FRAMED[1:], 200, Code.INTERNAL),
        ({"grpc-encoding": "gzip"}, _compressed(gzip.compress(_EVENT, mtime=0)), 200, Code.OK),
        ({"grpc-encoding": "deflate"}, _compressed(zlib.compress(_EVENT)), 200, Code.OK),
        ({"grpc-encoding": "gzip"}, _compressed(gzip.compress(bytes(1_000_000), mtime=0)), 200, Code.RESOURCE_EXHAUSTED),
        ({}, b"", 200, Code.INTERNAL),
        ({}, _FRAMED[:-1], 200, Code.INTERNAL),
        ({}, _FRAMED + _FRAMED, 200, Code.INTERNAL),
        ({}, b"\0\0\0\0\2\xff\xff", 200, Code.INTERNAL),
        ({}, (10_000).to_bytes(5, "big") + bytes(10_000), 200, Code.RESOURCE_EXHAUSTED),
    ],
)
def test_what_a_grpc_library_would_not_send(deliver, change, body, status, code):
    server, _ = deliver(flags=["--max-body-size", "8KiB"])
    fields = {"path": _CALLBACK, "content-type": "application/grpc", "te": "trailers"} | change
    with Raw(server.port) as raw:
        client = Http2(raw)
        client.h2.initiate_connection()
        client.flush()
        stream = client.request(**fields, body=body)
        answer = client.answer(stream)
        trailers = [event for event in client.events if isinstance(event, h2.events.TrailersReceived)]
    assert answer.status == status
    said = answer.headers | (dict(trailers[0].headers) if trailers else {})
    assert said.get("grpc-status") == (None if code is None else str(code.value[0]))
    if code == Code.OK:
        server.logged("took: ")
    else:
        assert "took: " not in server.process.output


def test_large_messages(deliver):
    server, app = deliver()
    assert app.topic("orders", b"large" + b"\0" * 9_000_000).status == Status.SUCCESS
    server.logged("took: orders large")


def test_the_deadline(deliver):
    server, app = deliver()
    app.options["timeout"] = 2
    assert code_of(lambda: app.topic("orders", b"slow")) == Code.DEADLINE_EXCEEDED
    server.logged("stopped")
    app.options["timeout"] = PATIENCE
    _, app = deliver(flags=["--timeout", "300ms"])
    assert code_of(lambda: app.topic("orders", b"slow")) == Code.DEADLINE_EXCEEDED


def test_a_caller_that_leaves(deliver):
    server, app = deliver()
    leaving = app.stub.OnTopicEvent.future(
        appcallback_pb2.TopicEventRequest(pubsub_name="events", topic="orders", data=b"slow", id="1")
    )
    server.logged("took: orders slow")
    leaving.cancel()
    server.logged("stopped")
    assert app.topic("orders", b"x", id="2").status == Status.SUCCESS


def test_a_siblings_inner_event_is_unwrapped(deliver):
    server, app = deliver()
    inner = b'{"metadata":{},"userData":"aW5uZXI="}'
    app.topic("orders", inner, type="io.openfunction.function.ns.f")
    server.logged("took: orders inner")


def test_a_cloudevent_function_gets_the_envelope(deliver):
    server, app = deliver(target="see")
    app.topic("orders", b"hello", id="id-7", type="com.example.t")
    server.logged("saw: id-7 com.example.t hello")
    app.binding("c-tick", b"tock")
    server.logged("saw: ", " tock")


def test_a_typed_function_reads_json(deliver):
    server, app = deliver(target="order")
    assert app.topic("orders", b'{"item":"tea","count":2}', data_content_type="application/json").status == Status.SUCCESS
    server.logged("ordered: 2 tea")
    app.binding("c-tick", b'{"item":"jam","count":1}')
    server.logged("ordered: 1 jam")
    app.topic("orders", b'{"item":"rum","count":2}', data_content_type="text/plain")
    server.logged("ordered: 2 rum")
    refused = [
        (b'{"item":"tea","count":-1}', "application/json", "$.count"),
        (b'{"item":"tea"}', "application/json", "$.count"),
        (b"tea", "application/json", "JSON"),
    ]
    for data, content_type, word in refused:
        with pytest.raises(grpc.RpcError) as raised:
            app.topic("orders", data, data_content_type=content_type, id=f"{data} {content_type}")
        assert raised.value.code() == Code.FAILED_PRECONDITION
        assert word in raised.value.details()


def test_the_proxy_of_the_platform(deliver):
    """The proxy never asks for lists, uses the topic as the path, opens new connections, and looks only at errors."""
    server, _ = deliver()
    for number in range(5):
        with App(server.port) as proxy:
            assert proxy.topic("orders", b"x", id=str(number), path="orders") == Status()
            proxy.topic("", b"x", component="", path="orders")
            assert code_of(lambda: proxy.topic("orders", b"fail", path="orders")) != Code.OK or number % 2


def test_health_in_both_runtimes(deliver, serve, sink):
    _, app = deliver()
    assert app.health() == "SERVING"
    app.app_health()
    assert code_of(lambda: app.health("some.Service")) == Code.NOT_FOUND
    with App(serve(sink).port) as plain:
        assert plain.health() == "SERVING"


def test_sigterm_finishes_what_runs_and_refuses_the_rest(deliver, sink):
    server, app = deliver(binding("archive"), environment_of=sink)
    gate = sink.hold("archive")
    running = app.stub.OnTopicEvent.future(
        appcallback_pb2.TopicEventRequest(pubsub_name="events", topic="orders", data=b"kept", id="1")
    )
    sink.wait_for(1)
    server.process.terminate()
    server.logged("draining")
    with App(server.port) as late:
        late.options["timeout"] = 2
        assert code_of(lambda: late.topic("orders", b"late", id="2")) in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)
    gate.set()
    assert running.result(PATIENCE) == Status()
    assert server.process.exit_code() == 0
    assert [received.data for received in sink.received] == [b"kept"]


def test_during_the_drain_delay_deliveries_are_taken_but_health_checks_fail(deliver, sink):
    server, app = deliver(binding("archive"), environment_of=sink, flags=["--drain-delay", "1h"])
    server.process.terminate()
    server.logged("stopping soon")
    assert app.health() == "NOT_SERVING"
    assert code_of(app.app_health) == Code.UNAVAILABLE
    assert app.topic("orders", b"kept") == Status()
    with App(server.port) as late:
        assert late.topic("orders", b"late") == Status()
    assert [received.data for received in sink.received] == [b"kept", b"late"]
    server.process.terminate()
    assert server.process.exit_code() == 0


def test_both_triggers_share_the_port(serve_async):
    triggers = {"triggers": {"http": {}, "dapr": [{"name": "events", "type": "pubsub.in-memory", "topic": "orders"}]}}
    server = serve_async(None, document={"name": "f", **triggers})
    with App(server.port) as app:
        assert app.topic("orders", b"x") == Status()
        server.logged("took: events x")
        assert call(server.url, "/any", body=b"y").status == 200
        server.logged("took: http y")


def test_without_an_http_trigger_requests_are_nobodys(deliver):
    server, _ = deliver()
    assert call(server.url, body=b"x").status == 404
    assert call(server.url, method="GET", headers={"User-Agent": "kube-probe/1.30"}).status == 200


def test_http_callbacks(serve_async):
    environment = {"APP_PROTOCOL": "http", "APP_API_TOKEN": "right"}
    server = serve_async(INPUTS, environment=environment)
    token = {"dapr-api-token": "right"}
    assert call(server.url, "/dapr/subscribe", method="GET").status == 401
    subscribed = call(server.url, "/dapr/subscribe", method="GET", headers=token)
    assert subscribed.status == 200 and b'"/news%2F%23"' in subscribed.body
    assert call(server.url, "/c-tick", method="OPTIONS", headers=token).status == 200
    assert call(server.url, "/other", method="OPTIONS", headers=token).status == 404
    assert call(server.url, "/healthz", method="GET").status == 200
    assert call(server.url, "/c-tick", headers=token).status == 200
    structured = token | {"content-type": "application/cloudevents+json"}

    def event(data):
        return b'{"specversion":"1.0","id":"%s","source":"s","type":"t","datacontenttype":"text/plain","data":"%s"}' % (data, data)

    for data, status, body in ((b"x", 200, b"SUCCESS"), (b"drop", 200, b"DROP"), (b"fail", 500, b"as asked")):
        answer = call(server.url, "/orders", headers=structured, body=event(data))
        assert answer.status == status and body in answer.body
    assert call(server.url, "/orders", body=event(b"x")).status == 401


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        ({"inputs": {}}, 4, ["$.inputs", "at least one input"]),
        ({"inputs": dict([topic("orders", metadata={"inOrder": "perhaps"})])}, 4, ["inOrder", "orders", "true or false"]),
    ],
)
def test_what_is_refused_at_start(program, async_functions, document, code, words):
    environment = {"FUNC_CONTEXT": json.dumps({"name": "f", "runtime": "Async", **document})}
    done = program.run_to_end(["--source", async_functions, "--target", "take", "--port", "0"], environment)
    assert done.code == code
    for word in words:
        assert word in done.stderr


