"""MQTT with a real broker: no message is lost if a party fails, fails again or starts late; the messages are daprd's."""

import socket
import subprocess

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.mosquitto import Mosquitto
from support.program import binding, topic
from support.sidecars import Daprd, Embedded, LocalSidecar, write_component
from support.waiting import PATIENCE, accepts, until

OURS = pytest.mark.parametrize("delivering", ["local", "embedded"], indirect=True)
LOCAL = pytest.mark.parametrize("delivering", ["local"], indirect=True)
MESSAGES = dict([binding("messages", "queue", type="bindings.mqtt3")])


@pytest.fixture
def queue(delivering, broker):
    """A component whose session the broker keeps."""
    write_component(delivering.components, "queue", "bindings.mqtt3", url=broker.url, topic="in", consumerID="queue")


def took(server, text):
    """Returns how often the function got this text."""
    return server.process.output.count(f"took: messages {text}\n")


def until_it_listens(server, broker, text="fine first"):
    def arrived():
        broker.publish("in", text.encode())
        return took(server, text)

    until(arrived, "the first message")


def connect_once_more(server, delivering, broker):
    """Makes daprd connect again: only then does the broker repeat messages that daprd has not acknowledged. These are messages that the
    app did not accept, and those that the broker sent before daprd had subscribed. After it has subscribed, each new connection brings all
    of them.
    """
    if isinstance(delivering, Daprd):
        until_it_listens(server, broker, "fine again")
        broker.stop()
        broker.start()


def create(delivering, data=b"", operation="create", **metadata):
    with delivering.stub() as stub:
        request = dapr_pb2.InvokeBindingRequest(name="queue", operation=operation, data=data, metadata=metadata)
        return stub.InvokeBinding(request, timeout=PATIENCE)


def publish(delivering, topic, data, **metadata):
    with delivering.stub() as stub:
        request = dapr_pb2.PublishEventRequest(
            pubsub_name="mqtt", topic=topic, data=data, data_content_type="text/plain", metadata=metadata
        )
        return stub.PublishEvent(request, timeout=PATIENCE)


def test_what_was_under_way_when_the_sidecar_was_killed_comes_again(serve_beside, delivering, broker, queue):
    server = serve_beside(MESSAGES)
    until_it_listens(server, broker)
    broker.publish("in", b"slow")
    server.logged("took: messages slow")
    if isinstance(delivering, Embedded):
        server.process.kill()
        server = serve_beside(MESSAGES)
        server.logged("took: messages slow")
    else:
        delivering.kill()
        delivering.start()
        connect_once_more(server, delivering, broker)
        until(lambda: took(server, "slow") >= 2, "the message again")


def test_what_came_while_the_sidecar_was_away_is_delivered(serve_beside, delivering, broker, queue):
    server = serve_beside(MESSAGES)
    until_it_listens(server, broker)
    if isinstance(delivering, Embedded):
        server.process.kill()
        broker.publish("in", b"fine missed")
        server = serve_beside(MESSAGES)
    else:
        delivering.kill()
        broker.publish("in", b"fine missed")
        delivering.start()
        connect_once_more(server, delivering, broker)
    server.logged("took: messages fine missed")


def test_a_broker_that_restarts_is_found_again(serve_beside, broker, queue):
    server = serve_beside(MESSAGES)
    until_it_listens(server, broker)
    broker.stop()
    broker.start()
    broker.publish("in", b"fine after")
    server.logged("took: messages fine after")


@OURS
def test_a_broker_that_is_killed_under_way_is_found_again(serve_beside, broker, queue):
    server = serve_beside(MESSAGES)
    until_it_listens(server, broker)
    broker.publish("in", b"slow")
    server.logged("took: messages slow")
    broker.process.kill()
    broker.start()
    # The broker knows only the sessions that it had written to its disk, which may be none.
    until_it_listens(server, broker)


@OURS
def test_what_fails_comes_again_and_holds_back_what_is_behind_it(serve_beside, delivering, broker, queue):
    server = serve_beside(MESSAGES)
    until_it_listens(server, broker)
    broker.publish("in", b"fail")
    broker.publish("in", b"fine behind")
    until(lambda: took(server, "fail") >= 4, "the message to come again")
    assert not took(server, "fine behind")
    process = server.process if isinstance(delivering, Embedded) else delivering.process
    process.terminate()
    assert process.exit_code() == 0


