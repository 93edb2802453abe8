"""HTTP/2 without TLS: by prior knowledge and by upgrade, spoken by another implementation."""

import base64

import h2.connection
import h2.events
import pytest
from h2.settings import SettingCodes

from support.http2 import Http2
from support.raw import Raw


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


def test_streams_of_one_connection_do_not_wait_for_each_other(serve, connect, fifo, release):
    server = serve("wait", "--threads", "1")
    client = connect(server)
    blocked = client.request(f"/?fifo={fifo}")
    server.logged("waiting")
    for _ in range(3):
        assert client.answer(client.request("/?fifo=/dev/null")).status == 200
    release(fifo)
    assert client.answer(blocked).body == b"released\n"


def test_a_large_body_both_ways(serve, connect):
    client = connect(serve("app::echo"))
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
    # h2 takes that for the end of the connection; but streams that are open may finish (RFC 9113 §6.8).
    client.h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
    release(fifo)
    assert client.answer(stream).body == b"released\n"
    assert server.process.exit_code() == 0
