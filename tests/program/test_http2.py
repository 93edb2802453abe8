"""HTTP/2 without TLS: by prior knowledge and by upgrade, with another implementation."""

import base64

import h2.connection
import h2.events
import pytest
from h2.settings import SettingCodes

from support.frames import END_STREAM, GET, GOAWAY, HEADERS, PREFACE, Frames, headers, settings
from support.http2 import Http2
from support.raw import Raw


@pytest.fixture(scope="module")
def echo(program, functions):
    server = program.serve(functions, "app::echo")
    yield server
    server.process.end()


@pytest.fixture
def connect():
    opened = []

    def open_connection(server):
        raw = Raw(server.port)
        opened.append(raw)
        client = Http2(raw)
        client.h2.initiate_connection()
        client.flush()
        return client

    yield open_connection
    for raw in opened:
        raw.__exit__()


def test_prior_knowledge(serve, connect):
    client = connect(serve("app::echo"))
    answer = client.answer(client.request("/a?b", body=b"\0\xff"))
    assert answer.status == 200 and answer.body.startswith(b"POST\n/a?b\n2\n") and answer.body.endswith(b"\n\0\xff")
    assert answer.headers["x-openfunction-status"] == "success" and answer.headers["x-request-id"]


def test_upgrade(serve):
    with Raw(serve("app::echo").port) as raw:
        settings = base64.urlsafe_b64encode(b"").decode()
        raw.send(
            b"GET /upgraded HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: " + settings.encode() + b"\r\n\r\n"
        )
        answer = raw.answer()
        assert answer.status == 101 and answer.headers["Upgrade"] == "h2c"
        client = Http2(raw)
        client.h2.initiate_upgrade_connection()
        client.flush()
        assert "/upgraded" in client.answer(1).text
        assert client.answer(client.request("/next")).status == 200


def upgrade(settings, connection=b"Upgrade, HTTP2-Settings", protocol=b"h2c", version=b"1.1", rest=b"\r\n"):
    head = b"GET /asked HTTP/" + version + b"\r\nHost: x\r\nConnection: " + connection + b"\r\nUpgrade: " + protocol + b"\r\n"
    return head + b"".join(b"HTTP2-Settings: " + each + b"\r\n" for each in settings) + rest


SETTINGS = b"AAMAAABkAAQAAP__"
NO_UPGRADES = {
    **{
        f"settings {settings!r}": upgrade([settings])
        for settings in (
            b"!", b"AAM", b"AAMA", b"AAMAAABk=", b"AAMAAABkAA==", b"AAMAAABkAAQAAP//", b"AAMA*ABk", b"AAMAAABk, AAMAAABk", b"AAMA AABk", b'"AAMAAABk"',
            # A window that is too large, push that is neither on nor off, frames that are too small.
            b"AAT_____", b"AAIAAAAC", b"AAUAAAAB",
        )
    },
    "no settings": upgrade([]),
    "settings twice": upgrade([SETTINGS, SETTINGS]),
    "settings that Connection does not name": upgrade([SETTINGS], b"Upgrade"),
    "an upgrade that Connection does not name": upgrade([SETTINGS], b"HTTP2-Settings"),
    "another protocol": upgrade([SETTINGS], protocol=b"websocket"),
    "HTTP/2 with TLS": upgrade([SETTINGS], protocol=b"h2"),
    "HTTP/1.0": upgrade([SETTINGS], b"Upgrade, HTTP2-Settings, keep-alive", version=b"1.0"),
}  # fmt: skip


@pytest.mark.parametrize("asked", NO_UPGRADES.values(), ids=NO_UPGRADES)
def test_an_upgrade_that_is_not_asked_for_rightly_is_a_request_like_any_other(echo, asked):
    with Raw(echo.port) as raw:
        for _ in range(2):
            raw.send(asked)
            answer = raw.answer()
            assert answer.status == 200 and "/asked" in answer.text and answer.headers["Upgrade"] is None


@pytest.mark.parametrize("body", [b"\r\n", b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"])
def test_behind_an_upgrade_only_http2_is_understood(echo, body):
    with Raw(echo.port) as raw:
        raw.send(upgrade([SETTINGS], rest=body) + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.answer().status == 101
        said = Frames(raw, raw.receive()).rest()
        assert said[-1].kind == GOAWAY and not any(b"smuggled" in frame.payload for frame in said)


def test_streams_of_one_connection_do_not_wait_for_each_other(serve, connect, fifo, release):
    server = serve("wait", "--threads", "1")
    client = connect(server)
    blocked = client.request(f"/?fifo={fifo}")
    server.logged("waiting")
    for _ in range(3):
        assert client.answer(client.request("/?fifo=/dev/null")).status == 200
    release(fifo)
    assert client.answer(blocked).body == b"released\n"


@pytest.mark.parametrize("function", ["app::echo", "app::give_back"])
def test_a_large_body_both_ways(serve, connect, function):
    client = connect(serve(function))
    client.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 4 << 20})
    client.h2.increment_flow_control_window(4 << 20)
    client.flush()
    stream = client.h2.get_next_available_stream_id()
    head = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")]
    client.h2.send_headers(stream, head)
    left = bytes(range(256)) * 8192
    sent = left
    while left:
        size = min(client.h2.local_flow_control_window(stream), client.h2.max_outbound_frame_size, len(left))
        if size == 0:
            client.flush()
            client.events.clear()
            client.until(lambda event: isinstance(event, h2.events.WindowUpdated))
            continue
        client.h2.send_data(stream, left[:size])
        left = left[size:]
    client.h2.end_stream(stream)
    client.flush()
    assert client.answer(stream).body.endswith(sent)


def test_a_stopping_server_says_so_and_finishes_what_it_has(serve, connect, fifo, release):
    server = serve("wait")
    client = connect(server)
    stream = client.request(f"/?fifo={fifo}")
    server.logged("waiting")
    server.process.terminate()
    client.until(lambda event: isinstance(event, h2.events.ConnectionTerminated))
    # h2 takes GOAWAY for the end of the connection, but open streams may still finish (RFC 9113 §6.8).
    client.h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
    release(fifo)
    assert client.answer(stream).body == b"released\n"
    assert server.process.exit_code() == 0


def test_a_request_s_id_is_kept_out_of_the_header_table(echo):
    # The same id is sent again. If the table had it, it would take one or two bytes. A new Date is shorter than the id. Only the first
    # answer of a second may add to the table.
    head = (*GET, (b"x-request-id", b"z" * 64))
    with Raw(echo.port) as raw:
        raw.send(PREFACE + settings())
        frames = Frames(raw)
        sizes = []
        for stream in (1, 3, 5):
            raw.send(headers(stream, head, END_STREAM))
            sizes.append(len(frames.until(HEADERS, stream).payload))
        assert max(sizes[1:]) > 50
        assert min(sizes[1:]) < sizes[0] - 9, "its name is there"


@pytest.mark.parametrize("path", ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/no.Service/Method", "/"])
def test_a_grpc_call_is_unimplemented_while_its_stream_is_open(echo, path):
    head = [
        (b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()), (b":authority", b"x"),
        (b"content-type", b"application/grpc"), (b"te", b"trailers"),
    ]  # fmt: skip
    with Raw(echo.port) as raw:
        raw.send(PREFACE + settings() + headers(1, head))
        answer = Frames(raw).until(HEADERS, 1)
    assert answer.flags & END_STREAM
