"""No failure is acknowledged, and nothing is sent that the function did not return.

The test decides when and how its sidecar answers, so it knows the order of events.
"""

import socket

import grpc
import pytest

from support.http_client import call, start_call
from support.ports import reserve_port
from support.program import binding, topic

SECRET = b"the payload is nobody's business"


def test_success_comes_only_after_every_confirmation(sink, serve):
    server = serve(sink, binding("archive"), topic("news"), binding("second"))
    gate = sink.hold("news")
    answer = start_call(server.url, body=b"x")
    sink.wait_for(3)
    # Another whole request gives the program time to read the two confirmations.
    assert call(server.url, "/?status=404").status == 404
    assert not answer.done()
    gate.set()
    assert answer.result().status == 200


def test_outputs_do_not_wait_for_each_other(sink, serve):
    names = ["archive", "second", "third", "fourth"]
    server = serve(sink, *(binding(name) for name in names), topic("news"))
    gates = [sink.hold(name) for name in (*names, "news")]
    answer = start_call(server.url, body=b"x")
    # All calls arrive although none has been answered.
    received = sink.wait_for(5)
    assert sorted(each.component for each in received) == sorted([*names, "news"])
    for gate in gates:
        gate.set()
    assert answer.result().status == 200


def test_a_slow_output_of_one_request_is_not_another_requests(sink, serve):
    server = serve(sink, binding("archive"))
    gate = sink.hold("archive")
    slow = [start_call(server.url, body=b"x") for _ in range(20)]
    sink.wait_for(20)
    assert call(server.url, "/?status=404").status == 404
    gate.set()
    assert [each.result().status for each in slow] == [200] * 20


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("CANCELLED", 502),
        ("UNKNOWN", 502),
        ("INVALID_ARGUMENT", 502),
        ("DEADLINE_EXCEEDED", 504),
        ("NOT_FOUND", 502),
        ("ALREADY_EXISTS", 502),
        ("PERMISSION_DENIED", 502),
        ("RESOURCE_EXHAUSTED", 502),
        ("FAILED_PRECONDITION", 502),
        ("ABORTED", 502),
        ("OUT_OF_RANGE", 502),
        ("UNIMPLEMENTED", 502),
        ("INTERNAL", 502),
        ("UNAVAILABLE", 503),
        ("DATA_LOSS", 502),
        ("UNAUTHENTICATED", 502),
    ],
)
@pytest.mark.parametrize("kind", [binding, topic])
def test_a_refused_output_is_a_failure_that_is_named(sink, serve, kind, code, status):
    sink.refuse("store-7f3a", grpc.StatusCode[code], "words that strangers need not read")
    server = serve(sink, kind("files", "store-7f3a"), binding("fine"))
    answer = call(server.url, body=SECRET)
    assert answer.status == status
    assert "files" in answer.text and "store-7f3a" in answer.text and code in answer.text
    assert "fine" not in answer.text
    assert SECRET.decode() not in answer.text and "strangers" not in answer.text
    assert (answer.headers["Retry-After"] is not None) == (status == 503)
    assert answer.headers["X-OpenFunction-Status"] == "error"
    # The other output was sent, and neither was retried.
    assert sorted(each.component for each in sink.received) == ["fine", "store-7f3a"]


def test_every_failed_output_is_named_and_the_gravest_counts(sink, serve):
    sink.refuse("a", grpc.StatusCode.UNAVAILABLE)
    sink.refuse("b", grpc.StatusCode.INTERNAL)
    sink.refuse("c", grpc.StatusCode.DEADLINE_EXCEEDED)
    answer = call(serve(sink, binding("one", "a"), topic("two", "b"), binding("three", "c"), binding("four")).url)
    assert answer.status == 502
    for named in ("one", "two", "three", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"):
        assert named in answer.text
    assert "four" not in answer.text


def test_debug_shows_the_sidecars_words_and_still_no_payload(sink, serve):
    sink.refuse("archive", grpc.StatusCode.INTERNAL, "the disk is full")
    answer = call(serve(sink, binding("archive"), flags=["--debug"]).url, body=SECRET)
    assert answer.status == 502
    assert "the disk is full" in answer.text
    assert SECRET.decode() not in answer.text


def test_the_failure_is_logged_without_the_payload(sink, serve):
    sink.refuse("store-7f3a", grpc.StatusCode.INTERNAL, "the disk is full")
    server = serve(sink, binding("files", "store-7f3a"))
    answer = call(server.url, body=SECRET)
    server.logged("files", "store-7f3a", "INTERNAL", "the disk is full", answer.headers["X-Request-Id"])
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert SECRET.decode() not in server.process.output


def test_no_confirmation_by_the_deadline(sink, serve):
    server = serve(sink, binding("files", "store-7f3a"), topic("news"), flags=["--timeout", "2s"])
    gate = sink.hold("store-7f3a")
    answer = call(server.url, body=SECRET)
    gate.set()
    assert answer.status == 504
    assert "files" in answer.text and "store-7f3a" in answer.text and "news" not in answer.text
    assert SECRET.decode() not in answer.text
    # Each output was sent only once, because it may have arrived.
    assert len(sink.received) == 2


def test_no_sidecar(serve):
    class Nobody:
        environment = {"DAPR_GRPC_PORT": str(reserve_port())}

    server = serve(Nobody, binding("files", "store-7f3a"), topic("news"), flags=["--sidecar-timeout", "200ms"])
    answer = call(server.url, body=SECRET)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    for named in ("files", "store-7f3a", "news"):
        assert named in answer.text
    assert SECRET.decode() not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "verdict"),
    [
        ("/throw", 500, "crash"),
        ("/?status=400", 400, "error"),
        ("/?status=404", 404, "error"),
        ("/?status=500", 500, "error"),
        ("/?status=599", 599, "error"),
        ("/?status=9999", 500, "crash"),
        ("/robots.txt", 404, None),
    ],
)
def test_a_failed_function_sends_nothing(sink, serve, path, status, verdict):
    server = serve(sink, binding("archive"), topic("news"))
    answer = call(server.url, path, body=b"not to be sent")
    assert (answer.status, answer.headers["X-OpenFunction-Status"]) == (status, verdict)
    # The sidecar gets only the data of the later request.
    assert call(server.url, body=b"to be sent").status == 200
    assert [each.data for each in sink.received] == [b"to be sent"] * 2


@pytest.mark.parametrize("status", [200, 201, 204, 302, 399])
def test_any_other_status_is_sent(sink, serve, status):
    answer = call(serve(sink, binding("archive")).url, f"/?status={status}", body=b"x")
    assert (answer.status, answer.headers["X-OpenFunction-Status"]) == (status, "success")
    assert [each.data for each in sink.received] == [b"x"]


def test_where_nothing_is_to_be_sent_no_connection_is_made(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        class Watched:
            environment = {"DAPR_GRPC_PORT": str(listener.getsockname()[1])}

        server = serve(Watched)
        assert call(server.url, body=b"x").status == 200
        server.process.terminate()
        assert server.process.exit_code() == 0
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
