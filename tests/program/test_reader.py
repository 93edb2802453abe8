"""Bodies in pieces, over a socket: uploads of any size in constant memory, clients that leave, early answers, both directions at once."""

import socket
import subprocess

import h2.events
import pytest

from support.http_client import call
from support.http2 import Http2
from support.memory import forget_peak, peak_mib, resident_mib
from support.raw import Raw
from support.waiting import PATIENCE

MIB = 1024 * 1024
SOURCE = r"""
#include <ofn/function.h>
#include <ofn/reader.h>
#include <ofn/route.h>
#include <fstream>
#include <iostream>

void say(const std::string& text) { std::cerr << text + "\n" << std::flush; }

// Counts, or says why it cannot.
std::string count(const ofn::Request& request, ofn::Reader& reader) {
  if (request.path() == "/limited") reader.limit(1000);
  std::uint64_t bytes = 0;
  try {
    while (const auto piece = reader.read()) bytes += piece->size();
  } catch (const ofn::BodyError& error) {
    say("failed after " + std::to_string(bytes) + ": " + error.what());
    throw;
  }
  std::string said = std::to_string(bytes);
  for (const ofn::Field& field : reader.trailers()) said.append(" ").append(field.value);
  return said;
}
ofn::task<std::string> count_later(const ofn::Request&, ofn::Reader& reader) {
  std::uint64_t bytes = 0;
  try {
    while (const auto piece = co_await reader.async_read()) bytes += piece->size();
  } catch (const ofn::BodyError& error) {
    say("failed after " + std::to_string(bytes) + ": " + error.what());
    throw;
  }
  co_return std::to_string(bytes);
}
void echo(const ofn::Request&, ofn::Reader& reader, ofn::Writer& writer) {
  while (const auto piece = reader.read()) writer.write(*piece);
}
ofn::task<> echo_later(const ofn::Request&, ofn::Reader& reader, ofn::Writer& writer) {
  while (const auto piece = co_await reader.async_read()) co_await writer.async_write(*piece);
}
ofn::Response early(const ofn::Request&, ofn::Reader&) { return ofn::Response("no\n").status(403); }
std::string small(const ofn::Request& request, ofn::Reader& reader) { return count(request, reader); }
ofn::task<std::string> small_later(const ofn::Request& request, ofn::Reader& reader) { return count_later(request, reader); }
// Reads nothing until the FIFO that the query names has a line.
std::string stalled(const ofn::Request& request, ofn::Reader& reader) {
  std::string line;
  std::getline(std::ifstream(*request.query("fifo")) >> std::ws, line);
  return count(request, reader);
}
OFN_FUNCTION(count)
OFN_FUNCTION(count_later)
OFN_FUNCTION(echo)
OFN_FUNCTION(echo_later)
OFN_FUNCTION(early)
OFN_FUNCTION(stalled)
OFN_FUNCTION(small, ofn::max_body(1000))
OFN_FUNCTION(small_later, ofn::max_body(1000))
"""
HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def uploads(shared_from):
    return shared_from(SOURCE)


@pytest.fixture
def serve_all(program, uploads):
    servers = []

    def start(*flags):
        servers.append(program.serve(uploads, None, flags=list(flags)))
        return servers[-1]

    yield start
    for server in servers:
        server.process.end()


def connect(raw):
    http2 = Http2(raw)
    http2.h2.initiate_connection()
    http2.flush()
    http2.until(lambda event: isinstance(event, h2.events.WindowUpdated))  # of the connection
    return http2


