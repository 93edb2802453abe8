"""A collector for OpenTelemetry's spans, over gRPC and HTTP, with the public descriptors. It shows the spans that it got.

    with Collector() as collector:
        environment = collector.environment("grpc")
        …
        server, producer = collector.wait_for(2)
        assert producer.parent == server.id
"""

from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from support.otlp_receivers import Answer, GrpcAnswer, GrpcReceiver, HttpReceiver
from support.waiting import until


@dataclass(frozen=True)
class Span:
    name: str
    kind: str  # SERVER, …
    trace: str  # hexadecimal
    id: str
    parent: str  # "" if there is none
    state: str
    attributes: dict
    failed: bool
    events: list  # of attributes
    links: list  # of "trace-span"
    began: int  # nanoseconds
    ended: int
    resource: dict

    @property
    def context(self):
        """As in traceparent, without the version and the flags."""
        return f"{self.trace}-{self.id}"


def _value(value):
    return getattr(value, value.WhichOneof("value"))


def _attributes(message):
    return {each.key: _value(each.value) for each in message.attributes}


def _span(span, resource):
    return Span(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        state=span.trace_state,
        attributes=_attributes(span),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        events=[_attributes(event) for event in span.events],
        links=[f"{link.trace_id.hex()}-{link.span_id.hex()}" for link in span.links],
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        resource=resource,
    )


def _spans(request):
    spans = []
    for part in trace_service_pb2.ExportTraceServiceRequest.FromString(request.body).resource_spans:
        resource = _attributes(part.resource)
        spans += [_span(span, resource) for scope in part.scope_spans for span in scope.spans]
    return spans


class Collector:
    def __init__(self):
        self._grpc = GrpcReceiver()
        self._http = HttpReceiver()
        self._http.answers = [Answer(headers={"Content-Type": "application/x-protobuf"})]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._grpc.__exit__()
        self._http.__exit__()

    def url(self, protocol):
        return (self._grpc if protocol == "grpc" else self._http).url

    def environment(self, protocol="grpc", **others):
        """The variables that make a program send its spans here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url(protocol),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
            "OTEL_METRICS_EXPORTER": "none",
        } | others

    def falls_silent(self):
        """From now on no request is answered."""
        self._grpc.answers = [GrpcAnswer(never=True)]
        self._http.answers = [Answer(never=True)]

    @property
    def requests(self):
        return self._grpc.requests + self._http.requests

    @property
    def spans(self):
        return [span for request in self.requests for span in _spans(request)]

    def trace(self, id):
        """Returns the spans of a trace that have arrived."""
        return [span for span in self.spans if span.trace == id]

    def wait_for(self, count):
        """Returns the first `count` spans, in the order in which they began, as soon as they are there."""
        spans = until(lambda: self.spans if len(self.spans) >= count else None, f"{count} spans")
        return sorted(spans[:count], key=lambda span: span.began)
