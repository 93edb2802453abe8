"""The limits for slow clients and for many clients: time limits, the limit of connections, the memory for bodies.

Flags make the limits short. A test checks what happens and in which order, but never how long it takes.
"""

import os
import resource
import select
import socket

import h2.events
import pytest
from h2.settings import SettingCodes

from support.http2 import Http2
from support.http_client import call, start_call
from support.raw import Raw
from support.waiting import PATIENCE, until

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"

TOO_SLOW = [
    # flag, sent bytes, status (None: closed without an answer)
    pytest.param("--head-timeout", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slo", 408, id="head"),
    pytest.param("--head-timeout", b"PR", 408, id="a piece of HTTP/2's preface"),
    pytest.param("--body-timeout", HEAD + b"Content-Length: 5\r\n\r\nhal", 408, id="body"),
    pytest.param("--body-timeout", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal", 408, id="chunk"),
    pytest.param("--body-timeout", HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trail", 408, id="trailer"),
    pytest.param("--idle-timeout", b"", None, id="idle from the start"),
]


@pytest.mark.parametrize(("flag", "sent", "status"), TOO_SLOW)
def test_who_is_too_slow_is_told_and_closed(serve, flag, sent, status):
    server = serve("crash", flag, "100ms")  # the test would notice a call of this function
    with Raw(server.port) as raw:
        raw.send(sent)
        if status:
            answer = raw.answer()
            assert answer.status == status and answer.headers["Connection"] == "close" and answer.headers["X-Request-Id"]
        assert raw.is_closed()
    assert "crashed" not in server.process.output


def test_idle_between_requests(serve):
    with Raw(serve("app::echo", "--idle-timeout", "100ms").port) as raw:
        for _ in range(2):
            raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.answer().status == 200
        assert raw.is_closed()


def reset(raw):
    """Waits for a reset without reading."""
    poll = select.poll()
    poll.register(raw.socket, 0)
    return any(events & select.POLLERR for _, events in poll.poll(PATIENCE * 1000))


@pytest.fixture
def hoarder():
    """hoarder(server, size): requests an answer of this size and does not read it."""
    opened = []

    def ask(server, size):
        raw = Raw(server.port)
        opened.append(raw)
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.send(HEAD + b"Content-Length: %d\r\n\r\n" % size + bytes(size))
        return raw

    yield ask
    for raw in opened:
        raw.__exit__()


def test_who_reads_nothing_of_an_answer_is_reset(serve, hoarder):
    server = serve("app::echo", "--slow-reader-timeout", "100ms")
    assert reset(hoarder(server, 10 << 20))
    assert call(server.url).status == 200


def test_http2_a_closed_window_resets_the_stream_and_not_the_connection(serve):
    server = serve("app::echo", "--slow-reader-timeout", "100ms")
    with Raw(server.port) as raw:
        client = Http2(raw)
        client.h2.initiate_connection()
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        client.flush()
        stream = client.request("/")
        client.until(lambda event: isinstance(event, h2.events.StreamReset) and event.stream_id == stream)
        client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 65535})
        client.flush()
        assert client.answer(client.request("/next")).status == 200


@pytest.mark.parametrize("frame", [b"\0\0\x08\x01\0\0\0\0\x01", b"\0\0\x01\x01\x01\0\0\0\x01\x82"], ids=["frame", "headers"])
def test_http2_a_head_never_ended_closes_the_connection(serve, frame):
    server = serve("app::echo", "--head-timeout", "100ms")
    with Raw(server.port) as raw:
        raw.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0" + frame)
        while data := raw.socket.recv(65536):
            last = data
        assert b"\x07\0\0\0\0\0" in last, "a GOAWAY"


def test_at_the_limit_of_connections_new_ones_wait(serve):
    server = serve("app::echo", "--max-connections", "2")
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with Raw(server.port) as first, Raw(server.port) as second, Raw(server.port) as third, Raw(server.port) as fourth:
        for raw in (first, second):
            raw.send(request)
            assert raw.answer().status == 200
        for raw in (third, fourth):
            raw.send(request)
        server.logged("new connections wait", '"limit":2')
        second.send(request)
        assert second.answer().status == 200
        first.__exit__()
        assert third.answer().status == 200
        second.__exit__()
        assert fourth.answer().status == 200
        assert server.process.output.count("new connections wait") == 1
    assert call(server.url).status == 200


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_without_descriptors_new_connections_wait(serve, program):
    if b"__ubsan" in program.path.read_bytes():
        pytest.skip("UBSan opens a pipe to look at an object, and without descriptors takes a good one for a bad one")
    server = serve("app::echo")
    pid = server.process.pid
    assert call(server.url).status == 200
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # With this limit no descriptor is free, because 0 is open.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, hard))
    waiting = start_call(server.url)
    server.logged("new connections wait", "Too many open files")
    assert not waiting.done()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    assert waiting.result().status == 200


def lengthy(size):
    return b"Content-Length: %d\r\n\r\n" % size, bytes(size)


def chunked(size):
    return b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n" % size + bytes(size) + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("framed", [lengthy, chunked])
def test_bodies_share_a_memory(serve, fifo, release, framed):
    server = serve("wait", "--max-body-memory", "1MB")
    head, body = framed(600_000)
    with Raw(server.port) as raw, Raw(server.port) as other:
        raw.send(b"POST /?fifo=%s HTTP/1.1\r\nHost: x\r\n" % str(fifo).encode() + head + body)
        server.logged("waiting")
        other.send(HEAD + head + body)
        answer = other.answer()
        assert answer.status == 503 and answer.headers["Retry-After"] and answer.headers["Connection"] == "close"
        assert other.is_closed()
        assert call(server.url, body=bytes(1000)).status == 200, "what fits is served"
        release(fifo)
        assert raw.answer().status == 200
    until(lambda: call(server.url, body=body).status == 200, "the memory to be given back")


def test_http2_bodies_share_the_same_memory(serve, fifo, release):
    server = serve("wait", "--max-body-memory", "120KB")
    with Raw(server.port) as raw:
        client = Http2(raw)
        client.h2.initiate_connection()
        client.flush()
        held = client.request(f"/?fifo={fifo}", body=bytes(16_000))
        server.logged("waiting")
        with Raw(server.port) as other:
            other.send(HEAD + lengthy(110_000)[0])
            assert other.answer().status == 503
        refused = [client.request("/", body=bytes(16_000)) for _ in range(1)]
        assert [client.answer(stream).status for stream in refused] == [200]
        release(fifo)
        assert client.answer(held).status == 200


def test_answers_that_nobody_reads_are_counted_and_give_way(serve, hoarder):
    size = 8_000_000
    server = serve("app::echo", "--max-body-memory", str(size + 100_000), "--max-body-size", str(size))
    hoarder(server, size)
    server.logged("connection ended: memory is short")
    until(lambda: call(server.url).status == 200, "the memory to be given back")
    assert call(server.url, body=bytes(100_000)).status == 200


def test_refused_at_once_while_the_slow_hold_their_places(serve, tmp_path, release):
    """Requests above --concurrency and --queue are answered although no running or waiting call has ended."""
    server = serve("wait", "--concurrency", "2", "--queue", "2")
    fifos = [tmp_path / "one", tmp_path / "two"]
    for fifo in fifos:
        os.mkfifo(fifo)
    running = [start_call(server.url, f"/?fifo={fifo}") for fifo in fifos]
    until(lambda: server.process.output.count("waiting") == 2, "two to run")
    others = [start_call(server.url, "/?fifo=/dev/null") for _ in range(8)]
    until(lambda: sum(each.done() for each in others) == 6, "all but two to be refused")
    refused = [each.result() for each in others if each.done()]
    assert all(answer.status == 503 and answer.headers["Retry-After"] for answer in refused)
    assert not any(each.done() for each in running)
    for fifo in fifos:
        release(fifo)
    assert sorted(each.result().status for each in running + others) == [200] * 4 + [503] * 6
