"""The drain delay: after the signal the program is not ready any more, but serves what still comes, because a proxy learns late of the stop.

test_rolling_stop.py has such a proxy.
"""

import json
import signal

import h2.events
import pytest

from support.http2 import Http2
from support.http_client import call
from support.raw import Raw
from support.waiting import accepts, until

PROBE = {"User-Agent": "kube-probe/1.30"}
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PIECES = r"""
#include <ofn/function.h>
void pieces(const ofn::Request&, ofn::Writer& writer) {
  for (const char* piece : {"a", "b"}) writer.write(piece);
}
OFN_FUNCTION(pieces)
"""
FOREVER = ["--drain-delay", "1h"]  # a second signal ends it


def stopping(server, number=signal.SIGTERM):
    server.process.signal(number)
    return json.loads(server.logged('"stopping soon"'))


def http2(raw):
    client = Http2(raw)
    client.h2.initiate_connection()
    client.flush()
    return client


def is_farewell(event):
    return isinstance(event, h2.events.ConnectionTerminated)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_what_comes_during_the_delay_is_served_and_a_second_signal_skips_the_rest(serve, number):
    server = serve("app::echo", *FOREVER)
    assert call(server.url, headers=PROBE).status == 200
    with Raw(server.port) as fresh, Raw(server.port) as used, Raw(server.port) as idle, Raw(server.port) as multiplexed:
        for raw in (used, idle):
            raw.send(GET)
            assert raw.answer().headers["Connection"] is None
        client = http2(multiplexed)
        assert client.answer(client.request()).status == 200
        record = stopping(server, number)
        assert (record["signal"], record["drain_delay_ms"], record["connections"]) == (number.name, 3600000, 4)

        assert call(server.url, headers=PROBE).status == 503
        assert call(server.url).status == 200, "a new connection"
        for raw in (fresh, used):
            raw.send(GET)
            answer = raw.answer()
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
            assert raw.is_closed()
        assert client.answer(client.request()).status == 200
        with Raw(server.port) as another:
            late = http2(another)
            assert late.answer(late.request()).status == 200
            assert not any(is_farewell(event) for event in client.events + late.events)

            server.process.signal(number)
            for each in (client, late):
                each.until(is_farewell)
        assert idle.is_closed()
    assert server.process.exit_code() == 0
    assert json.loads(server.logged('"draining"'))["signal"] == number.name


def test_the_drain_follows_the_delay(serve, fifo, release):
    server = serve("wait", "--drain-delay", "50ms")
    with Raw(server.port) as raw:
        raw.send(b"GET /?fifo=%s HTTP/1.1\r\nHost: x\r\n\r\n" % str(fifo).encode())
        server.logged("waiting")
        assert stopping(server)["drain_delay_ms"] == 50
        record = json.loads(server.logged('"draining"'))
        assert (record["reason"], record["invocations"]) == ("the drain delay has passed", 1)
        until(lambda: not accepts(server.port), "the port to be closed")
        release(fifo)
        assert raw.answer().headers["Connection"] == "close"
    assert server.process.exit_code() == 0


def test_answers_in_pieces_that_begin_during_the_delay_are_the_last(serve, shared_from):
    server = serve("pieces", *FOREVER, source=shared_from(PIECES))
    with Raw(server.port) as raw:
        raw.send(GET)
        assert raw.answer().headers["Connection"] is None
        stopping(server)
        raw.send(GET)
        answer = raw.answer()
        assert (answer.headers["Transfer-Encoding"], answer.headers["Connection"]) == ("chunked", "close")
        assert raw.is_closed()
    server.process.terminate()
    assert server.process.exit_code() == 0


PLACES = [
    # variables, the delay in ms
    ({}, None),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, 5000),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "K_SERVICE": "greeter"}, None),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "OFN_DRAIN_DELAY": "2s"}, 2000),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "OFN_DRAIN_DELAY": "0"}, None),
]


@pytest.mark.parametrize(("environment", "delay"), PLACES)
def test_the_default_is_for_pods_whose_platform_does_not_drain(serve, environment, delay):
    server = serve("app::echo", environment=environment)
    if delay:
        assert stopping(server)["drain_delay_ms"] == delay
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert ('"stopping soon"' in server.process.output) == bool(delay)
