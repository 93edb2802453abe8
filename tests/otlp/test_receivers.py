"""What other implementations of OTLP's receiving end get from the room otlp, and what becomes of their answers."""

import base64
import json
import os

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2, json_format
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from support.otlp_receivers import Answer, Certificates, GrpcAnswer, GrpcReceiver, HttpReceiver
from support.process import run_to_end
from support.program import program_path
from support.real_collector import RealCollector

_REQUESTS = {"traces": trace_service_pb2.ExportTraceServiceRequest, "metrics": metrics_service_pb2.ExportMetricsServiceRequest}
_RESPONSE = trace_service_pb2.ExportTraceServiceResponse
_PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def send(tmp_path):
    """send(url, …): sends messages, and returns what became of them. BACKOFF is the pause in seconds before a message is sent
    again; if it is longer than the message's limit, nothing is sent again."""

    def run(url, signal="traces", messages=1, items=3, **variables):
        sender = program_path(None).parent / "otlp_sender"
        environment = {"PATH": os.environ["PATH"], "OTEL_EXPORTER_OTLP_ENDPOINT": url} | variables
        return run_to_end([sender, signal, messages, items], environment, cwd=tmp_path)

    return run


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def told(done):
    """The sender's last line: its counts."""
    return done.stderr.splitlines()[-1]


def counts(exported=0, rejected=0, failed=0, dropped=0):
    return f"exported {exported} rejected {rejected} failed {failed} dropped {dropped}"


def attributes(message):
    return {each.key: json_format.MessageToDict(each.value) for each in message.attributes}


def check_spans(request, count):
    [resource_spans] = request.resource_spans
    assert attributes(resource_spans.resource)["service.name"] == {"stringValue": "sender"}
    [scope_spans] = resource_spans.scope_spans
    assert (scope_spans.scope.name, scope_spans.scope.version) == ("ofn", "1")
    assert scope_spans.schema_url == resource_spans.schema_url != ""
    assert len(scope_spans.spans) == count
    span = scope_spans.spans[0]
    assert span.trace_id == b"0123456789abcdef"
    assert span.span_id == span.parent_span_id == span.links[0].span_id == b"\xff\x01\x02\x03\x04\x05\x06\x07"
    assert (span.name, span.kind, span.trace_state, span.flags) == ("GET /users/{id}", 2, "vendor=1", 257)
    assert span.end_time_unix_nano - span.start_time_unix_nano == 500_000_000
    assert (span.status.code, span.status.message, span.events[0].name) == (2, "why", "an event")
    assert attributes(span) == {
        "http.request.method": {"stringValue": "GET"},
        "http.response.status_code": {"intValue": "200"},
        "share": {"doubleValue": 0.5},
        "faas.coldstart": {"boolValue": True},
        "texts": {"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": "b"}]}},
        "broken": {"stringValue": "\ufffd"},
    }


def check_metrics(request, count):
    [resource_metrics] = request.resource_metrics
    [scope_metrics] = resource_metrics.scope_metrics
    assert len(scope_metrics.metrics) == count
    metric = scope_metrics.metrics[0]
    assert (metric.name, metric.unit, metric.histogram.aggregation_temporality) == ("http.server.request.duration", "s", 2)
    [point] = metric.histogram.data_points
    assert (point.count, point.sum, list(point.bucket_counts), list(point.explicit_bounds)) == (6, 0.05, [1, 2, 3], [0.005, 0.01])


_CHECKS = {"traces": check_spans, "metrics": check_metrics}


def from_otlp_json(signal, text):
    """OTLP's JSON differs from protobuf's own in its ids: they are hexadecimal."""

    def mend(value):
        if isinstance(value, list):
            return [mend(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {name: base64.b64encode(bytes.fromhex(each)).decode() if name in ("traceId", "spanId", "parentSpanId") else mend(each)
                for name, each in value.items()}

    return json_format.ParseDict(mend(json.loads(text)), _REQUESTS[signal]())


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf", "http/json"])
@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_everything_arrives(send, certificates, signal, protocol, tls, compression):
    make = GrpcReceiver if protocol == "grpc" else HttpReceiver
    with make(certificates if tls else None) as receiver:
        done = send(receiver.url, signal, messages=3, items=2, OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                    OTEL_EXPORTER_OTLP_COMPRESSION=compression, OTEL_EXPORTER_OTLP_HEADERS="api-key=s%20t",
                    OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificates.authority),
                    OTEL_EXPORTER_OTLP_CLIENT_KEY=str(certificates.key),
                    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(certificates.certificate))
        assert done.stderr == counts(exported=6) + "\n"
        assert len(receiver.requests) == 3
        for request in receiver.requests:
            assert request.headers["user-agent"].startswith("OTel-OTLP-Exporter-Cpp/")
            assert request.headers["api-key"] == "s t"
            if protocol != "grpc":
                assert request.path == f"/v1/{signal}"
                assert request.headers["content-type"] == {"http/json": "application/json"}.get(protocol, "application/x-protobuf")
            message = from_otlp_json(signal, request.body) if protocol == "http/json" else _REQUESTS[signal].FromString(request.body)
            _CHECKS[signal](message, 2)
        if protocol != "grpc":
            assert receiver.connections == 1


def test_a_line_of_json_for_each_message(send):
    done = send("", "traces", messages=2, OTEL_TRACES_EXPORTER="otlp/stdout")
    assert told(done) == counts(exported=6)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        check_spans(from_otlp_json("traces", line), 3)


def test_a_collector_that_recovers_gets_everything(send):
    with HttpReceiver() as receiver:
        receiver.answers = [Answer(503), Answer(429, {"Retry-After": "1"}), Answer(200)]
        done = send(receiver.url)
        assert done.stderr == counts(exported=3) + "\n"
        assert len(receiver.requests) == 3


def retry_info(seconds):
    info = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=seconds))
    detail = any_pb2.Any()
    detail.Pack(info)
    return status_pb2.Status(code=8, message="slow down", details=[detail]).SerializeToString()


