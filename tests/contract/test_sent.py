"""The exact data that the sidecar gets, as another gRPC implementation reads it."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from support.http_client import call
from support.program import binding, topic

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def test_binding(sink, serve):
    server = serve(sink, binding("files", "store-7f3a", operation="upsert", metadata={"a": "1", "grüße": "ü", "": ""}))
    assert call(server.url, body=bytes(range(256))).status == 200
    (received,) = sink.received
    assert received.method == "InvokeBinding"
    assert (received.component, received.operation) == ("store-7f3a", "upsert")
    assert received.data == bytes(range(256))
    assert received.metadata == {"a": "1", "grüße": "ü", "": ""}


def test_publication(sink, serve):
    server = serve(sink, topic("news", "bus-7f3a", uri="a/topic", metadata={"ttlInSeconds": "9"}))
    assert call(server.url, body=bytes(range(256))).status == 200
    (received,) = sink.received
    assert received.method == "PublishEvent"
    assert (received.component, received.topic) == ("bus-7f3a", "a/topic")
    assert received.data == bytes(range(256))
    assert received.metadata.pop("cloudevent.id")
    assert received.metadata == {"ttlInSeconds": "9"}


JPEG = b"\xff\xd8"


@pytest.mark.parametrize(
    ("declared", "body", "published", "kept"),
    [
        (None, b"text", "text/plain", None),
        (None, "grüße".encode(), "text/plain", None),
        (None, b"", "text/plain", None),
        (None, JPEG, "application/octet-stream", None),
        ("text/plain", b"text", "text/plain", None),
        ("text/html; charset=utf-8", b"<p>", "text/html; charset=utf-8", None),
        ("text/plain", JPEG, "application/octet-stream", "text/plain"),
        ("application/xml", b"<a/>", "application/xml", None),
        ("application/json", b'{"b":1,"a":2}', "application/json", None),
        ("application/json", b"{", "application/octet-stream", "application/json"),
        ("application/octet-stream", JPEG, "application/octet-stream", None),
        ("image/jpeg", JPEG, "application/octet-stream", "image/jpeg"),
        ("application/vnd.api+json", b"{}", "application/octet-stream", "application/vnd.api+json"),
    ],
)
def test_content_type_is_one_that_subscribers_survive(sink, serve, declared, body, published, kept):
    server = serve(sink, topic("news"))
    headers = {"content-type": declared} if declared else {}
    assert call(server.url, body=body, headers=headers).status == 200
    (received,) = sink.received
    assert received.data == body
    assert received.content_type == published
    assert received.metadata.get("ofn-content-type") == kept


def test_each_publication_has_an_id_of_its_own(sink, serve):
    server = serve(sink, topic("one"), topic("two"), topic("named", metadata={"cloudevent.id": "mine"}))
    for _ in range(3):
        assert call(server.url, body=b"x").status == 200
    ids = [received.metadata["cloudevent.id"] for received in sink.received if received.component != "named"]
    assert len(set(ids)) == 6
    for each in ids:
        assert str(uuid.UUID(each)) == each
    named = [received.metadata["cloudevent.id"] for received in sink.received if received.component == "named"]
    assert named == ["mine"] * 3


def test_a_retry_is_the_same_publication(sink, serve):
    sink.refuse("news", grpc.StatusCode.UNAVAILABLE, times=2)
    server = serve(sink, topic("news"), flags=["--retry-codes", "UNAVAILABLE"])
    assert call(server.url, body=b"x").status == 200
    first, *others = sink.received
    assert len(others) == 2
    assert all((each.data, each.metadata) == (first.data, first.metadata) for each in others)


def test_deadline_is_the_invocations(sink, serve):
    assert call(serve(sink, binding("archive"), flags=["--timeout", "20s"]).url).status == 200
    (received,) = sink.received
    assert 0 < received.seconds_left <= 20


@pytest.mark.parametrize("token", [None, "a secret, 7f3a"])
def test_api_token(sink, serve, token):
    server = serve(sink, binding("archive"), environment={"DAPR_API_TOKEN": token} if token else {})
    assert call(server.url).status == 200
    assert sink.received[0].headers.get("dapr-api-token") == token


def test_trace_context_is_passed_on(sink, serve):
    server = serve(sink, binding("archive"), topic("news"))
    answer = call(server.url, headers={"traceparent": TRACEPARENT, "tracestate": "vendor=1"})
    assert answer.status == 200
    for received in sink.received:
        version, trace, span, flags = received.headers["traceparent"].split("-")
        assert (version, trace, flags) == ("00", TRACE_ID, "01")
        assert len(span) == 16
        assert received.headers["tracestate"] == "vendor=1"


def test_no_trace_context_is_made_up_of_nonsense(sink, serve):
    server = serve(sink, binding("archive"))
    assert call(server.url, headers={"traceparent": "00-nonsense-01"}).status == 200
    assert "nonsense" not in sink.received[0].headers.get("traceparent", "")


def test_a_returned_event_is_published_as_that_event(sink, serve):
    server = serve(sink, topic("news"), binding("archive"), target="relay")
    event = {
        "ce-id": "id 7",
        "ce-source": "/test",
        "ce-type": "t",
        "ce-specversion": "1.0",
        "ce-extra": "kept",
        "content-type": "application/json",
    }
    assert call(server.url, body=b'{"n":1}', headers=event).status == 200
    by_method = {received.method: received for received in sink.received}
    published = by_method["PublishEvent"]
    assert published.content_type == "application/cloudevents+json"
    assert json.loads(published.data) == {
        "specversion": "1.0",
        "id": "id 7",
        "source": "/test",
        "type": "com.example.relayed",
        "extra": "kept",
        "datacontenttype": "application/json",
        "data": {"n": 1},
    }
    assert by_method["InvokeBinding"].data == b'{"n":1}'


def test_both_schemas_of_the_context_at_once_send_once(sink, serve):
    # As the platform sets them: the newer schema omits the topic and names outputs by their component.
    newer = {
        "name": "contract",
        "version": "v1",
        "triggers": {"http": {"port": 8080}},
        "outputs": {
            "bus-7f3a": {"componentName": "bus-7f3a", "componentType": "pubsub.in-memory"},
            "store-7f3a": {"componentName": "store-7f3a", "componentType": "bindings.localstorage", "operation": ""},
        },
    }
    server = serve(
        sink,
        binding("files", "store-7f3a", operation="create"),
        topic("news", "bus-7f3a", uri="a-topic"),
        environment={"FUNC_CONTEXT_V1BETA2": json.dumps(newer)},
    )
    assert call(server.url, body=b"x").status == 200
    sent = sorted((each.component, each.operation, each.topic) for each in sink.received)
    assert sent == [("bus-7f3a", "", "a-topic"), ("store-7f3a", "create", "")]


def test_many_calls_at_once_over_one_server(sink, serve):
    server = serve(sink, binding("archive"), topic("news"))
    payloads = [f"{number}\0".encode() * (1 + 997 * (number % 9)) for number in range(200)]
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda payload: call(server.url, body=payload), payloads))
    assert [answer.status for answer in answers] == [200] * 200
    for method in ("InvokeBinding", "PublishEvent"):
        sent = [received.data for received in sink.received if received.method == method]
        assert sorted(sent) == sorted(payloads)
