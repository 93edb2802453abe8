"""HTTP/1.1 as bytes: requests that no library sends, and their responses."""

import json
import re
import socket

import pytest

from support.http_client import call, start_call
from support.raw import Raw
from support.waiting import until

HOST = b"Host: x\r\n"


@pytest.fixture
def echo(serve):
    return serve("app::echo")


@pytest.fixture
def raw(echo):
    with Raw(echo.port) as it:
        yield it


def test_the_request_arrives_as_it_was_sent(raw):
    raw.send(b"PROPFIND /a%20b//../c?x=%00&y=+ HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n\0\xff\r")
    answer = raw.answer()
    method, target, version, _, body = answer.body.split(b"\n", 4)
    assert (method, target, version, body) == (b"PROPFIND", b"/a%20b//../c?x=%00&y=+", b"1.1", b"\0\xff\r")


def test_a_connection_is_kept_alive(raw):
    for number in range(3):
        raw.send(b"GET /%d HTTP/1.1\r\n" % number + HOST + b"\r\n")
        answer = raw.answer()
        assert answer.status == 200 and b"\n/%d\n" % number in answer.body
        assert answer.headers["Connection"] is None


def test_pipelined_requests_are_answered_in_order(raw):
    raw.send(b"".join(b"GET /%d HTTP/1.1\r\n" % number + HOST + b"\r\n" for number in range(5)))
    assert [raw.answer().text.split("\n")[1] for _ in range(5)] == ["/0", "/1", "/2", "/3", "/4"]


CLOSING = [
    (b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", "1.1"),
    (b"GET / HTTP/1.0\r\n\r\n", "1.0"),
]


@pytest.mark.parametrize(("request_bytes", "version"), CLOSING)
def test_a_connection_is_closed_when_the_caller_wants_that(raw, request_bytes, version):
    raw.send(request_bytes)
    answer = raw.answer()
    assert answer.status == 200 and answer.text.split("\n")[2] == version
    assert answer.headers["Connection"] == "close"
    assert raw.is_closed()


def test_head_has_the_fields_of_get_and_no_body(raw):
    # The id is part of the body and always has the same length.
    raw.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\nHEAD / HTTP/1.1\r\n" + HOST + b"\r\nGET /next HTTP/1.1\r\n" + HOST + b"\r\n")
    get = raw.answer()
    head = raw.answer(has_body=False)
    assert head.status == get.status == 200
    assert int(head.headers["Content-Length"]) == len(get.body) + len("HEAD") - len("GET")
    assert set(head.headers) == set(get.headers)
    assert "/next" in raw.answer().text


def test_a_chunked_request(raw):
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    for piece in (head, b"3\r\nab", b"\0\r\n", b"A;x=y\r\n0123456789\r\n", b"0\r\nX-Trailer: t\r\n", b"\r\n"):
        raw.send(piece)
    answer = raw.answer()
    assert answer.status == 200
    assert answer.body.split(b"\n", 4)[4] == b"ab\x000123456789"


def test_expect_100_continue(raw):
    raw.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert raw.answer().status == 100
    raw.send(b"body")
    answer = raw.answer()
    assert answer.status == 200 and answer.body.endswith(b"\nbody")


# The server still reads a body of this size and discards it; it disconnects clients that send much more.
BODY = b"x" * 1_000_000
TOO_LARGE = [
    pytest.param(b"Content-Length: 1000000\r\n\r\n", BODY, id="length"),
    pytest.param(b"Transfer-Encoding: chunked\r\n\r\n", b"f4240\r\n" + BODY + b"\r\n0\r\n\r\n", id="chunked"),
    pytest.param(b"Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", b"", id="expect"),
]


@pytest.mark.parametrize(("head", "body"), TOO_LARGE)
def test_who_sends_too_much_can_read_the_413(serve, head, body):
    server = serve("app::echo", "--max-body-size", "1KB")
    with Raw(server.port) as raw:
        # The whole body is sent before anything is read. The client's buffer is small, so the server must read nearly all of it.
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        raw.send(b"POST / HTTP/1.1\r\n" + HOST + head + body)
        answer = raw.answer()
        assert answer.status == 413
        assert answer.headers["Connection"] == "close"
        assert raw.is_closed()
    assert call(server.url, body=b"x" * 1_000).status == 200
    assert call(server.url, body=b"x" * 1_001).status == 413


def test_the_body_limit_is_10_mebibytes(echo, raw):
    assert call(echo.url, body=bytes(10 << 20)).status == 200
    raw.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % ((10 << 20) + 1))
    assert raw.answer().status == 413