def test_an_exhausted_collector_says_when_to_come_again(send):
    with GrpcReceiver() as receiver:
        exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
        receiver.answers = [GrpcAnswer(exhausted, "slow down", retry_info(1)), GrpcAnswer()]
        assert told(send(receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")) == counts(exported=3)
        assert len(receiver.requests) == 2
        receiver.answers = [GrpcAnswer(exhausted, "full")]
        done = send(receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
        assert told(done) == counts(failed=3)
        assert 'error=RESOURCE_EXHAUSTED: "full" lost=3' in done.stderr
        assert len(receiver.requests) == 3


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_partial_success_is_counted_and_not_repeated(send, protocol):
    response = _RESPONSE(partial_success={"rejected_spans": 2, "error_message": "too old"})
    make = GrpcReceiver if protocol == "grpc" else HttpReceiver
    with make() as receiver:
        receiver.answers = [GrpcAnswer(reply=response) if protocol == "grpc" else Answer(200, _PROTOBUF, response.SerializeToString())]
        done = send(receiver.url, messages=2, OTEL_EXPORTER_OTLP_PROTOCOL=protocol)
        assert told(done) == counts(exported=2, rejected=4)
        assert done.stderr.count('the collector rejected a part of the telemetry') == 1
        assert len(receiver.requests) == 2


@pytest.mark.parametrize("answer, words", [
    (Answer(400, _PROTOBUF, status_pb2.Status(message="what is this").SerializeToString()), 'HTTP status 400: "what is this"'),
    (Answer(200, {"Content-Type": "text/html"}, b"<html>"), "is this address a collector's?"),
    (Answer(200, _PROTOBUF, b"\xff\xff\xff"), "is this address a collector's?"),
    (Answer(302, {"Location": "http://127.0.0.1:1/"}), "HTTP status 302; redirections are not followed"),
    (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"x" * 10_000_000), "is this address a collector's?"),
    (Answer(raw=b"+PONG\r\n"), "it does not begin as HTTP/1.1"),
    (Answer(raw=b""), "the server ended the connection before it answered"),
    (Answer(never=True), "the collector did not answer in time"),
], ids=["refuses", "page", "garbage", "redirects", "endless", "other protocol", "hangs up", "silent"])
def test_a_collector_that_lies_costs_one_warning(send, answer, words):
    limit = {"OTEL_EXPORTER_OTLP_TIMEOUT": "500"} if answer.never else {}
    with HttpReceiver() as receiver:
        receiver.answers = [answer]
        done = send(receiver.url, BACKOFF="60", **limit)
        assert told(done) == counts(failed=3)
        assert words in done.stderr
        assert done.stderr.count("telemetry cannot be exported") == 1


def test_nobody_there(send):
    done = send("http://127.0.0.1:1", BACKOFF="60")
    assert told(done) == counts(failed=3)
    assert "url=http://127.0.0.1:1/v1/traces error=cannot connect to 127.0.0.1:1: Connection refused lost=3" in done.stderr


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_certificate_that_is_not_trusted(send, certificates, protocol):
    make = GrpcReceiver if protocol == "grpc" else HttpReceiver
    with make(certificates) as receiver:
        done = send(receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL=protocol)
        assert told(done) == counts(failed=3)
        assert "SSL certificate problem" in done.stderr
        assert receiver.requests == []


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf", "http/json"])
def test_the_real_collector_takes_everything(send, tmp_path, protocol, compression):
    with RealCollector(tmp_path) as collector:
        url = collector.grpc_url if protocol == "grpc" else collector.http_url
        for signal in ("traces", "metrics"):
            done = send(url, signal, messages=3, items=100, OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                        OTEL_EXPORTER_OTLP_COMPRESSION=compression)
            assert done.stderr == counts(exported=300) + "\n"
            for line in collector.lines(signal, 3):
                _CHECKS[signal](from_otlp_json(signal, json.dumps(line)), 100)