@OURS
def test_what_a_topic_brings_and_fails_comes_again(serve_beside, delivering, broker):
    write_component(delivering.components, "mqtt", "pubsub.mqtt3", url=broker.url)
    server = serve_beside(dict([topic("messages", "mqtt", type="pubsub.mqtt3")]))

    def failed():
        publish(delivering, "messages", b"fail")
        return took(server, "fail") >= 3

    until(failed, "the message to come again")


def test_nothing_is_lost_while_sidecar_and_broker_fail_in_turn(serve_beside, delivering, broker, queue):
    output = binding("archive")  # makes a file for each message
    server = serve_beside(MESSAGES, output)
    until_it_listens(server, broker)
    ids = [f"message {number}".encode() for number in range(200)]

    def restart_sidecar():
        if isinstance(delivering, Embedded):
            server.process.kill()
            return serve_beside(MESSAGES, output)
        delivering.kill()
        delivering.start()
        return server

    for first in range(0, len(ids), 50):
        for id in ids[first : first + 25]:
            broker.publish("in", id)
        server = restart_sidecar()
        for id in ids[first + 25 : first + 50]:
            broker.publish("in", id)
        broker.stop()
        broker.start()
    server = restart_sidecar()
    connect_once_more(server, delivering, broker)
    until(lambda: set(ids) <= set(delivering.landed()), "every message in a file")


def test_a_topic_may_hold_wildcards(serve_beside, delivering, broker):
    write_component(delivering.components, "mqtt", "pubsub.mqtt3", url=broker.url, consumerID="app")
    server = serve_beside(dict([topic("messages", "mqtt", uri="orders/+/new", type="pubsub.mqtt3")]))

    def arrived():
        publish(delivering, "orders/7/new", b"fine")
        return took(server, "fine")

    until(arrived, "the event")


def test_what_is_no_event_is_no_obstacle(serve_beside, delivering, broker):
    write_component(delivering.components, "mqtt", "pubsub.mqtt3", url=broker.url, consumerID="app")
    server = serve_beside(dict([topic("messages", "mqtt", type="pubsub.mqtt3"), topic("other", "mqtt", type="pubsub.mqtt3")]))

    def arrived(name, text):
        publish(delivering, name, text.encode())
        return f"took: {name} {text}\n" in server.process.output

    until(lambda: arrived("messages", "fine first"), "the subscription")
    broker.publish("messages", b"21.5")
    until(lambda: arrived("other", "fine beside"), "another topic's event")
    until(lambda: arrived("messages", "fine behind"), "the topic's next event")


@OURS
def test_ending_acknowledges_what_was_processed(serve_beside, delivering, broker, queue):
    # The test is the server of a bindings.http, so it decides how long the output takes.
    with socket.create_server(("127.0.0.1", 0)) as web:
        web.settimeout(PATIENCE)
        write_component(delivering.components, "web", "bindings.http", url=f"http://127.0.0.1:{web.getsockname()[1]}/")
        output = binding("web", type="bindings.http", operation="post")
        server = serve_beside(MESSAGES, output)
        until_it_listens(server, broker)
        broker.publish("in", b"the last")
        with web.accept()[0] as connection:
            assert connection.recv(5) == b"POST "
            process = server.process if isinstance(delivering, Embedded) else delivering.process
            process.terminate()
            if isinstance(delivering, Embedded):
                until(lambda: not accepts(server.port), "the port to be closed")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert process.exit_code() == 0
    broker.publish("in", b"fine next")
    before = took(server, "the last")
    if isinstance(delivering, Embedded):
        server, before = serve_beside(MESSAGES), 0
    else:
        delivering.start()
    server.logged("took: messages fine next")
    assert took(server, "the last") == before


@OURS
def test_a_broker_that_comes_later_delays_nothing_else(serve_beside, delivering, broker, queue):
    broker.stop()
    server = serve_beside(MESSAGES)
    with delivering.stub() as stub:
        other = dapr_pb2.InvokeBindingRequest(name="archive", operation="create", data=b"\0")
        stub.InvokeBinding(other, timeout=PATIENCE)
        later = stub.InvokeBinding.future(
            dapr_pb2.InvokeBindingRequest(name="queue", operation="create", data=b"fine later"), timeout=PATIENCE
        )
        process = server.process if isinstance(delivering, Embedded) else delivering.process
        process.line(lambda line: "no connection to the MQTT broker" in line, "the warning")
        broker.start()
        later.result()
    until_it_listens(server, broker)


@OURS
def test_a_broker_that_never_answers_does_not_keep_the_end(serve_beside, delivering):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        url = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        write_component(delivering.components, "queue", "bindings.mqtt3", url=url, topic="in", consumerID="queue")
        server = serve_beside(MESSAGES)
        with silent.accept()[0] as connection:
            assert connection.recv(1) == b"\x10", "CONNECT"
            process = server.process if isinstance(delivering, Embedded) else delivering.process
            process.terminate()
            assert process.exit_code() == 0


@pytest.mark.parametrize("qos", ["0", "1", "2"])
def test_each_quality_of_service_goes_both_ways(serve_beside, delivering, broker, qos):
    write_component(delivering.components, "mqtt", "pubsub.mqtt3", url=broker.url, qos=qos, consumerID="app")
    inputs = dict([topic("first", "mqtt", type="pubsub.mqtt3"), topic("second", "mqtt", type="pubsub.mqtt3")])
    server = serve_beside(inputs, topic("out", "mqtt", uri="second", type="pubsub.mqtt3"), target="relay_once")

    def relayed():
        publish(delivering, "first", b"news")
        return "relayed: second news" in server.process.output

    until(relayed, "the event on the other topic")


@LOCAL
def test_user_and_password_are_the_urls(serve_beside, delivering, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "ada", "p@ss:word"], check=True, capture_output=True)
    with Mosquitto(tmp_path, anonymous=False, settings=f"password_file {passwords}\n") as broker:
        names = {"queue": "ada:p%40ss:word", "wrong": "ada:secret"}
        for name, who in names.items():
            url = broker.url.replace("//", f"//{who}@")
            write_component(delivering.components, name, "bindings.mqtt3", url=url, topic="in", consumerID=name)
        inputs = dict(binding(name, name, type="bindings.mqtt3") for name in names)
        server = serve_beside(inputs)
        delivering.process.line(lambda line: "wrong-consumer" in line and "not authorised" in line, "the refusal")
        until(lambda: create(delivering, b"fine") and "took: queue fine" in server.process.output, "the message")
        assert "secret" not in delivering.process.output


@LOCAL
def test_tls_is_checked(serve_beside, delivering, tmp_path):
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    for name in ("ours", "others"):
        files = ["-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"]
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        subprocess.run([*make, *files, *names], check=True, capture_output=True)
    tls = f"certfile {tmp_path}/ours.pem\nkeyfile {tmp_path}/ours.key\ncafile {tmp_path}/ours.pem\nrequire_certificate true\n"
    with Mosquitto(tmp_path, settings=tls) as broker:
        url = broker.url.replace("mqtt:", "mqtts:")
        client = {"clientCert": tmp_path / "ours.pem", "clientKey": tmp_path / "ours.key"}
        components = {
            "queue": {"caCert": tmp_path / "ours.pem", **client},
            "stranger": {"caCert": tmp_path / "others.pem", **client},
        }
        for name, files in components.items():
            write_component(delivering.components, name, "bindings.mqtt3", url=url, topic="in", consumerID=name)
            with open(delivering.components / f"{name}.yaml", "a", encoding="utf-8") as component:
                for property, file in files.items():
                    indented = file.read_text().replace("\n", "\n        ")
                    component.write(f"    - name: {property}\n      value: |\n        {indented}\n")
        inputs = dict(binding(name, name, type="bindings.mqtt3") for name in components)
        server = serve_beside(inputs)
        delivering.process.line(lambda line: "stranger-consumer" in line and "TLS" in line, "the refusal")
        until(lambda: create(delivering, b"fine") and "took: queue fine" in server.process.output, "the message")


def test_a_missing_library_is_told_by_its_package(program, tmp_path):
    sidecar = LocalSidecar(program, tmp_path / "sidecar")
    write_component(sidecar.components, "queue", "bindings.mqtt3", url="mqtt://127.0.0.1:9", topic="t", consumerID="q")
    for name in ("libmosquitto.so.1", "libmosquitto.so"):
        (tmp_path / name).write_bytes(b"no library")
    done = program.run_to_end(["sidecar", "--components", sidecar.components], {"LD_LIBRARY_PATH": str(tmp_path)})
    assert done.code == 1
    assert "bindings.mqtt3 needs libmosquitto" in done.stderr and "apt-get install libmosquitto1" in done.stderr


COMPLETE = {"url": "mqtt://127.0.0.1:9", "topic": "t", "consumerID": "me"}


@pytest.mark.parametrize("kind", ["local", "daprd"])
@pytest.mark.parametrize(
    ("type", "change", "words"),
    [
        ("bindings.mqtt3", {"url": ""}, "missing url"),
        ("bindings.mqtt3", {"topic": ""}, "missing topic"),
        ("bindings.mqtt3", {"consumerID": ""}, "missing consumerID"),
        ("bindings.mqtt3", {"caCert": "x"}, "invalid ca certificate"),
        ("bindings.mqtt3", {"clientCert": "x"}, "invalid client certificate"),
        ("bindings.mqtt3", {"backOffMaxRetries": "x"}, "cannot parse 'backOffMaxRetries' as int: strconv.ParseInt: parsing"),
        ("pubsub.mqtt3", {"url": ""}, "missing url"),
        ("pubsub.mqtt3", {"qos": "x"}, "mqtt pubsub error: 1 error(s) decoding:"),
        ("pubsub.mqtt3", {"qos": "9"}, "invalid qos 9"),
        ("pubsub.mqtt3", {"clientKey": "x"}, "invalid TLS configuration: invalid clientKey"),
    ],
)
def test_a_component_that_cannot_start_is_told_as_by_daprd(program, tmp_path, kind, type, change, words):
    with LocalSidecar(program, tmp_path / "s") if kind == "local" else Daprd(tmp_path / "s") as sidecar:
        write_component(sidecar.components, "queue", type, **(COMPLETE | change))
        if kind == "local":
            done = program.run_to_end(["sidecar", "--components", sidecar.components])
            assert done.code == 1
            assert words in done.stderr
        else:
            sidecar.launch()
            sidecar.process.line(lambda line: words in line.replace("\\n", "\n"), words)


@pytest.fixture(params=["local", "daprd"])
def running(request, program, tmp_path, broker):
    folder = tmp_path / "sidecar"
    with LocalSidecar(program, folder) if request.param == "local" else Daprd(folder) as sidecar:
        write_component(sidecar.components, "queue", "bindings.mqtt3", **(COMPLETE | {"url": broker.url}))
        write_component(sidecar.components, "away", "bindings.mqtt3", **COMPLETE)
        write_component(sidecar.components, "mqtt", "pubsub.mqtt3", url=broker.url)
        sidecar.start()
        yield sidecar


def test_the_same_calls_are_answered_the_same(running):
    def answer(call, *arguments, **options):
        try:
            call(running, *arguments, **options)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        return "OK", ""

    def failed(name, words):
        return "INTERNAL", f"error invoking output binding {name}: {words}"

    assert answer(create, b"data") == ("OK", "")
    assert answer(create, b"", topic="another/one") == ("OK", "")
    assert answer(create, operation="get") == failed(
        "queue", "binding queue does not support operation get. supported operations:create"
    )
    assert answer(publish, "a/topic", b"data", retain="true") == ("OK", "")
    assert answer(publish, "a/topic", b"data", retain="maybe") == (
        "INTERNAL",
        "error when publishing to topic a/topic in pubsub mqtt: mqtt invalid retain maybe, "
        'strconv.ParseBool: parsing "maybe": invalid syntax',
    )
    with running.stub() as stub:
        away = dapr_pb2.InvokeBindingRequest(name="away", operation="create")
        with pytest.raises(grpc.RpcError) as late:
            stub.InvokeBinding(away, timeout=PATIENCE)
        assert (late.value.code().name, late.value.details()) == failed(
            "away", "failed to create producer connection: failed to connect: mqtt client timed out connecting"
        )
        known = {component.name: component for component in stub.GetMetadata(dapr_pb2.GetMetadataRequest()).registered_components}
    assert sorted(known["queue"].capabilities) == ["INPUT_BINDING", "OUTPUT_BINDING"]
    assert list(known["mqtt"].capabilities) == ["SUBSCRIBE_WILDCARDS"]
