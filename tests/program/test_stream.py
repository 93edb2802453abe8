"""Answers in pieces, over a socket: their framing, slow readers, clients that leave, failures after the head."""

import http.client
import socket

import h2.events
import pytest

from support.http2 import Http2
from support.http_client import call, start_call
from support.program import binding, context
from support.raw import Raw
from support.waiting import PATIENCE

SOURCE = r"""
#include <ofn/function.h>
#include <fstream>
#include <iostream>

// A piece for each line of the FIFO that the body names.
void relay(const ofn::Request& request, ofn::Writer& writer) {
  writer.begin();
  std::ifstream lines{std::string(request.body())};
  for (std::string line; std::getline(lines, line);) writer.write(line);
}
void abc(const ofn::Request& request, ofn::Writer& writer) {
  writer.status(request.path() == "/404" ? 404 : 200).header("X-Mine", "1");
  if (request.path() == "/early") writer.send_early();
  for (const char* piece : {"a", "b", "c"}) writer.write(piece);
  if (request.path() == "/throw") throw std::runtime_error("behind the head");
}
void endless(const ofn::Request&, ofn::Writer& writer) {
  const std::string piece(100'000, 'x');
  long pieces = 0;
  while (writer.write(piece)) ++pieces;
  std::cerr << ("left after " + std::to_string(pieces) + " pieces\n") << std::flush;
}
ofn::task<> endless_task(const ofn::Request&, ofn::Writer& writer) {
  const std::string piece(100'000, 'x');
  while (co_await writer.async_write(piece)) {}
  std::cerr << "task left\n" << std::flush;
}
OFN_FUNCTION(relay)
OFN_FUNCTION(abc)
OFN_FUNCTION(endless)
OFN_FUNCTION(endless_task)
"""
GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(raw):
    http2 = Http2(raw)
    http2.h2.initiate_connection()
    http2.flush()
    return http2


@pytest.fixture(scope="module")
def stream(shared_from):
    return shared_from(SOURCE)


def test_each_piece_arrives_when_it_is_written(serve, stream, fifo):
    """Tested over HTTP/1.1 and HTTP/2. Between two pieces the function waits for the next line."""
    for protocol in ("1.1", "2"):
        server = serve("relay", source=stream)
        with Raw(server.port) as raw:
            if protocol == "2":
                http2 = connect(raw)
                number = http2.request(body=str(fifo).encode())
            else:
                body = str(fifo).encode()
                raw.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                assert b"Transfer-Encoding: chunked\r\n" in raw.receive()
            with open(fifo, "w") as lines:  # returns when the function has opened its end
                for piece in ("one", "two"):
                    print(piece, file=lines, flush=True)
                    if protocol == "2":
                        http2.until(lambda event: getattr(event, "data", None) == piece.encode())
                    else:
                        assert raw.receive() == b"3\r\n%s\r\n" % piece.encode()
            if protocol == "2":
                assert http2.answer(number).body == b"onetwo"
            else:
                assert raw.receive() == b"0\r\nX-OpenFunction-Status: success\r\n\r\n"


def test_the_connection_serves_on_behind_it(serve, stream):
    with Raw(serve("abc", source=stream).port) as raw:
        raw.send(GET % b"/" + GET % b"/404")
        for status in (200, 404):
            answer = raw.answer()
            assert (answer.status, answer.body, answer.headers["X-Mine"]) == (status, b"abc", "1")
            assert answer.headers["X-Request-Id"] and answer.headers["Trailer"] == "X-OpenFunction-Status"


def test_http_1_0_reads_to_the_end(serve, stream):
    with Raw(serve("abc", source=stream).port) as raw:
        raw.send(b"GET / HTTP/1.0\r\n\r\n")
        answer = raw.answer()
        assert answer.body == b"abc" and answer.headers["Transfer-Encoding"] is None
        assert answer.headers["Connection"] == "close"


def test_a_failure_behind_the_head_is_seen(serve, stream):
    server = serve("abc", source=stream)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        call(server.url, "/throw")
    server.logged("function crashed", "behind the head")
    server.logged("answer aborted")
    with Raw(server.port) as raw:
        http2 = connect(raw)
        number = http2.request("/throw", method="GET")
        http2.until(lambda event: isinstance(event, h2.events.StreamReset) and event.stream_id == number)
        assert http2.answer(http2.request(method="GET")).body == b"abc"  # the connection is still open


@pytest.mark.parametrize("finishes_sending", [False, True])
@pytest.mark.parametrize("target", ["endless", "endless_task"])
def test_a_caller_that_leaves_is_noticed(serve, stream, target, finishes_sending):
    server = serve(target, source=stream)
    with Raw(server.port) as raw:
        raw.send(GET % b"/")
        if finishes_sending:
            raw.socket.shutdown(socket.SHUT_WR)
        assert raw.receive()
    server.process.line(lambda line: "left" in line)


def test_a_reader_that_stops_holds_little_and_is_reset(serve, stream):
    server = serve("endless", "--slow-reader-timeout", "300ms", source=stream)
    with Raw(server.port) as raw:
        raw.send(GET % b"/")
        line = server.process.line(lambda line: "left after" in line and line)
    # The number of pieces that fit into the buffers of both sockets and into 64 KiB; it does not grow with time.
    assert int(line.split()[2]) < 200


def test_other_calls_go_on_meanwhile(serve, stream, fifo):
    server = serve("relay", source=stream)
    streamed = start_call(server.url, body=str(fifo).encode())
    with open(fifo, "w") as lines:
        print("x", file=lines, flush=True)
        assert call(server.url, body=b"/dev/null").status == 200
    assert streamed.result(PATIENCE).body == b"x"


@pytest.fixture
def serve_with_output(program, stream, tmp_path):
    servers = []

    def start(archive_root):
        components = tmp_path / "components"
        components.mkdir()
        (components / "archive.yaml").write_text(
            "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: archive}\nspec:\n"
            f"  type: bindings.localstorage\n  version: v1\n  metadata: [{{name: rootPath, value: {archive_root}}}]\n"
        )
        declared = context([binding("archive", metadata={"fileName": "streamed"})])
        flags = ["--local-sidecar", "on", "--components", str(components)]
        servers.append(program.serve(stream, "abc", function_context=declared, flags=flags))
        return servers[-1]

    yield start
    for server in servers:
        server.process.end()


def test_with_outputs_the_collected_body_goes_out_first(serve_with_output, tmp_path):
    server = serve_with_output(tmp_path / "data")
    answer = call(server.url)
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"abc", "3")
    assert (tmp_path / "data" / "streamed").read_bytes() == b"abc"
    (tmp_path / "data" / "streamed").unlink()
    assert call(server.url, "/throw").status == 500
    assert call(server.url, "/404").status == 404
    assert not (tmp_path / "data" / "streamed").exists()


def test_sent_early_a_failed_output_aborts_it(serve_with_output, tmp_path):
    server = serve_with_output(tmp_path / "data")
    assert call(server.url, "/early").body == b"abc"
    assert (tmp_path / "data" / "streamed").read_bytes() == b"abc"
    (tmp_path / "data" / "streamed").unlink()
    (tmp_path / "data" / "streamed").mkdir()
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        call(server.url, "/early")
    assert call(server.url).status == 502