def test_bodies_that_the_function_takes_come_back_one_after_the_other(serve):
    sent = [bytes(range(256)) * 5000, b"", b"x", b"fifteen bytes..", b"sixteen bytes...", b"y" * 1024, b"z" * 20_000]
    lengths = [(b"Content-Length: %d\r\n\r\n" % len(body) + body, body) for body in sent]
    chunks = [(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n", body) for body in sent if body]
    with Raw(serve("app::give_back").port) as raw:
        for framed, body in lengths + chunks:
            raw.send(b"POST / HTTP/1.1\r\n" + HOST + framed)
            assert raw.answer().body == body
        raw.send(b"".join(b"POST / HTTP/1.1\r\n" + HOST + framed for framed, _ in lengths[1:6]))
        assert [raw.answer().body for _ in range(5)] == sent[1:6]


def test_fields_of_every_response(echo):
    answer = call(echo.url)
    assert answer.headers["Date"] and answer.headers["Server"] is None and answer.headers["ETag"] is None
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-OpenFunction-Status"] == "success"
    assert answer.headers["X-Echo"] == "yes"
    assert answer.headers["X-Request-Id"] == answer.text.split("\n")[3]


def test_the_callers_request_id_is_kept(echo):
    answer = call(echo.url, headers={"X-Request-Id": "from-the-gateway-1"})
    assert answer.headers["X-Request-Id"] == "from-the-gateway-1" == answer.text.split("\n")[3]


WITHOUT_THE_FUNCTION = [
    # path, fields, status
    ("/", {"User-Agent": "kube-probe/1.30"}, 200),
    ("/healthz", {"K-Network-Probe": "queue"}, 200),
    ("/", {"K-Kubelet-Probe": "x"}, 200),
    ("/robots.txt", {}, 404),
    ("/favicon.ico", {}, 404),
    ("/", {}, 500),
]


@pytest.fixture(scope="module", params=["crash", "relay"])
def busy(request, program, functions):
    """Functions whose calls the tests can see."""
    with program.serve(functions, request.param) as server:
        yield request.param, server


@pytest.mark.parametrize(("path", "fields", "status"), WITHOUT_THE_FUNCTION)
def test_probes_and_the_two_files_never_run_the_function(busy, path, fields, status):
    name, server = busy
    answer = call(server.url, path, method="GET", headers=fields)
    assert answer.status == (405 if name == "relay" and status == 500 else status)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_every_line_of_a_production_log_is_json(serve):
    server = serve("crash")
    call(server.url, headers={"X-Request-Id": "one"})
    server.logged("function crashed")
    server.process.terminate()
    assert server.process.exit_code() == 0
    lines = server.process.output.splitlines()
    lines.remove("the program of functions is loaded")  # the function's own
    records = [json.loads(line) for line in lines]
    assert all({"time", "level", "message"} <= record.keys() for record in records)
    assert [record["message"] for record in records] == [
        "function loaded",
        "listening",
        "function crashed",
        "draining",
        "stopped",
    ]
    assert records[2]["request_id"] == "one"


def test_a_debug_log_is_for_people(serve):
    server = serve("crash", "--debug")
    call(server.url, headers={"X-Request-Id": "one"})
    line = server.logged("function crashed")
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} error function crashed request_id=one ", line)


@pytest.mark.parametrize(("target", "status"), [("wait", 503), ("relay", 429)])
def test_beyond_concurrency_and_queue_callers_are_turned_away_at_once(serve, fifo, release, target, status):
    server = serve(target, "--concurrency", "1", "--queue", "0")
    event = {"ce-id": "1", "ce-source": "/", "ce-specversion": "1.0", "ce-type": "wait", "ce-subject": str(fifo)}
    first = start_call(server.url, f"/?fifo={fifo}", headers=event if target == "relay" else {})
    server.logged("event 1" if target == "relay" else "waiting")
    second = call(server.url)
    assert second.status == status and second.headers["Retry-After"]
    assert second.headers["X-OpenFunction-Status"] == "error" and second.headers["X-Request-Id"]
    assert not first.done()
    release(fifo)
    assert first.result().status == 200
    assert call(server.url, "/?fifo=/dev/null", headers=event | {"ce-type": "x"}).status == 200


def test_with_a_queue_the_next_caller_waits(serve, fifo, release):
    server = serve("wait", "--concurrency", "1", "--queue", "1")
    first = start_call(server.url, f"/?fifo={fifo}")
    server.logged("waiting")
    others = [start_call(server.url, "/?fifo=/dev/null") for _ in range(2)]
    until(lambda: any(each.done() for each in others), "one of two to find the queue full")
    assert sorted(each.done() for each in others) == [False, True] and not first.done()
    release(fifo)
    assert sorted(each.result().status for each in [first, *others]) == [200, 200, 503]


def test_a_blocking_function_stalls_nobody(serve, fifo, release):
    server = serve("wait", "--threads", "1")
    blocked = start_call(server.url, f"/?fifo={fifo}")
    server.logged("waiting")
    assert call(server.url, "/?fifo=/dev/null").status == 200
    assert not blocked.done()
    release(fifo)
    assert blocked.result().body == b"released\n"


def test_a_deadline_that_passes_is_504_and_what_comes_later_is_dropped(serve, fifo, release):
    server = serve("wait", "--timeout", "1s")
    answer = call(server.url, f"/?fifo={fifo}")
    assert answer.status == 504
    record = json.loads(server.logged("function still running after its deadline", answer.headers["X-Request-Id"]))
    assert record["function"] == "wait" and int(record["running_ms"]) >= 1000 and record["stack"]
    assert call(server.url, "/?fifo=/dev/null").status == 200, "it goes on"
    release(fifo)
    server.logged("result dropped", answer.headers["X-Request-Id"])
