"""What a task awaits of its own (<ofn/await.h>, <ofn/http_client.h>), in the whole program: loops, workers and real descriptors."""

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.http_client import call
from support.raw import Raw

SOURCE = r"""
#include <ofn/function.h>
#include <ofn/http_client.h>
#include <ofn/semaphore.h>
#include <ofn/when_any.h>
#include <sys/eventfd.h>
#include <iostream>
#include <thread>
#include <unistd.h>
using namespace std::chrono_literals;

ofn::task<ofn::Response> fetch(const ofn::Request& request) {
  ofn::HttpCall call(request.query("method").value_or("GET"), request.query("url").value());
  if (!request.body().empty()) call.body(std::string(request.body())).header("Content-Type", "text/x");
  if (const auto most = request.query("max")) call.max_answer(std::stoul(*most));
  if (const auto most = request.query("redirects")) call.redirects(std::stoul(*most));
  if (const auto most = request.query("ms")) call.timeout(std::chrono::milliseconds(std::stoi(*most)));
  if (const auto trace = request.query("trace")) call.header("TraceParent", *trace);
  const ofn::Reply<ofn::HttpReply> reply = co_await ofn::async_fetch(std::move(call));
  if (reply) {
    const auto kind = reply->header("x-kind").value_or("");
    co_return std::to_string(reply->status) + " " + std::string(kind) + " " + reply->body;
  }
  std::cerr << "failure " << ofn::code_name(reply.failure().code) << std::endl;
  co_return ofn::Response(std::string(ofn::code_name(reply.failure().code)) + ": " + reply.failure().message).status(502);
}

// Several calls wait for one event descriptor, until one call writes to it.
const int bell = eventfd(0, EFD_NONBLOCK);
ofn::task<ofn::Response> listen() {
  std::cerr << "listens" << std::endl;
  const bool rang = co_await ofn::readable(bell);
  co_return rang ? "rang" : "stopped";
}
ofn::Response ring() {
  const std::uint64_t one = 1;
  if (write(bell, &one, sizeof one) < 0) return "full";
  return "ok";
}

// A library that calls back on threads of its own.
ofn::task<ofn::Response> calls_back() {
  const std::optional<int> sum = co_await ofn::callback<int>(
      [](auto done) { std::thread([done] { done(42); }).detach(); });
  co_return std::to_string(sum.value_or(0));
}

constinit ofn::Mutex mutex;
int counter = 0;
ofn::task<ofn::Response> counts() {
  for (int i = 0; i < 10; ++i) {
    const ofn::Permit lock = co_await mutex.lock();
    if (!lock) co_return "stopped";
    const int before = counter;
    co_await ofn::on_worker([] { std::this_thread::yield(); });
    counter = before + 1;
  }
  co_return std::to_string(counter);
}

ofn::task<> takes(std::chrono::milliseconds time, int& stopped) {
  const bool slept = co_await ofn::sleep_for(time);
  if (!slept) ++stopped;
}
ofn::task<ofn::Response> races() {
  int stopped = 0;
  const auto first = co_await ofn::when_any(takes(1h, stopped), takes(1ms, stopped), takes(2h, stopped));
  co_return std::to_string(first.index()) + " " + std::to_string(stopped);
}
OFN_FUNCTION(fetch)
OFN_FUNCTION(listen)
OFN_FUNCTION(ring)
OFN_FUNCTION(calls_back)
OFN_FUNCTION(counts)
OFN_FUNCTION(races)
"""

TRACE = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held = threading.Event()

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers.items())))
        match self.path:
            case "/hold":
                self.server.held.wait(30)
                self.answer(200, b"late")
            case "/moved":
                self.answer(302, b"moved", [("Location", "/there")])
            case "/large":
                self.answer(200, b"x" * 1001)
            case "/missing":
                self.answer(404, b"none")
            case _:
                size = int(self.headers.get("Content-Length", 0))
                self.answer(200, b"got " + self.rfile.read(size), [("X-Kind", "plain")])

    do_POST = do_PUT = do_DELETE = do_GET


