"""A real Redis: the messages are daprd's; no message is lost if a party fails."""

import socket

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.program import binding, topic
from support.redis import Redis
from support.sidecars import Daprd, Embedded, LocalSidecar, write_component
from support.waiting import PATIENCE, accepts, until

OURS = pytest.mark.parametrize("delivering", ["local", "embedded"], indirect=True)
LOCAL = pytest.mark.parametrize("store", ["local"], indirect=True)
MESSAGES = dict([topic("messages", "bus", type="pubsub.redis")])
SOON = {"processingTimeout": "200", "redeliverInterval": "100"}  # daprd reads the latter only as milliseconds


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path) as it:
        yield it


@pytest.fixture(params=["local", "daprd"])
def store(request, program, tmp_path, redis):
    """A sidecar with the binding `store`."""
    folder = tmp_path / "sidecar"
    with LocalSidecar(program, folder) if request.param == "local" else Daprd(folder) as sidecar:
        write_component(sidecar.components, "store", "bindings.redis", redisHost=redis.host)
        sidecar.start()
        yield sidecar


def act(sidecar, operation, data=b"", name="store", **metadata):
    with sidecar.stub() as stub:
        request = dapr_pb2.InvokeBindingRequest(name=name, operation=operation, data=data, metadata=metadata)
        try:
            reply = stub.InvokeBinding(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        return reply.data, dict(reply.metadata)


def failed(words):
    return "INTERNAL", f"error invoking output binding store: {words}"


def test_a_binding_answers_as_daprd_does(store, redis):
    done = (b"", {})
    assert act(store, "get", key="k") == done
    assert act(store, "create", b"\0 value\r\n", key="k") == done
    assert act(store, "get", key="k") == (b"\0 value\r\n", {})
    assert act(store, "increment", key="k") == failed("ERR value is not an integer or out of range")
    assert act(store, "get", key="k", delete="true") == (b"\0 value\r\n", {})
    assert act(store, "get", key="k") == done
    assert act(store, "increment", key="n") == done
    assert act(store, "increment", key="n", ttlInSeconds="100") == done
    assert act(store, "get", key="n") == (b"2", {})
    assert redis.ask("TTL", "n").strip() in ("99", "100")
    assert act(store, "delete", key="n") == done
    assert act(store, "delete", key="n") == done
    assert act(store, "create", b"short", key="s", ttlInSeconds="0") == done
    assert act(store, "get", key="s") == done
    assert act(store, "create", key="s", ttlInSeconds="soon") == failed(
        "ttl value must be a valid integer: actual is 'soon'"
    )
    assert act(store, "create", key="s", ttlInSeconds="-5") == failed("ttl value must be higher than zero: actual is '-5'")
    assert act(store, "create", b"1") == failed("redis binding: missing key in request metadata")
    redis.ask("RPUSH", "list", "x")
    assert act(store, "get", key="list") == failed("WRONGTYPE Operation against a key holding the wrong kind of value")
    assert act(store, "list", key="k") == failed(
        "binding store does not support operation list. supported operations:create delete get increment"
    )
    with store.stub() as stub:
        known = {it.name: it for it in stub.GetMetadata(dapr_pb2.GetMetadataRequest()).registered_components}
    assert list(known["store"].capabilities) == ["OUTPUT_BINDING"]


def test_a_value_may_be_large(store):
    value = bytes(range(256)) * 4096 * 3
    assert act(store, "create", value, key="large") == (b"", {})
    assert act(store, "get", key="large") == (value, {})


def test_a_redis_that_restarts_is_found_again_with_what_was_created(store, redis):
    assert act(store, "create", b"kept", key="k") == (b"", {})
    redis.kill()
    redis.start()
    # The first command may use the connection that has just ended.
    assert (b"kept", {}) in (act(store, "get", key="k"), act(store, "get", key="k"))


def publish(sidecar, topic, data, **metadata):
    with sidecar.stub() as stub:
        request = dapr_pb2.PublishEventRequest(
            pubsub_name="bus", topic=topic, data=data, data_content_type="text/plain", metadata=metadata
        )
        return stub.PublishEvent(request, timeout=PATIENCE)


@pytest.fixture
def bus(delivering, redis):
    """A component that soon repeats failed deliveries."""
    write_component(delivering.components, "bus", "pubsub.redis", redisHost=redis.host, consumerID="app", **SOON)


def took(server, text):
    """Returns how often the function got this text."""
    return server.process.output.count(f"took: messages {text}\n")


def until_it_listens(server, delivering):
    def arrived():
        publish(delivering, "messages", b"fine first")
        return took(server, "fine first")

    until(arrived, "the first message")


def test_a_topic_is_published_to_as_by_daprd(store, redis):
    write_component(store.components, "bus", "pubsub.redis", redisHost=redis.host)
    store.kill()
    store.start()
    publish(store, "plain", b"data")
    publish(store, "more", b"data", rawPayload="true", key="<value>")
    plain, more = (redis.ask("XRANGE", name, "-", "+").splitlines() for name in ("plain", "more"))
    assert {"data"} == {word for word in plain if word in ("data", "metadata")}
    assert "data" in more
    assert r'{"key":"\u003cvalue\u003e","rawPayload":"true"}' in more
    with store.stub() as stub:
        known = {it.name: it for it in stub.GetMetadata(dapr_pb2.GetMetadataRequest()).registered_components}
    assert list(known["bus"].capabilities) == []


def test_a_topic_calls_the_function_which_publishes_to_another(serve_beside, delivering, bus):
    inputs = dict([topic("first", "bus", type="pubsub.redis"), topic("second", "bus", type="pubsub.redis")])
    server = serve_beside(inputs, topic("out", "bus", uri="second", type="pubsub.redis"), target="relay_once")
    publish(delivering, "first", b"news")
    server.logged("relayed: second news")


def test_what_fails_comes_again_and_holds_back_nothing(serve_beside, delivering, bus):
    server = serve_beside(MESSAGES)
    publish(delivering, "messages", b"fail")
    until(lambda: took(server, "fail") >= 3, "the message to come again")
    publish(delivering, "messages", b"fine behind")
    server.logged("took: messages fine behind")
    process = server.process if isinstance(delivering, Embedded) else delivering.process
    process.terminate()
    assert process.exit_code() == 0


def test_what_was_under_way_when_the_sidecar_was_killed_comes_again(serve_beside, delivering, bus):
    server = serve_beside(MESSAGES)
    publish(delivering, "messages", b"slow")
    server.logged("took: messages slow")
    if isinstance(delivering, Embedded):
        server.process.kill()
        server = serve_beside(MESSAGES)
        server.logged("took: messages slow")
    else:
        before = took(server, "slow")
        delivering.kill()
        delivering.start()
        until(lambda: took(server, "slow") > before, "the message again")


def test_a_redis_that_restarts_is_found_again(serve_beside, delivering, redis, bus):
    server = serve_beside(MESSAGES)
    until_it_listens(server, delivering)
    redis.kill()
    redis.start()

    def arrived():
        try:
            publish(delivering, "messages", b"fine after")
        except grpc.RpcError:
            return False  # the first publication may use the connection that has just ended
        return took(server, "fine after")

    until(arrived, "a message")


def test_nothing_is_lost_while_sidecar_and_redis_fail_in_turn(serve_beside, delivering, redis, bus):
    output = binding("archive")  # makes a file for each message
    server = serve_beside(MESSAGES, output)
    until_it_listens(server, delivering)
    acknowledged = []

    def send(texts):
        for text in texts:
            try:
                publish(delivering, "messages", text)
            except grpc.RpcError:
                continue
            acknowledged.append(text)

    ids = [f"message {number}".encode() for number in range(120)]
    for first in range(0, len(ids), 40):
        send(ids[first : first + 20])
        redis.kill()
        redis.start()
        send(ids[first + 20 : first + 40])
        if isinstance(delivering, Embedded):
            server.process.kill()
            server = serve_beside(MESSAGES, output)
        else:
            delivering.kill()
            delivering.start()
    assert len(acknowledged) > len(ids) // 2
    until(lambda: set(acknowledged) <= set(delivering.landed()), "every message in a file")


@OURS
def test_ending_acknowledges_what_was_processed(serve_beside, delivering, redis, bus):
    # The test is the server of a bindings.http, so it decides how long the output takes.
    with socket.create_server(("127.0.0.1", 0)) as web:
        web.settimeout(PATIENCE)
        write_component(delivering.components, "web", "bindings.http", url=f"http://127.0.0.1:{web.getsockname()[1]}/")
        server = serve_beside(MESSAGES, binding("web", type="bindings.http", operation="post"))
        publish(delivering, "messages", b"the last")
        with web.accept()[0] as connection:
            assert connection.recv(5) == b"POST "
            process = server.process if isinstance(delivering, Embedded) else delivering.process
            process.terminate()
            if isinstance(delivering, Embedded):
                until(lambda: not accepts(server.port), "the port to be closed")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert process.exit_code() == 0
    assert redis.ask("XPENDING", "messages", "app").splitlines()[0] == "0"


@LOCAL
def test_password_and_database_are_the_components(store, redis):
    redis.ask("CONFIG", "SET", "requirepass", "p@ss word")
    write_component(store.components, "store", "bindings.redis", redisHost=redis.host, redisPassword="p@ss word", redisDB="3")
    write_component(store.components, "wrong", "bindings.redis", redisHost=redis.host, redisPassword="the secret")
    store.kill()
    store.start()
    assert act(store, "create", b"value", key="k") == (b"", {})
    assert redis.ask("-a", "p@ss word", "-n", "3", "GET", "k") == "value\n"
    code, details = act(store, "get", key="k", name="wrong")
    assert code == "INTERNAL" and "WRONGPASS" in details
    assert "the secret" not in store.process.output


@pytest.mark.parametrize("kind", ["local", "daprd"])
@pytest.mark.parametrize("type", ["bindings.redis", "pubsub.redis"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"redisDB": "x"}, "error decoding 'redisDB': invalid int \"x\""),
        ({"queueDepth": "-1"}, "error decoding 'queueDepth': invalid uint \"-1\""),
        ({"maxLenApprox": "x"}, "error decoding 'maxLenApprox': invalid int64 \"x\""),
        ({"processingTimeout": "soon"}, "error decoding 'processingTimeout': invalid duration \"soon\""),
    ],
)
def test_a_component_that_cannot_start_is_told_as_by_daprd(program, tmp_path, kind, type, change, words):
    with LocalSidecar(program, tmp_path / "s") if kind == "local" else Daprd(tmp_path / "s") as sidecar:
        write_component(sidecar.components, "store", type, redisHost="127.0.0.1:9", **change)
        before = "redis client configuration error: decode failed. 1 error(s) decoding:"
        if kind == "local":
            done = program.run_to_end(["sidecar", "--components", sidecar.components])
            assert done.code == 1
            assert before in done.stderr and words in done.stderr
        else:
            sidecar.launch()
            sidecar.process.line(lambda line: before in line and words in line.replace(r'\"', '"'), words)
