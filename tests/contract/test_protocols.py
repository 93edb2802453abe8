"""The same event over both protocols of a sidecar: the same answer, and the function gets the same data."""

import grpc
import pytest
from dapr.proto.runtime.v1 import appcallback_pb2

from support.apps import App
from support.http_client import call
from support.program import topic

Status = appcallback_pb2.TopicEventResponse
INPUTS = dict([topic("orders", "events", uri="orders")])
DEEP = "[" * 300 + "]" * 300

# The published event, and the fields that a sidecar makes of it over gRPC, because Go reads JSON in this way.
EVENTS = {
    "plain": ('{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":1}}', {"id": "1", "data": b'{"a":1}'}),
    "no specversion": ('{"id":"2","source":"s","type":"t","data":1}', {"id": "2", "spec_version": "", "data": b"1"}),
    "a member twice": ('{"specversion":"1.0","id":"x","id":"3","source":"s","type":"t","data":1,"data":2}', {"id": "3", "data": b"2"}),
    "half a surrogate pair": (
        '{"specversion":"1.0","id":"4\\ud800","source":"s","type":"t","datacontenttype":"text/plain","data":"a\\udc00"}',
        {"id": "4\ufffd", "data_content_type": "text/plain", "data": "a\ufffd".encode()},
    ),
    "deep data": ('{"specversion":"1.0","id":"5","source":"s","type":"t","data":' + DEEP + "}", {"id": "5", "data": DEEP.encode()}),
    "both data": ('{"specversion":"1.0","id":"6","source":"s","type":"t","data":"no","data_base64":"eWVz"}', {"id": "6", "data": b"yes"}),
    "no data": ('{"specversion":"1.0","id":"7","source":"s","type":"t"}', {"id": "7", "data": b""}),
    "odd attributes": (
        '{"specversion":"0.3","id":"8","source":"my app","type":"","time":"yesterday","myExt":"x","data":1}',
        {"id": "8", "spec_version": "0.3", "source": "my app", "type": "", "data": b"1"},
    ),
}


@pytest.fixture
def over(serve_async):
    """over(protocol, target): a served function, and deliver(text, fields), which returns the result of the delivery."""
    apps = []

    def start(protocol, target):
        server = serve_async(INPUTS, target=target, environment={"APP_PROTOCOL": protocol})
        app = App(server.port)
        apps.append(app)

        def deliver(text, fields):
            if protocol == "http":
                answer = call(server.url, "/orders", headers={"content-type": "application/cloudevents+json"}, body=text.encode())
                return {(200, b'{"status":"SUCCESS"}'): "success", (200, b'{"status":"DROP"}'): "drop"}.get((answer.status, answer.body), "again")
            said = {"source": "s", "type": "t", "spec_version": "1.0", "topic": "orders", "pubsub_name": "events"} | fields
            try:
                status = app.stub.OnTopicEvent(appcallback_pb2.TopicEventRequest(**said), **app.options).status
            except grpc.RpcError:
                return "again"
            return {Status.SUCCESS: "success", Status.DROP: "drop"}.get(status, "again")

        return server, deliver

    yield start
    for app in apps:
        app.channel.close()


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_an_event_is_the_same_over_both(over, protocol):
    server, deliver = over(protocol, "see")
    for name, (text, fields) in EVENTS.items():
        assert deliver(text, fields) == "success", name
        kind = fields.get("type", "t") or "com.dapr.event.sent"
        server.logged(f"saw: {fields['id']} {kind} ", fields["data"].decode()[:40])


LABELS = ["application/json", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", ""]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_typed_function_reads_data_of_any_label(over, protocol):
    server, deliver = over(protocol, "order")
    start = '{"specversion":"1.0","id":"1","source":"s","type":"t"'
    for count, label in enumerate(LABELS):
        told = f',"datacontenttype":"{label}"' if label else ""
        data = f'{{"item":"tea","count":{count}.0}}'
        as_text = f'"{{\\"item\\":\\"tea\\",\\"count\\":{count}.0}}"' if "json" not in label and label else data
        fields = {"data": data.encode(), "data_content_type": label}
        assert deliver(start + told + ',"data":' + as_text + "}", fields) == "success", label
        server.logged(f"ordered: {count} tea")
    base64 = ',"datacontenttype":"application/octet-stream","data_base64":"eyJpdGVtIjoiamFtIiwiY291bnQiOjF9"}'
    assert deliver(start + base64, {"data": b'{"item":"jam","count":1}'}) == "success"
    server.logged("ordered: 1 jam")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_bad_input_is_dropped_and_what_does_not_fit_comes_again(over, protocol):
    server, deliver = over(protocol, "order")
    start = '{"specversion":"1.0","id":"%s","source":"s","type":"t","data":'
    too_many = '{"item":"tea","count":10}'
    assert deliver(start % "1" + too_many + "}", {"id": "1", "data": too_many.encode()}) == "drop"
    server.logged("event dropped", '"id":"1"')
    server.logged("function refused its input", "that is too many")
    assert deliver(start % "2" + '{"item":"tea"}}', {"id": "2", "data": b'{"item":"tea"}'}) == "again"


def test_what_is_no_event_at_all_blocks_nothing(over):
    server, deliver = over("http", "see")
    for text in ("", "hello", "[]", '{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"?"}'):
        assert deliver(text, {}) == "drop", text
        server.logged("delivery refused", "event dropped")
    assert deliver(EVENTS["plain"][0], {}) == "success"
