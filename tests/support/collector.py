"""A collector for OpenTelemetry's spans, over gRPC and HTTP, with the public descriptors. It records what it gets.

    with Collector() as collector:
        environment = collector.environment("grpc")
        …
        server, producer = collector.wait_for(2)
        assert producer.parent == server.id
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

from support.waiting import PATIENCE


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


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self):
        self._changed = threading.Condition()
        self._spans = []
        self.headers = []  # of each request, in lower case
        self.answers = threading.Event()  # unset: no request is answered
        self.answers.set()
        self._grpc = grpc.server(ThreadPoolExecutor(max_workers=8), options=[("grpc.so_reuseport", 0)])
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._grpc)
        self.grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")
        self._grpc.start()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answers.set()
        self._grpc.stop(grace=None).wait(PATIENCE)
        self._http.shutdown()
        self._http.server_close()

    def url(self, protocol):
        return f"http://127.0.0.1:{self.grpc_port if protocol == 'grpc' else self._http.server_port}"

    def environment(self, protocol="grpc", **others):
        """The variables that make a program send its spans here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url(protocol),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "20",
        } | others

    @property
    def spans(self):
        with self._changed:
            return list(self._spans)

    def wait_for(self, count):
        """Returns the first `count` spans, in the order in which they began, as soon as they are there."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self._spans) >= count, PATIENCE)
            assert arrived, f"waited for {count} spans, got {self._spans}"
            return sorted(self._spans[:count], key=lambda span: span.began)

    def Export(self, request, context):
        self._take(request, {name.lower(): value for name, value in context.invocation_metadata()})
        return trace_service_pb2.ExportTraceServiceResponse()

    def _take(self, request, headers):
        spans = []
        for part in request.resource_spans:
            resource = _attributes(part.resource)
            for scope in part.scope_spans:
                spans += [_span(span, resource) for span in scope.spans]
        with self._changed:
            self._spans += spans
            self.headers.append(headers)
            self._changed.notify_all()
        self.answers.wait(2 * PATIENCE)

    def _handler(collector):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                found = self.path == "/v1/traces"
                if found:
                    request = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
                    collector._take(request, {name.lower(): value for name, value in self.headers.items()})
                answer = trace_service_pb2.ExportTraceServiceResponse().SerializeToString()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        return Handler
