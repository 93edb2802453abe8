"""The local sidecar inside the program: outputs arrive with nothing else installed, and never by accident."""

import json
import socket

import pytest

from support.http_client import call, start_call
from support.ports import reserve_port
from support.program import binding, context, topic
from support.sidecars import Embedded, write_component
from support.waiting import PATIENCE, accepts, until


@pytest.fixture
def embedded(program, tmp_path):
    return Embedded(program, tmp_path / "embedded")


def test_outputs_land(embedded, serve):
    server = serve(
        embedded,
        binding("files", "archive", metadata={"fileName": "landed"}),
        topic("news", "events"),
        flags=[*embedded.flags, "on"],
    )
    assert call(server.url, body=bytes(range(256))).status == 200
    assert (embedded.root("archive") / "landed").read_bytes() == bytes(range(256))


def test_it_is_announced_in_one_line(embedded, serve):
    server = serve(embedded, binding("archive"), flags=[*embedded.flags, "on"])
    server.process.terminate()
    assert server.process.exit_code() == 0
    announcements = [line for line in server.process.output.splitlines() if "sidecar" in line]
    assert len(announcements) == 1 and "127.0.0.1:" in announcements[0], server.process.output


def test_stopping_finishes_what_is_in_flight(program, tmp_path, serve):
    # The test is the server of a bindings.http, so it decides how long the output takes.
    with socket.create_server(("127.0.0.1", 0)) as web:
        web.settimeout(PATIENCE)
        embedded = Embedded(program, tmp_path / "embedded", web=f"http://127.0.0.1:{web.getsockname()[1]}/")
        output = binding("web", type="bindings.http", operation="post")
        server = serve(embedded, output, binding("archive"), flags=[*embedded.flags, "on"])
        answer = start_call(server.url, body=b"the last\0")
        with web.accept()[0] as connection:
            assert connection.recv(5) == b"POST "
            server.process.terminate()
            until(lambda: not accepts(server.port), "the port to be closed")
            assert not answer.done()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert answer.result().status == 200
        assert server.process.exit_code() == 0
        assert embedded.landed() == [b"the last\0"]


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "K_SERVICE", "POD_NAME"])
def test_in_a_pod_nothing_is_acknowledged_into_its_own_disk(embedded, serve, variable):
    # The test sets an address, because another program may listen on the default one.
    environment = {variable: "x", "DAPR_GRPC_PORT": str(reserve_port())}
    flags = [*embedded.flags, "auto", "--sidecar-timeout", "100ms"]
    server = serve(embedded, binding("archive"), flags=flags, environment=environment)
    assert call(server.url, body=b"\0").status == 503
    assert embedded.landed() == []


def test_a_named_sidecar_is_the_one_that_is_used(embedded, sink, serve):
    server = serve(embedded, binding("archive"), flags=[*embedded.flags, "auto"], environment=sink.environment)
    assert call(server.url, body=b"\0").status == 200
    assert [each.data for each in sink.received] == [b"\0"]
    assert embedded.landed() == []


def test_a_component_it_does_not_have_is_an_error_that_says_what_to_do(embedded, program, functions):
    write_component(embedded.components, "bus", "pubsub.kafka", brokers="localhost")
    arguments = ["--source", functions, "--target", "act", "--host", "127.0.0.1", "--port", "0", *embedded.flags, "on"]
    environment = {"FUNC_CONTEXT": json.dumps(context([binding("archive")]))}
    with program.run(arguments, environment) as process:
        assert process.exit_code(120) not in (0, None)
        for words in ("pubsub.kafka", "bus.yaml", "DAPR_GRPC_PORT"):
            assert words in process.output


def test_triggers_are_delivered(embedded, serve_async):
    """cron → function → files, with nothing else installed; a topic that the function itself publishes to."""
    write_component(embedded.components, "tick", "bindings.cron", schedule="@every 1s")
    server = serve_async(
        [binding("tick", type="bindings.cron"), topic("news", "events")],
        binding("archive"),
        topic("again", "events", uri="news"),
        environment_of=embedded,
        flags=[*embedded.flags, "on"],
    )
    server.process.line(lambda line: "took: tick" in line, "cron")
    server.process.line(lambda line: "took: news" in line, "the topic")
    until(lambda: embedded.landed(), "a file")
    server.process.terminate()
    assert server.process.exit_code() == 0


def test_functions_that_wait_for_it_do_not_keep_it_waiting(embedded, serve_async):
    write_component(embedded.components, "tick", "bindings.cron", schedule="@every 1s")
    # The only call that may run waits for its output.
    server = serve_async(
        dict([binding("clock", "tick", type="bindings.cron")]),
        binding("archive"),
        flags=[*embedded.flags, "on", "--concurrency", "1"],
        environment_of=embedded,
    )
    until(embedded.landed, "the file")
    assert "output failed" not in server.process.output