def send_large(server, path, size, protocol):
    """Returns the body of the answer to a body of that many bytes."""
    piece = bytes(MIB)
    if protocol == "h2":
        zeros = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
        done = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "-H", "Expect:", "-T", "-", server.url + path[1:]],
                              stdin=zeros.stdout, capture_output=True, timeout=PATIENCE * 10, check=True)
        zeros.wait()
        return done.stdout
    with Raw(server.port) as raw:
        if protocol == "length":
            raw.send(HEAD % path.encode() + b"Content-Length: %d\r\n\r\n" % size)
            for _ in range(size // MIB):
                raw.send(piece)
        else:
            raw.send(HEAD % path.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(size // MIB):
                raw.send(b"%x\r\n%s\r\n" % (MIB, piece))
            raw.send(b"0\r\n\r\n")
        return raw.answer().body


@pytest.mark.parametrize("path", ["/count", "/count_later"])
@pytest.mark.parametrize("protocol", ["length", "chunked", "h2"])
def test_a_large_body_needs_little_memory(serve_all, request, protocol, path):
    size = (1024 if request.config.getoption("--heavy") else 64) * MIB
    server = serve_all()
    assert send_large(server, path, MIB, protocol) == b"%d" % MIB
    before = resident_mib(server)
    forget_peak(server)
    assert send_large(server, path, size, protocol) == b"%d" % size
    grown = peak_mib(server) - before
    print(f"{protocol}: {grown:.1f} MiB more for {size // MIB} MiB")
    assert grown < 4


@pytest.mark.parametrize("protocol", ["1.1", "2"])
@pytest.mark.parametrize("path", ["/count", "/count_later"])
def test_an_aborted_upload_is_noticed(serve_all, path, protocol):
    server = serve_all()
    with Raw(server.port) as raw:
        if protocol == "2":
            http2 = connect(raw)
            stream = http2.h2.get_next_available_stream_id()
            http2.h2.send_headers(stream, [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "x"),
                                           ("expect", "100-continue")])
            http2.flush()
            http2.until(lambda event: isinstance(event, h2.events.InformationalResponseReceived))  # the function reads
            http2.h2.send_data(stream, b"abc")
            http2.h2.reset_stream(stream, 8)
            http2.flush()
            assert http2.answer(http2.request("/count", body=b"abcd")).body == b"4"  # the connection goes on
        else:
            raw.send(HEAD % path.encode() + b"Content-Length: 10\r\n\r\nabc")
            raw.socket.shutdown(socket.SHUT_WR)
            answer = raw.answer()
            assert (answer.status, answer.body) == (400, b"the client left before the body was complete\n")
            assert answer.headers["X-OpenFunction-Status"] == "error"
        server.process.line(lambda line: "the client left before the body was complete" in line)


def test_a_slow_client_gets_408(serve_all):
    server = serve_all("--body-timeout", "200ms")
    with Raw(server.port) as raw:
        raw.send(HEAD % b"/count" + b"Content-Length: 10\r\n\r\nabc")
        answer = raw.answer()
        assert (answer.status, answer.body) == (408, b"the body did not arrive in time\n")
        assert answer.headers["Connection"] == "close" and raw.is_closed()


def test_the_deadline_ends_an_upload(serve_all):
    server = serve_all("--timeout", "300ms")
    with Raw(server.port) as raw:
        raw.send(HEAD % b"/count" + b"Content-Length: 10\r\n\r\nabc")
        assert raw.answer().status == 504
        server.process.line(lambda line: "the call ended before the body was complete" in line)


@pytest.mark.parametrize("path", ["/echo", "/echo_later"])
@pytest.mark.parametrize("protocol", ["1.1", "2"])
def test_pieces_come_back_while_others_are_sent(serve_all, path, protocol):
    server = serve_all()
    with Raw(server.port) as raw:
        if protocol == "2":
            http2 = connect(raw)
            stream = http2.h2.get_next_available_stream_id()
            http2.h2.send_headers(stream, [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "x")])
            for piece in (b"one", b"two"):
                http2.h2.send_data(stream, piece)
                http2.flush()
                http2.until(lambda event: getattr(event, "data", None) == piece)
            http2.h2.end_stream(stream)
            http2.flush()
            assert http2.answer(stream).body == b"onetwo"
        else:
            raw.send(HEAD % path.encode() + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            head = raw.receive()
            assert b"Connection: close" not in head
            while not head.endswith(b"3\r\none\r\n"):
                head += raw.receive()
            raw.send(b"3\r\ntwo\r\n")
            assert raw.receive() == b"3\r\ntwo\r\n"
            raw.send(b"0\r\n\r\n" + HEAD % b"/count" + b"Content-Length: 2\r\n\r\nab")  # and the next request
            seen = b""
            while not seen.endswith(b"\r\n\r\n2"):
                seen += raw.receive()
            assert seen.startswith(b"0\r\nX-OpenFunction-Status: success\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_continue_is_said_when_the_function_reads(serve_all):
    server = serve_all()
    expect = b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with Raw(server.port) as raw:
        raw.send(HEAD % b"/count" + expect)
        assert raw.answer().status == 100
        raw.send(b"abc")
        assert raw.answer().body == b"3"
    with Raw(server.port) as raw:
        raw.send(HEAD % b"/early" + expect)
        answer = raw.answer()
        assert (answer.status, answer.headers["Connection"]) == (403, "close")


@pytest.mark.parametrize("size", [10, 100_000_000])
def test_an_early_answer_arrives(serve_all, size):
    """Also while the client sends far more than the server will read."""
    server = serve_all()
    with Raw(server.port) as raw:
        raw.send(HEAD % b"/early" + b"Content-Length: %d\r\n\r\n" % size)
        assert raw.answer().status == 403
    with Raw(server.port) as raw:
        http2 = connect(raw)
        stream = http2.h2.get_next_available_stream_id()
        http2.h2.send_headers(stream, [(":method", "POST"), (":path", "/early"), (":scheme", "http"), (":authority", "x")])
        http2.h2.send_data(stream, b"abc")
        http2.flush()
        assert http2.answer(stream).status == 403
        reset = http2.until(lambda event: isinstance(event, h2.events.StreamReset))
        assert (reset.stream_id, reset.error_code) == (stream, 0)
        assert http2.answer(http2.request("/count", body=b"abcd")).body == b"4"


def test_small_bodies_keep_the_connection(serve_all):
    with Raw(serve_all().port) as raw:
        for body in (b"", b"abc", b"x" * 50_000):
            for path in (b"/count", b"/early"):
                raw.send(HEAD % path + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                assert raw.answer().status == (200 if path == b"/count" else 403)
                if path == b"/early" and len(body) > 3:
                    break
        raw.send(b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.answer().body == b"0"
        raw.send(HEAD % b"/count" + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 7\r\n\r\n")
        assert raw.answer().body == b"2 7"


def test_a_stalled_upload_stops_no_other(serve_all, fifo):
    """On one HTTP/2 connection."""
    server = serve_all()
    with Raw(server.port) as raw:
        http2 = connect(raw)
        stream = http2.h2.get_next_available_stream_id()
        http2.h2.send_headers(stream, [(":method", "POST"), (":path", f"/stalled?fifo={fifo}"), (":scheme", "http"), (":authority", "x")])
        for _ in range(4):
            http2.h2.send_data(stream, bytes(16_000))
        http2.flush()
        for _ in range(20):
            assert http2.answer(http2.request("/count", body=bytes(16_000))).body == b"16000"
        http2.h2.end_stream(stream)
        http2.flush()
        with open(fifo, "w") as lines:
            print("go", file=lines, flush=True)
        assert http2.answer(stream).body == b"64000"


def test_a_function_that_does_not_read_stops_its_client(serve_all, fifo):
    server = serve_all()
    with Raw(server.port) as raw:
        raw.send(HEAD % f"/stalled?fifo={fifo}".encode() + b"Content-Length: %d\r\n\r\n" % (64 * MIB))
        raw.socket.settimeout(0.3)
        before = resident_mib(server)
        forget_peak(server)
        sent = 0
        try:
            while sent < 64 * MIB:
                sent += raw.socket.send(bytes(MIB))
        except TimeoutError:
            pass
        assert sent < 48 * MIB  # the kernel's buffers
        assert peak_mib(server) - before < 4
        raw.socket.settimeout(PATIENCE)
        with open(fifo, "w") as lines:
            print("go", file=lines, flush=True)
        while sent < 64 * MIB:
            sent += raw.socket.send(bytes(min(MIB, 64 * MIB - sent)))
        assert raw.answer().body == b"%d" % (64 * MIB)


def test_a_limit_is_the_authors(serve_all, program, uploads):
    server = program.serve(uploads, "count")
    try:
        assert call(server.url, "/limited", body=b"x" * 1000).body == b"1000"
        answer = call(server.url, "/limited", body=b"x" * 1001)
        assert (answer.status, answer.body) == (413, b"the body is too large\n")
        answer = call(server.url, "/", body=b"x" * 11 * MIB)  # --max-body-size does not apply
        assert answer.body == b"%d" % (11 * MIB)
    finally:
        server.process.end()


def answer_of(server, path, body, protocol):
    """Returns the status and body of the answer to a body that is announced, or sent without its size."""
    with Raw(server.port) as raw:
        if protocol.startswith("h2"):
            http2 = connect(raw)
            length = [("content-length", str(len(body)))] if protocol == "h2 length" else []
            stream = http2.h2.get_next_available_stream_id()
            http2.h2.send_headers(stream, [(":method", "POST"), (":path", path), (":scheme", "http"), (":authority", "x"), *length])
            http2.h2.send_data(stream, body, end_stream=True)
            http2.flush()
            answer = http2.answer(stream)
        else:
            framed = b"Content-Length: %d\r\n\r\n%s" if protocol == "length" else b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            raw.send(HEAD % path.encode() + framed % (len(body), body))
            answer = raw.answer()
        return answer.status, answer.body


@pytest.mark.parametrize("path", ["/small", "/small_later"])
@pytest.mark.parametrize("protocol", ["length", "chunked", "h2 length", "h2"])
def test_the_limit_of_a_route_holds(serve_all, path, protocol):
    server = serve_all()
    assert answer_of(server, path, b"x" * 1000, protocol) == (200, b"1000")
    status, text = answer_of(server, path, b"x" * 1001, protocol)
    is_announced = protocol.endswith("length")
    assert (status, text) == (413, b"the body is larger than the 1000 bytes that this route takes\n" if is_announced else b"the body is too large\n")
    assert answer_of(server, "/count", b"x" * 1001, protocol) == (200, b"1001")