@pytest.fixture(scope="module")
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    server.seen, server.held = [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.held.set()
    server.shutdown()


@pytest.fixture(scope="module")
def awaiting(shared_from):
    return shared_from(SOURCE)


@pytest.fixture(scope="module")
def server(program, awaiting):
    with program.serve(awaiting, None, flags=["--timeout", "20s"]) as served:
        yield served


def test_requests_and_their_errors(server, upstream):
    def fetch(path, more="", **options):
        answer = call(server.url, f"/fetch?url={upstream.url if path.startswith('/') else ''}{path}{more}", **options)
        return answer.status, answer.body.decode()

    assert fetch("/plain") == (200, "200 plain got ")
    assert fetch("/plain", "&method=PUT", body=b"data") == (200, "200 plain got data")
    assert upstream.seen[-1][0] == "PUT"
    assert upstream.seen[-1][2]["Content-Type"] == "text/x"
    assert fetch("/missing") == (200, "404  none")
    assert fetch("/moved") == (200, "302  moved")
    assert fetch("/moved", "&redirects=1") == (200, "200 plain got ")
    assert fetch("/large", "&max=1001") == (200, "200  " + "x" * 1001)
    for path, more, expected in [
        ("/large", "&max=1000", "RESOURCE_EXHAUSTED: the answer is larger than 1000 bytes"),
        ("/hold", "&ms=20", "DEADLINE_EXCEEDED: "),
        ("/plain", "&method=G%20T", "INVALID_ARGUMENT: the method is not valid in HTTP"),
        ("file:///etc/passwd", "", "INVALID_ARGUMENT: "),
        ("http://127.0.0.1:1/", "", "UNAVAILABLE: "),
    ]:
        status, text = fetch(path, more)
        assert (status, text[: len(expected)]) == (502, expected)


def test_what_came_with_the_call_is_passed_on(server, upstream):
    ids = {"X-Request-Id": "id-1", "traceparent": TRACE, "tracestate": "a=b"}
    assert call(server.url, f"/fetch?url={upstream.url}/x", headers=ids).status == 200
    sent = {name.lower(): value for name, value in upstream.seen[-1][2].items()}
    assert (sent["x-request-id"], sent["traceparent"], sent["tracestate"]) == ("id-1", TRACE, "a=b")
    # One of the request's own comes before it, and an invalid one is left out.
    own = TRACE.replace("-0123456789abcdef-", "-1111111111111111-")
    call(server.url, f"/fetch?url={upstream.url}/x&trace={own}", headers=ids)
    assert [value for name, value in upstream.seen[-1][2].items() if name.lower() == "traceparent"] == [own]
    call(server.url, f"/fetch?url={upstream.url}/x", headers={"traceparent": "nonsense"})
    assert "traceparent" not in {name.lower() for name in upstream.seen[-1][2]}


def test_a_request_is_given_up_with_its_call(serve, awaiting, upstream):
    late = serve(None, "--timeout", "200ms", source=awaiting)
    assert call(late.url, f"/fetch?url={upstream.url}/hold").status == 504
    late.process.line(lambda line: "failure CANCELLED" in line or "failure DEADLINE_EXCEEDED" in line)
    patient = serve(None, source=awaiting)
    with Raw(patient.port) as leaver:
        seen = len(upstream.seen)
        leaver.send(f"GET /fetch?url={upstream.url}/hold HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while len(upstream.seen) == seen:
            call(patient.url, "/races")
    patient.process.line(lambda line: "failure CANCELLED" in line)


def test_certificates_are_verified(server, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
                    "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    https = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    https.seen = []
    https.socket = context.wrap_socket(https.socket, server_side=True)
    threading.Thread(target=https.serve_forever, daemon=True).start()
    answer = call(server.url, f"/fetch?url=https://127.0.0.1:{https.server_port}/x")
    https.shutdown()
    assert answer.status == 502
    assert answer.body.startswith(b"FAILED_PRECONDITION: ")
    assert https.seen == []


def test_many_wait_for_one_descriptor_without_threads(server):
    threads = Path(f"/proc/{server.process.pid}/task")
    before = len(list(threads.iterdir()))
    listeners = []
    for count in range(1, 41):
        listeners.append(Raw(server.port))
        listeners[-1].send(b"GET /listen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        server.process.line(lambda _, count=count: server.process.output.count("listens") >= count)
    assert len(list(threads.iterdir())) - before < 10
    assert call(server.url, "/ring").body == b"ok"
    for one in listeners:
        answer = b""
        while piece := one.receive():
            answer += piece
        assert answer.endswith(b"rang")
        one.__exit__()


def test_callbacks_locks_and_races(server):
    assert call(server.url, "/calls_back").body == b"42"
    assert call(server.url, "/races").body == b"1 2"
    callers = [threading.Thread(target=call, args=(server.url, "/counts")) for _ in range(10)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert call(server.url, "/counts").body == b"110"
