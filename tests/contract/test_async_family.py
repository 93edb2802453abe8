"""The family's three asynchronous scenarios, with the real daprd and a real broker."""

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.mosquitto import Mosquitto
from support.ports import reserve_port
from support.program import binding, topic
from support.sidecars import Daprd, write_component
from support.waiting import until


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as it:
        yield it


@pytest.fixture
def port():
    return reserve_port()


@pytest.fixture
def daprd(tmp_path, port):
    with Daprd(tmp_path / "sidecar", app_port=port) as it:
        yield it


def test_cron_to_an_output_binding_that_deletes(serve_async, daprd, port):
    write_component(daprd.components, "tick", "bindings.cron", schedule="@every 1s")
    (daprd.root("archive") / "old").write_bytes(b"to be deleted")
    server = serve_async(
        dict([binding("clock", "tick", type="bindings.cron")]),
        binding("cleaned", "archive", operation="delete", metadata={"fileName": "old"}),
        port=port,
        environment_of=daprd,
    )
    daprd.start()
    server.logged("took: clock")
    until(lambda: not daprd.landed(), "the file to be gone")


def test_mqtt_binding_to_a_file_and_away_again(serve_async, daprd, broker, port):
    mqtt = {"url": broker.url, "topic": "incoming", "qos": "1", "cleanSession": "true"}
    write_component(daprd.components, "queue", "bindings.mqtt3", **mqtt, consumerID="queue")
    server = serve_async(
        dict([binding("messages", "queue", type="bindings.mqtt3")]),
        binding("file", "archive", metadata={"fileName": "message"}),
        target="keep_and_remove",
        port=port,
        environment_of=daprd,
    )
    daprd.start()

    def kept():
        with daprd.stub() as stub:
            stub.InvokeBinding(dapr_pb2.InvokeBindingRequest(name="queue", operation="create", data=b"note"), timeout=30)
        return "kept note" in server.process.output

    until(kept, "the message to come through the broker")
    server.logged("removed note")
    until(lambda: not daprd.landed(), "the file to be gone")


def test_mqtt_topic_to_another_topic(serve_async, daprd, broker, port):
    write_component(
        daprd.components, "mqtt", "pubsub.mqtt3", url=broker.url, qos="1", cleanSession="true", consumerID="app"
    )
    relay = topic("results", "mqtt", uri="second", type="pubsub.mqtt3")
    # The second topic is listened to as well: it is told apart by its name, and only `fine` is not sent on.
    inputs = dict([topic("first", "mqtt", type="pubsub.mqtt3"), topic("second", "mqtt", type="pubsub.mqtt3")])
    server = serve_async(inputs, relay, port=port, target="relay_once", environment_of=daprd)
    daprd.start()

    def relayed():
        with daprd.stub() as stub:
            request = dapr_pb2.PublishEventRequest(pubsub_name="mqtt", topic="first", data=b"news", data_content_type="text/plain")
            stub.PublishEvent(request, timeout=30)
        return "relayed: second news" in server.process.output

    until(relayed, "the event on the other topic")
