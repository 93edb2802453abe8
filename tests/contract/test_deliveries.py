"""A sidecar's deliveries to an app, also those that the app does not accept: with daprd, and with the local sidecar."""

import re

import grpc
import pytest
from dapr.proto.runtime.v1 import appcallback_pb2 as app_pb2
from dapr.proto.runtime.v1 import dapr_pb2

from support.app import App
from support.sidecars import Daprd, LocalSidecar, write_component

SUCCESS, RETRY, DROP = range(3)


def subscription(topic, **others):
    return app_pb2.TopicSubscription(pubsub_name="events", topic=topic, **others)


@pytest.fixture(scope="module", params=["local", "daprd"])
def beside(request, program, tmp_path_factory):
    """An app, and a client of its sidecar."""
    topics = [
        subscription("plain"),
        subscription("raw", metadata={"rawPayload": "true"}),
        subscription("mortal", dead_letter_topic="dead"),
        subscription("dead"),
    ]
    with App(topics, ["tick"]) as app:
        folder = tmp_path_factory.mktemp("deliveries") / "sidecar"
        options = {"app_port": app.port, "app_token": "t0ken"}
        made = LocalSidecar(program, folder, **options) if request.param == "local" else Daprd(folder, **options)
        with made as sidecar:
            write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s")
            sidecar.start()
            app.next_binding()  # by now the sidecar has asked for all lists
            with sidecar.stub() as stub:
                # daprd 1.16 sends the app's token in none of these callbacks.
                app.expected_token = "t0ken" if made.name == "local" else None
                yield app, stub


def publish(stub, topic, data, type="", metadata=(), **overrides):
    stub.PublishEvent(
        dapr_pb2.PublishEventRequest(
            pubsub_name="events", topic=topic, data=data, data_content_type=type, metadata=overrides
        ),
        timeout=20,
        metadata=metadata,
    )


def test_cron(beside):
    app, _ = beside
    event, metadata = app.next_binding()
    assert event.name == "tick"
    assert event.data == b""
    assert set(event.metadata) == {"readTimeUTC", "timeZone"}
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC.*", event.metadata["readTimeUTC"])
    assert event.metadata["timeZone"] == "Local"
    assert metadata.get("dapr-api-token") == app.expected_token


def test_every_field(beside):
    app, stub = beside
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    publish(stub, "plain", b"x", metadata=[("traceparent", trace)], **{"cloudevent.id": "7"})
    event, metadata = app.next_topic()
    assert (event.id, event.source, event.type) == ("7", "contract", "com.dapr.event.sent")
    assert (event.spec_version, event.data_content_type, event.data) == ("1.0", "text/plain", b"x")
    assert (event.topic, event.pubsub_name, event.path) == ("plain", "events", "")
    assert metadata.get("dapr-api-token") == app.expected_token
    names = {"topic", "pubsubname", "time", "traceid", "traceparent", "tracestate"}
    assert set(event.extensions.keys()) == names
    assert event.extensions["topic"] == "plain"
    assert event.extensions["pubsubname"] == "events"
    assert event.extensions["traceparent"][:36] == trace[:36]


@pytest.mark.parametrize(
    ("type", "data", "arrives", "arrives_as"),
    [
        ("", b"grun\xff", "grun\ufffd".encode(), "text/plain"),
        ("text/html; a=b", b"<x>", b"<x>", "text/html; a=b"),
        ("application/xml", b"<x/>", b"<x/>", "application/xml"),
        ("application/json", b'{"b": 1.0, "a": [12345678901234567891]}', b'{"a":[12345678901234567000],"b":1}', None),
        ("application/json", b"{bad", b'"{bad"', None),
        ("application/octet-stream", bytes(range(256)), bytes(range(256)), None),
        ("image/png", b"x", b"", None),
    ],
)
def test_data_by_its_type(beside, type, data, arrives, arrives_as):
    app, stub = beside
    publish(stub, "plain", data, type)
    event, _ = app.next_topic()
    assert event.data == arrives
    assert event.data_content_type == (arrives_as or type)


def test_an_event_of_its_own(beside):
    app, stub = beside
    own = b'{"specversion":"1.0","id":"1","source":"s","type":"t","own":"e","data":"d","datacontenttype":"text/plain"}'
    publish(stub, "plain", own, "application/cloudevents+json")
    event, _ = app.next_topic()
    assert (event.id, event.source, event.type, event.data) == ("1", "s", "t", b"d")
    assert event.extensions["own"] == "e"


def test_raw(beside):
    app, stub = beside
    publish(stub, "raw", b"\0\xff", rawPayload="true")
    event, _ = app.next_topic()
    assert (event.data, event.data_content_type, event.source) == (b"\0\xff", "application/octet-stream", "Dapr")


def refuse_first(app, status=None, code=None, first="mortal"):
    def answer(event, context):
        if event.topic == first and code:
            context.abort(code, "no")
        return app_pb2.TopicEventResponse(status=status if event.topic == first else SUCCESS)

    app.answer = answer


@pytest.mark.parametrize(
    ("refusal", "comes"),
    [
        ({"status": SUCCESS}, ["plain"]),
        ({"status": DROP}, ["plain"]),
        ({"code": grpc.StatusCode.UNIMPLEMENTED}, ["plain"]),
        ({"status": RETRY}, ["plain"] * 10),
        ({"status": 7}, ["plain"] * 10),
        ({"code": grpc.StatusCode.INTERNAL}, ["plain"] * 10),
    ],
    ids=str,
)
def test_what_is_not_taken(beside, refusal, comes):
    app, stub = beside
    refuse_first(app, **refusal, first="plain")
    publish(stub, "plain", b"1")
    got = [app.next_topic()[0].topic for _ in comes]
    # The messages of a topic come one after the other. So the next message shows that no other came before it.
    refuse_first(app, first=None)
    publish(stub, "plain", b"end")
    event, _ = app.next_topic()
    assert (got, event.data) == (comes, b"end")


@pytest.mark.parametrize(
    "refusal", [{"status": DROP}, {"status": RETRY}, {"code": grpc.StatusCode.INTERNAL}], ids=str
)
def test_dead_letter(beside, refusal):
    app, stub = beside
    refuse_first(app, **refusal)
    publish(stub, "mortal", b"1", **{"cloudevent.id": "9"})
    events = [app.next_topic()[0] for _ in range(2)]
    assert [(event.topic, event.id, event.data) for event in events] == [("mortal", "9", b"1"), ("dead", "9", b"1")]
