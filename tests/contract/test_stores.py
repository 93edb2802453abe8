"""State and secrets: the same calls to both sidecars, the same codes and messages."""

import json
import re

import grpc
import pytest
from dapr.proto.common.v1 import common_pb2
from dapr.proto.runtime.v1 import dapr_pb2

from support.sidecars import Daprd, LocalSidecar, write_component

FIRST_WRITE = common_pb2.StateOptions(concurrency=1)


@pytest.fixture(scope="module", params=["local", "daprd"])
def stub(request, program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores") / "sidecar"
    with LocalSidecar(program, folder) if request.param == "local" else Daprd(folder) as sidecar:
        secrets = sidecar.folder / "secrets.json"
        secrets.write_text(json.dumps({"plain": "1", "db": {"password": "p", "port": 5432, "on": True}}))
        write_component(sidecar.components, "state", "state.in-memory")
        write_component(sidecar.components, "vault", "secretstores.local.file", secretsFile=secrets)
        sidecar.start()
        with sidecar.stub() as it:
            yield it


def ask(method, request):
    try:
        return method(request, timeout=20)
    except grpc.RpcError as error:
        return error.code().name, re.sub(r"[0-9a-f-]{36}", "UUID", error.details())


def item(key, value=b"", etag=None, **others):
    return common_pb2.StateItem(
        key=key, value=value, etag=None if etag is None else common_pb2.Etag(value=etag), **others
    )


def save(stub, *items, store="state"):
    answer = ask(stub.SaveState, dapr_pb2.SaveStateRequest(store_name=store, states=items))
    return answer if isinstance(answer, tuple) else "OK"


def get(stub, key, store="state"):
    return ask(stub.GetState, dapr_pb2.GetStateRequest(store_name=store, key=key))


def delete(stub, key, etag=None):
    request = dapr_pb2.DeleteStateRequest(store_name="state", key=key)
    if etag is not None:
        request.etag.value = etag
    answer = ask(stub.DeleteState, request)
    return answer if isinstance(answer, tuple) else "OK"


MISMATCH = "possible etag mismatch. error from state store: state etag not match for key=contract||k: current=UUID, expect=no"


def test_a_value_lives(stub):
    assert get(stub, "none").etag == ""
    assert save(stub, item("life", b"\0\xff")) == "OK"
    assert get(stub, "life").data == b"\0\xff"
    assert delete(stub, "life") == "OK"
    assert get(stub, "life").data == b""
    assert delete(stub, "life") == "OK"


def test_etags(stub):
    assert save(stub, item("k", b"1")) == "OK"
    etag = get(stub, "k").etag
    assert save(stub, item("k", b"2", "no")) == ("ABORTED", f"failed saving state in state store state: {MISMATCH}")
    assert delete(stub, "k", "no") == ("ABORTED", f"failed deleting state with key k: {MISMATCH}")
    assert save(stub, item("new", b"1", "no")) == (
        "ABORTED",
        "failed saving state in state store state: possible etag mismatch. error from state store: "
        "state not exist or expired for key=contract||new",
    )
    assert save(stub, item("k", b"2", options=FIRST_WRITE)) == (
        "ABORTED",
        "failed saving state in state store state: possible etag mismatch. error from state store: "
        "item already exists and no etag was passed",
    )
    assert save(stub, item("k", b"2", etag)) == "OK"
    assert delete(stub, "k", get(stub, "k").etag) == "OK"


def test_words(stub):
    assert get(stub, "k", "nobody") == ("INVALID_ARGUMENT", "state store nobody is not found")
    assert get(stub, "a||b") == ("INVALID_ARGUMENT", "input key/keyPrefix 'a||b' can't contain '||'")
    assert save(stub, item("")) == ("INVALID_ARGUMENT", "state key cannot be empty")
    assert save(stub) == "OK"
    assert save(stub, item("t", metadata={"ttlInSeconds": "soon"})) == (
        "INTERNAL",
        'failed saving state in state store state: strconv.Atoi: parsing "soon": invalid syntax',
    )


def test_json_is_encoded_again(stub):
    assert save(stub, item("json", b'{"b": 1.0, "a": "<"}', metadata={"contentType": "application/json"})) == "OK"
    assert get(stub, "json").data == b'{"a":"\\u003c","b":1}'


def test_time_to_live(stub):
    assert save(stub, item("ttl", b"1", metadata={"ttlInSeconds": "100"})) == "OK"
    expires = get(stub, "ttl").metadata["ttlExpireTime"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", expires)


def test_many(stub):
    assert save(stub, item("m1", b"1"), item("m2", b"2")) == "OK"
    request = dapr_pb2.GetBulkStateRequest(store_name="state", keys=["m2", "none", "m1"])
    items = {it.key: it.data for it in ask(stub.GetBulkState, request).items}
    assert items == {"m1": b"1", "m2": b"2", "none": b""}
    answer = ask(stub.DeleteBulkState, dapr_pb2.DeleteBulkStateRequest(store_name="state", states=[item("m1"), item("m2")]))
    assert not isinstance(answer, tuple)
    assert get(stub, "m1").etag == ""


def test_transactions(stub):
    def transact(*operations):
        operations = [dapr_pb2.TransactionalStateOperation(operationType=kind, request=it) for kind, it in operations]
        request = dapr_pb2.ExecuteStateTransactionRequest(storeName="state", operations=operations)
        answer = ask(stub.ExecuteStateTransaction, request)
        return answer if isinstance(answer, tuple) else "OK"

    assert transact(("upsert", item("t1", b"1")), ("upsert", item("t2", b"1", "no"))) == (
        "INTERNAL",
        "error while executing state transaction: possible etag mismatch. error from state store: "
        "state not exist or expired for key=contract||t2",
    )
    assert get(stub, "t1").etag == ""
    assert transact(("upsert", item("t1", b"1")), ("delete", item("t1"))) == "OK"
    assert get(stub, "t1").etag == ""
    assert transact(("merge", item("t1"))) == ("UNIMPLEMENTED", "operation type merge not supported")


def test_secrets(stub):
    def secret(key, store="vault"):
        answer = ask(stub.GetSecret, dapr_pb2.GetSecretRequest(store_name=store, key=key))
        return answer if isinstance(answer, tuple) else dict(answer.data)

    assert secret("plain") == {"plain": "1"}
    assert secret("db:password") == {"db:password": "p"}
    assert secret("db:port") == {"db:port": "%!s(float64=5432)"}
    assert secret("db:on") == {"db:on": "%!s(bool=true)"}
    assert secret("db") == (
        "INTERNAL",
        "failed getting secret with key db from secret store vault: secret db not found",
    )
    assert secret("plain", "nobody") == ("INVALID_ARGUMENT", "failed finding secret store with key nobody")
    every = ask(stub.GetBulkSecret, dapr_pb2.GetBulkSecretRequest(store_name="vault")).data
    assert set(every) == {"plain", "db:password", "db:port", "db:on"}
    assert dict(every["plain"].secrets) == {"plain": "1"}
