"""Calls the app under test as a sidecar does, with another gRPC implementation (grpcio).

    with App(server.port, token="…") as app:
        assert app.topic("orders", b"data").status == TopicEventResponse.SUCCESS
        assert app.fails(lambda: app.topic("orders", b"fail")) == grpc.StatusCode.INTERNAL
"""

import grpc
from dapr.proto.runtime.v1 import appcallback_pb2, appcallback_pb2_grpc
from google.protobuf import empty_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from support.waiting import PATIENCE

_UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class App:
    def __init__(self, port, token=None):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_UNLIMITED)
        self.stub = appcallback_pb2_grpc.AppCallbackStub(self.channel)
        self.alpha = appcallback_pb2_grpc.AppCallbackAlphaStub(self.channel)
        self._app_health = appcallback_pb2_grpc.AppCallbackHealthCheckStub(self.channel)
        self._health = health_pb2_grpc.HealthStub(self.channel)
        self.options = {"timeout": PATIENCE}
        if token is not None:
            self.options["metadata"] = [("dapr-api-token", token)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def topic(self, topic, data, component="events", id="1", type="com.dapr.event.sent", **others):
        request = appcallback_pb2.TopicEventRequest(
            id=id, source="test", type=type, spec_version="1.0", topic=topic, pubsub_name=component, data=data, **others
        )
        return self.stub.OnTopicEvent(request, **self.options)

    def bulk(self, topic, *datas, component="events"):
        """Each entry's id is its data."""
        entries = [
            appcallback_pb2.TopicEventBulkRequestEntry(entry_id=data.decode(), bytes=data, content_type="text/plain")
            for data in datas
        ]
        request = appcallback_pb2.TopicEventBulkRequest(id="bulk", topic=topic, pubsub_name=component, entries=entries)
        answer = self.alpha.OnBulkTopicEventAlpha1(request, **self.options)
        return {entry.entry_id: entry.status for entry in answer.statuses}

    def binding(self, component, data=b"", metadata=None):
        request = appcallback_pb2.BindingEventRequest(name=component, data=data, metadata=metadata or {})
        return self.stub.OnBindingEvent(request, **self.options)

    def subscriptions(self):
        return self.stub.ListTopicSubscriptions(empty_pb2.Empty(), **self.options).subscriptions

    def bindings(self):
        return self.stub.ListInputBindings(empty_pb2.Empty(), **self.options).bindings

    def app_health(self):
        return self._app_health.HealthCheck(empty_pb2.Empty(), **self.options)

    def health(self, service=""):
        answer = self._health.Check(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def raw(self, method, data, **options):
        """Sends any bytes to a method of AppCallback."""
        path = f"/dapr.proto.runtime.v1.AppCallback/{method}"
        call = self.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
        return call(data, **(self.options | options))


def code_of(call):
    """Returns the status with which the call fails."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK
