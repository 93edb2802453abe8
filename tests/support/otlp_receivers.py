"""Receivers of OTLP over HTTP and gRPC with other implementations, with or without TLS. They record requests, and answer as the test says.

    with HttpReceiver() as receiver:
        receiver.answers = [Answer(503), Answer(200)]
        …
        first, second = receiver.requests
"""

import gzip
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from support.waiting import PATIENCE


@dataclass(frozen=True)
class Request:
    path: str  # of gRPC: the method
    headers: dict  # names in lower case
    body: bytes  # without compression


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = None  # instead of all that
    never: bool = False  # no answer until the receiver ends


class Certificates:
    """A certificate authority, and what it has signed for 127.0.0.1, as files."""

    def __init__(self, folder):
        self.authority, authority_key = folder / "ca.pem", folder / "ca.key"
        self.certificate, self.key = folder / "leaf.pem", folder / "leaf.key"
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        _openssl("req", "-x509", *key, "-keyout", authority_key, "-out", self.authority, "-subj", "/CN=tests")
        _openssl("req", "-x509", *key, "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=leaf",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-CA", self.authority, "-CAkey", authority_key,
                 "-addext", "basicConstraints=critical,CA:FALSE")


def _openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class _Receiver:
    def __init__(self):
        self._lock = threading.Lock()
        self._requests = []
        self.answers = []  # the last one is repeated
        self._ended = threading.Event()

    def __enter__(self):
        return self

    @property
    def requests(self):
        with self._lock:
            return list(self._requests)

    def _answer_to(self, request):
        with self._lock:
            self._requests.append(request)
            answer = self.answers[0] if self.answers else Answer()
            if len(self.answers) > 1:
                self.answers.pop(0)
        if answer.never:
            self._ended.wait(PATIENCE)
        return answer


class HttpReceiver(_Receiver):
    def __init__(self, certificates=None):
        super().__init__()
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "http"
        if certificates:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.certificate, certificates.key)
            context.load_verify_locations(certificates.authority)
            context.verify_mode = ssl.CERT_REQUIRED
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = receiver._answer_to(Request(self.path, headers, body))
                if answer.raw is not None:
                    self.close_connection = True
                    self.wfile.write(answer.raw)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_):
                pass

        return Handler


@dataclass(frozen=True)
class GrpcAnswer:
    code: grpc.StatusCode = grpc.StatusCode.OK
    message: str = ""
    details: bytes = b""  # grpc-status-details-bin
    reply: object = None
    never: bool = False


class GrpcReceiver(_Receiver, trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, certificates=None):
        super().__init__()
        self._server = grpc.server(ThreadPoolExecutor(max_workers=8), options=[("grpc.so_reuseport", 0)])
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Metrics(self), self._server)
        if certificates:
            credentials = grpc.ssl_server_credentials(
                [(certificates.key.read_bytes(), certificates.certificate.read_bytes())],
                certificates.authority.read_bytes(), require_client_auth=True)
            port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            port = self._server.add_insecure_port("127.0.0.1:0")
        self.url = f"{'https' if certificates else 'http'}://127.0.0.1:{port}"
        self._server.start()

    def __exit__(self, *_):
        self._ended.set()
        self._server.stop(grace=None).wait(PATIENCE)

    def Export(self, request, context):
        return self.take("traces", request, context, trace_service_pb2.ExportTraceServiceResponse())

    def take(self, method, request, context, reply):
        headers = {name: value for name, value in context.invocation_metadata()}
        answer = self._answer_to(Request(method, headers, request.SerializeToString()))
        if getattr(answer, "code", grpc.StatusCode.OK) != grpc.StatusCode.OK:
            if answer.details:
                context.set_trailing_metadata([("grpc-status-details-bin", answer.details)])
            context.abort(answer.code, answer.message)
        return getattr(answer, "reply", None) or reply


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, receiver):
        self._receiver = receiver

    def Export(self, request, context):
        return self._receiver.take("metrics", request, context, metrics_service_pb2.ExportMetricsServiceResponse())
