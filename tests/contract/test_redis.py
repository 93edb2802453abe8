"""Redis, a real one: the words of daprd; what is not lost when any party fails."""

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.redis import Redis
from support.sidecars import Daprd, LocalSidecar, write_component
from support.waiting import PATIENCE


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
    # The first command may meet the connection that has just ended.
    assert (b"kept", {}) in (act(store, "get", key="k"), act(store, "get", key="k"))
