"""SIGTERM: calls in flight finish with their outputs, and their clients get answers."""

import contextlib
import socket

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.http_client import call, start_call
from support.program import binding, topic
from support.waiting import PATIENCE, accepts, until


def test_stopped_while_outputs_are_in_flight(sink, serve):
    server = serve(sink, binding("archive"), topic("news"))
    gate = sink.hold("news")
    answers = [start_call(server.url, body=b"%d" % number) for number in range(8)]
    sink.wait_for(16)
    server.process.terminate()
    until(lambda: not accepts(server.port), "the port to be closed")
    assert server.process.is_running() and not any(answer.done() for answer in answers)
    gate.set()
    assert [(each.result().status, each.result().body) for each in answers] == [(200, b"%d" % n) for n in range(8)]
    assert server.process.exit_code() == 0


def test_an_output_that_fails_while_stopping_is_a_failure(sink, serve):
    server = serve(sink, binding("files", "archive"))
    gate = sink.hold("archive")
    sink.refuse("archive", grpc.StatusCode.INTERNAL)
    answer = start_call(server.url, body=b"x")
    sink.wait_for(1)
    server.process.terminate()
    until(lambda: not accepts(server.port), "the port to be closed")
    gate.set()
    assert answer.result().status == 502
    assert server.process.exit_code() == 0


def test_stopped_while_the_sidecar_is_slow(sidecar, serve):
    server = serve(sidecar, binding("archive"), topic("events"))
    assert call(server.url, body=b"first\0").status == 200
    sidecar.process.stop()
    answer = start_call(server.url, "/?say=second", body=b"second\0")
    server.logged("called: second")
    server.process.terminate()
    until(lambda: not accepts(server.port), "the port to be closed")
    assert not answer.done()
    sidecar.process.resume()
    assert answer.result().status == 200
    assert server.process.exit_code() == 0
    assert sorted(sidecar.landed()) == [b"first\0", b"second\0"]


def test_stopped_while_the_sidecar_is_awaited(absent_sidecar, serve):
    server = serve(absent_sidecar, binding("archive"), flags=["--debug"])
    answer = start_call(server.url, body=b"\0")
    server.logged("output is retried")
    server.process.terminate()
    until(lambda: not accepts(server.port), "the port to be closed")
    absent_sidecar.start()
    assert answer.result().status == 200
    assert server.process.exit_code() == 0
    assert absent_sidecar.landed() == [b"\0"]


def test_what_does_not_finish_in_time_is_abandoned_and_said_so(sink, serve):
    server = serve(sink, binding("archive"), flags=["--drain-timeout", "200ms"])
    gate = sink.hold("archive")
    answer = start_call(server.url, body=b"x")
    sink.wait_for(1)
    server.process.terminate()
    assert server.process.exit_code() == 1
    gate.set()
    assert answer.exception() is not None or not answer.result().is_success
    assert "abandoned" in server.process.output


def test_what_came_before_the_signal_is_answered_also_when_nobody_had_looked_at_it(sidecar, serve):
    server = serve(sidecar, binding("archive"))
    assert call(server.url, body=b"first\0").status == 200
    # While the program is stopped, requests arrive, and then the signal.
    server.process.stop()
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(16)]
        for number, caller in enumerate(callers):
            caller.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n%x\0" % number)
        server.process.terminate()
        server.process.resume()
        for caller in callers:
            caller.settimeout(PATIENCE)
            assert caller.recv(12) == b"HTTP/1.1 200"
    assert server.process.exit_code() == 0
    assert sorted(sidecar.landed()) == sorted([b"first\0", *(b"%x\0" % number for number in range(16))])


def test_a_call_that_begins_during_the_drain_delay_reaches_its_outputs(sidecar, serve):
    server = serve(sidecar, binding("archive"), flags=["--drain-delay", "1h"])
    server.process.terminate()
    server.logged("stopping soon")
    assert call(server.url, body=b"late\0").status == 200
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert sidecar.landed() == [b"late\0"]


def test_the_local_sidecar_delivers_during_the_drain_delay(serve_beside, delivering):
    server = serve_beside(dict([topic("orders", "events")]), binding("archive"), flags=["--drain-delay", "1h"])
    server.process.terminate()
    server.logged("stopping soon")

    def landed():
        with delivering.stub() as stub:
            stub.PublishEvent(dapr_pb2.PublishEventRequest(pubsub_name="events", topic="orders", data=b"late\0"), timeout=PATIENCE)
        return delivering.landed()

    assert until(landed, "a delivery")[0] == b"late\0"
    server.process.terminate()
    assert server.process.exit_code() == 0


@pytest.mark.parametrize("requests", [0, 1])
def test_stopped_at_rest(sidecar, serve, requests):
    server = serve(sidecar, binding("archive"))
    for _ in range(requests):
        assert call(server.url, body=b"\0").status == 200
    server.process.terminate()
    assert server.process.exit_code() == 0
