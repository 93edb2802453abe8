"""The family's asynchronous scenarios with a real broker, in both protocols, and with each sidecar: daprd, the local
sidecar as a process, the local sidecar inside the program."""

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.program import binding, topic
from support.sidecars import write_component
from support.waiting import until


@pytest.fixture(params=["grpc", "http"])
def protocol(request):
    return request.param


def test_cron_to_an_output_binding_that_deletes(serve_beside, delivering):
    write_component(delivering.components, "tick", "bindings.cron", schedule="@every 1s")
    (delivering.root("archive") / "old").write_bytes(b"to be deleted")
    server = serve_beside(
        dict([binding("clock", "tick", type="bindings.cron")]),
        binding("cleaned", "archive", operation="delete", metadata={"fileName": "old"}),
    )
    server.logged("took: clock")
    until(lambda: not delivering.landed(), "the file to be gone")


def test_cron_to_a_file(serve_beside, delivering):
    write_component(delivering.components, "tick", "bindings.cron", schedule="@every 1s")
    serve_beside(
        dict([binding("clock", "tick", type="bindings.cron")]), binding("log", "archive", metadata={"fileName": "ticked"})
    )
    until(lambda: (delivering.root("archive") / "ticked").exists(), "the file")


def test_mqtt_binding_to_a_file_and_away_again(serve_beside, delivering, broker):
    mqtt = {"url": broker.url, "topic": "incoming", "qos": "1", "cleanSession": "true"}
    write_component(delivering.components, "queue", "bindings.mqtt3", **mqtt, consumerID="queue")
    server = serve_beside(
        dict([binding("messages", "queue", type="bindings.mqtt3")]),
        binding("file", "archive", metadata={"fileName": "message"}),
        target="keep_and_remove",
    )

    def kept():
        with delivering.stub() as stub:
            stub.InvokeBinding(dapr_pb2.InvokeBindingRequest(name="queue", operation="create", data=b"note"), timeout=30)
        return "kept note" in server.process.output

    until(kept, "the message to come through the broker")
    server.logged("removed note")
    until(lambda: not delivering.landed(), "the file to be gone")


def test_mqtt_topic_to_another_topic(serve_beside, delivering, broker):
    write_component(
        delivering.components, "mqtt", "pubsub.mqtt3", url=broker.url, qos="1", cleanSession="true", consumerID="app"
    )
    relay = topic("results", "mqtt", uri="second", type="pubsub.mqtt3")
    # The function gets both topics. It distinguishes them by their names, and sends on only the events of the first.
    inputs = dict([topic("first", "mqtt", type="pubsub.mqtt3"), topic("second", "mqtt", type="pubsub.mqtt3")])
    server = serve_beside(inputs, relay, target="relay_once")

    def relayed():
        with delivering.stub() as stub:
            request = dapr_pb2.PublishEventRequest(pubsub_name="mqtt", topic="first", data=b"news", data_content_type="text/plain")
            stub.PublishEvent(request, timeout=30)
        return "relayed: second news" in server.process.output

    until(relayed, "the event on the other topic")
