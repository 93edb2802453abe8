"""A Dapr sidecar with another gRPC implementation (grpcio). It records its calls and answers as the test says.

    with Sink() as sink:
        gate = sink.hold("archive")
        …                                      # call the function from another thread
        call, = sink.wait_for(1)
        gate.set()                             # only now the sidecar confirms
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
from dapr.proto.runtime.v1 import dapr_pb2, dapr_pb2_grpc
from google.protobuf import empty_pb2

from support.waiting import PATIENCE


@dataclass(frozen=True)
class Received:
    method: str  # InvokeBinding or PublishEvent
    component: str
    operation: str  # of a binding
    topic: str  # of a publication
    data: bytes
    content_type: str
    metadata: dict
    headers: dict  # the call's own metadata, as gRPC names that
    seconds_left: float | None  # None if there is no deadline


class Sink(dapr_pb2_grpc.DaprServicer):
    def __init__(self, port=0):
        self._changed = threading.Condition()
        self._received = []
        self._gates = {}
        self._refusals = {}
        self.was_given_up = threading.Event()  # a call ended while it was held
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        self._server = grpc.server(ThreadPoolExecutor(max_workers=64), options=options)
        dapr_pb2_grpc.add_DaprServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def environment(self):
        return {"DAPR_GRPC_PORT": str(self.port)}

    @property
    def received(self):
        with self._changed:
            return list(self._received)

    def close(self):
        """Closes it; calls that are held are cut off."""
        stopped = self._server.stop(grace=None)
        for gate in self._gates.values():
            gate.set()
        stopped.wait(PATIENCE)

    def wait_for(self, count):
        """Returns the first `count` calls as soon as they have arrived; they may be held."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self._received) >= count, PATIENCE)
            assert arrived, f"waited for {count} calls to the sidecar, got {self._received}"
            return self._received[:count]

    def hold(self, component):
        """Calls for it are not answered until the returned event is set."""
        return self._gates.setdefault(component, threading.Event())

    def refuse(self, component, code, message="refused", times=None):
        """Calls for it fail; with `times`, only so many."""
        self._refusals[component] = [code, message, times]

    def InvokeBinding(self, request, context):
        self._receive(
            context,
            method="InvokeBinding",
            component=request.name,
            operation=request.operation,
            topic="",
            data=request.data,
            content_type="",
            metadata=dict(request.metadata),
        )
        return dapr_pb2.InvokeBindingResponse(data=b"{}")

    def PublishEvent(self, request, context):
        self._receive(
            context,
            method="PublishEvent",
            component=request.pubsub_name,
            operation="",
            topic=request.topic,
            data=request.data,
            content_type=request.data_content_type,
            metadata=dict(request.metadata),
        )
        return empty_pb2.Empty()

    def _receive(self, context, **what):
        with self._changed:
            headers = dict(context.invocation_metadata())
            self._received.append(Received(headers=headers, seconds_left=context.time_remaining(), **what))
            self._changed.notify_all()
            gate = self._gates.get(what["component"])
            refusal = self._refuses(what["component"])
        if gate and not gate.is_set():
            context.add_callback(lambda: gate.is_set() or self.was_given_up.set())
            gate.wait(2 * PATIENCE)
        if refusal:
            context.abort(*refusal)

    def _refuses(self, component):
        refusal = self._refusals.get(component)
        if refusal is None or refusal[2] == 0:
            return None
        if refusal[2] is not None:
            refusal[2] -= 1
        return refusal[:2]
