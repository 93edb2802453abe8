"""A proxy between a sidecar and its app that records the app's calls and answers.

    with Recorder(app_port) as recorder:
        … a sidecar with app_port=recorder.port …
        recorder.wait(lambda: recorder.acknowledged, "an acknowledgement")

It forwards bytes, with the call's metadata, deadline and cancellation, and reads them. An event counts as acknowledged if the
app has acknowledged it, even if the sidecar no longer receives the answer.
"""

import collections
import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from dapr.proto.runtime.v1 import appcallback_pb2

from support.waiting import PATIENCE

# After an app was killed, connect again at once.
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.enable_retries", 0),
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
]
_Status = appcallback_pb2.TopicEventResponse.TopicEventResponseStatus
_FOREVER = 1e9  # seconds; grpcio's value if there is no deadline
# The forwarding gRPC sets these itself.
_OWN = ("user-agent", "grpc-accept-encoding")


class Recorder(grpc.GenericRpcHandler):
    def __init__(self, app_port):
        self._changed = threading.Condition()
        self.deliveries = collections.Counter()  # for each event's id, whatever their result
        self.acknowledged = set()  # the ids for which the app answered SUCCESS
        self.statuses = collections.Counter()
        self.in_flight = 0
        self._channel = grpc.insecure_channel(f"127.0.0.1:{app_port}", options=_OPTIONS)
        self._server = grpc.server(ThreadPoolExecutor(64), handlers=[self], options=_OPTIONS)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.stop(None).wait(PATIENCE)
        self._channel.close()

    @property
    def redeliveries(self):
        with self._changed:
            return self.deliveries.total() - len(self.deliveries)

    def wait(self, condition, what):
        """Waits as long as events are delivered."""
        with self._changed:
            while not condition():
                seen = self.deliveries.total()
                if not self._changed.wait_for(lambda: condition() or self.deliveries.total() > seen, PATIENCE):
                    raise AssertionError(f"waited {PATIENCE:g} s for {what}; {self._so_far()}")

    def wake(self):
        """Makes wait() check its condition again, after another thread changed it."""
        with self._changed:
            self._changed.notify_all()

    def _so_far(self):
        return f"{len(self.acknowledged)} acknowledged, {self.in_flight} in flight, statuses: {dict(self.statuses)}"

    # grpcio calls this.

    def service(self, details):
        handle = self._delivery if details.method.endswith("/OnTopicEvent") else self._other
        return grpc.unary_unary_rpc_method_handler(functools.partial(handle, details.method))

    def _other(self, method, request, context):
        # If the sidecar asked for the list while the app was unreachable, it would never ask again.
        return self._forward(method, request, context, wait_for_ready=True)

    def _delivery(self, method, request, context):
        id = appcallback_pb2.TopicEventRequest.FromString(request).id
        with self._changed:
            self.deliveries[id] += 1
            self.in_flight += 1
            self._changed.notify_all()
        status = None
        try:
            answer = self._forward(method, request, context)
            status = _Status.Name(appcallback_pb2.TopicEventResponse.FromString(answer).status)
            return answer
        finally:
            with self._changed:
                self.in_flight -= 1
                self.statuses[status or context.code().name] += 1
                if status == "SUCCESS":
                    self.acknowledged.add(id)
                self._changed.notify_all()

    def _forward(self, method, request, context, **options):
        metadata = [pair for pair in context.invocation_metadata() if pair[0] not in _OWN]
        left = context.time_remaining()
        left = left if left < _FOREVER else None
        call = self._channel.unary_unary(method).future(request, left, metadata, **options)
        context.add_callback(call.cancel)
        try:
            return call.result()
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        except grpc.FutureCancelledError:
            context.abort(grpc.StatusCode.CANCELLED, "the sidecar is gone")
