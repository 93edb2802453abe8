"""The data that subscribers of a topic get from the real daprd, which rewrites some content types and empties others."""

import json
import queue

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.http_client import call
from support.program import topic
from support.sidecars import Daprd
from support.waiting import PATIENCE


@pytest.fixture
def daprd(tmp_path):
    with Daprd(tmp_path / "sidecar") as sidecar:
        sidecar.start()
        yield sidecar


@pytest.fixture
def subscription(daprd):
    """next_event(): the next event of topic `news`."""
    Request = dapr_pb2.SubscribeTopicEventsRequestAlpha1
    questions = queue.SimpleQueue()
    subscribe = dapr_pb2.SubscribeTopicEventsRequestInitialAlpha1(pubsub_name="events", topic="news")
    questions.put(Request(initial_request=subscribe))
    with daprd.stub() as stub:
        stream = stub.SubscribeTopicEventsAlpha1(iter(questions.get, None), timeout=PATIENCE)
        assert next(stream).HasField("initial_response")

        def next_event():
            event = next(stream).event_message
            done = dapr_pb2.SubscribeTopicEventsRequestProcessedAlpha1(id=event.id, status={"status": 0})
            questions.put(Request(event_processed=done))
            return event

        yield next_event
        stream.cancel()
        questions.put(None)


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        (None, b"text"),
        (None, bytes(range(256))),
        ("text/plain; charset=utf-8", "grüße".encode()),
        ("text/html", b"\xff\xfe is no text"),
        ("application/json", b"{ is no JSON"),
        ("application/octet-stream", bytes(range(256))),
        ("image/png", bytes(range(256))),
        ("application/vnd.api+json", b'{"b": 1, "a": 2}'),
        ("application/octet-stream", b""),
    ],
)
def test_subscribers_get_the_bytes(daprd, subscription, serve, declared, body):
    server = serve(daprd, topic("events", uri="news"))
    assert call(server.url, body=body, headers={"content-type": declared} if declared else {}).status == 200
    assert subscription().data == body


def test_json_means_the_same(daprd, subscription, serve):
    server = serve(daprd, topic("events", uri="news"))
    body = b'{"b": [1, 2.5, null], "a": "\\u00fc"}'
    assert call(server.url, body=body, headers={"content-type": "application/json"}).status == 200
    event = subscription()
    assert (event.data_content_type, json.loads(event.data)) == ("application/json", json.loads(body))


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("application/json", b'{"n": 1}'),
        (None, b'{"n":1}'),
        ("text/plain", "grüße".encode()),
        (None, b"text"),
        ("application/octet-stream", bytes(range(256))),
        ("image/png", bytes(range(256))),
    ],
)
def test_a_returned_event_arrives_as_that_event(daprd, subscription, serve, type, body):
    server = serve(daprd, topic("events", uri="news"), target="relay")
    attributes = {"ce-id": "id 7", "ce-source": "/test", "ce-type": "t", "ce-specversion": "1.0", "ce-extra": "kept"}
    if type:
        attributes["content-type"] = type
    assert call(server.url, body=body, headers=attributes).status == 200
    event = subscription()
    assert (event.id, event.source, event.type) == ("id 7", "/test", "com.example.relayed")
    assert event.extensions["extra"] == "kept"
    # Without a type, daprd takes JSON data for JSON, and writes it again.
    assert event.data == body or json.loads(event.data) == json.loads(body)


def test_the_trace_goes_on(daprd, subscription, serve):
    server = serve(daprd, topic("events", uri="news"))
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert call(server.url, body=b"x", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}).status == 200
    assert subscription().extensions["traceparent"].split("-")[1] == trace
