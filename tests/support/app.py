"""An app with another gRPC implementation (grpcio) for a sidecar under test: lists its topics, records its events, answers as told.

    with App(topics=[dapr.TopicSubscription(pubsub_name="events", topic="news")]) as app:
        … a sidecar with app_port=app.port …
        assert app.next_topic().data == b"…"
"""

import queue
from concurrent import futures

import grpc
from dapr.proto.runtime.v1 import appcallback_pb2 as dapr
from dapr.proto.runtime.v1 import appcallback_pb2_grpc

from support.waiting import PATIENCE


class App(appcallback_pb2_grpc.AppCallbackServicer):
    def __init__(self, topics=(), bindings=()):
        self.topics = topics
        self.bindings = bindings
        self.answer = lambda event, context: dapr.TopicEventResponse()
        self.topic_events = queue.SimpleQueue()
        self.binding_events = queue.SimpleQueue()
        self.server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        appcallback_pb2_grpc.add_AppCallbackServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(None).wait()

    def next_topic(self):
        """The next event of any topic, and its metadata."""
        return self.topic_events.get(timeout=PATIENCE)

    def next_binding(self):
        return self.binding_events.get(timeout=PATIENCE)

    # The callbacks.
    def ListTopicSubscriptions(self, request, context):
        return dapr.ListTopicSubscriptionsResponse(subscriptions=self.topics)

    def ListInputBindings(self, request, context):
        return dapr.ListInputBindingsResponse(bindings=self.bindings)

    def OnTopicEvent(self, request, context):
        self.topic_events.put((request, dict(context.invocation_metadata())))
        return self.answer(request, context)

    def OnBindingEvent(self, request, context):
        self.binding_events.put((request, dict(context.invocation_metadata())))
        return dapr.BindingEventResponse()
