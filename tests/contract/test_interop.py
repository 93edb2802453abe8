"""The local sidecar's API with another gRPC client: many calls on one connection, deadlines, the end of connections. Also the program's
client with another gRPC server; test_async_callbacks.py has the program's callbacks with another client."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.http_client import call
from support.program import binding, topic
from support.waiting import PATIENCE, accepts, until


def create(name, data):
    return dapr_pb2.InvokeBindingRequest(name="archive", operation="create", data=data, metadata={"fileName": name})


def test_many_calls_at_once_on_one_connection(sidecar):
    data = {f"file {number}": b"%d\0" % number * (1 + 911 * (number % 50)) for number in range(300)}
    with sidecar.stub() as stub:
        calls = [stub.InvokeBinding.future(create(*each), timeout=60) for each in data.items()]
        for each in calls:
            assert each.result().data
    assert {path.name: path.read_bytes() for path in sidecar.root("archive").iterdir()} == data


def test_large_answer(sidecar):
    content = bytes(range(256)) * 16_000
    (sidecar.root("archive") / "large").write_bytes(content)
    request = dapr_pb2.InvokeBindingRequest(name="archive", operation="get", metadata={"fileName": "large"})
    with sidecar.stub() as stub:
        assert stub.InvokeBinding(request, timeout=60).data == content


def test_connections_come_and_go(sidecar):
    def once(number):
        with sidecar.stub() as stub:
            return stub.InvokeBinding(create(f"{number}", b"\0"), timeout=60).data

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(once, range(64)))
    assert len(sidecar.landed()) == 64


def test_a_cancelled_call_harms_no_other(sidecar):
    with sidecar.stub() as stub:
        calls = [stub.InvokeBinding.future(create(f"{number}", bytes(100_000)), timeout=60) for number in range(40)]
        for each in calls[::2]:
            each.cancel()
        for each in calls[1::2]:
            assert each.result().data


@pytest.mark.parametrize("times", [1, 2])
def test_deadline_that_cannot_be_kept(sidecar, times):
    with sidecar.stub() as stub:
        assert stub.InvokeBinding(create("before", b"\0"), timeout=60).data
        sidecar.process.stop()
        for _ in range(times):
            with pytest.raises(grpc.RpcError) as raised:
                stub.InvokeBinding(create("late", b"\0"), timeout=0.2)
            assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        sidecar.process.resume()
        assert stub.InvokeBinding(create("after", b"\0"), timeout=60).data


def test_sigterm_ends_it(sidecar):
    with sidecar.stub() as stub:
        assert stub.InvokeBinding(create("before", b"\0"), timeout=60).data
        sidecar.process.terminate()
        assert sidecar.process.exit_code() == 0
        until(lambda: not accepts(sidecar.port), "the port to be free")


def test_our_client_sends_large_messages(sink, serve):
    body = bytes(range(256)) * 36_000
    server = serve(sink, binding("archive"), topic("events"))
    assert call(server.url, body=body).status == 200
    assert [received.data for received in sink.received] == [body, body]


def test_our_client_gives_up_and_goes_on(sink, serve):
    server = serve(sink, binding("archive"), flags=["--timeout", "2s"])
    assert call(server.url, body=b"before").status == 200
    gate = sink.hold("archive")
    assert call(server.url, body=b"late").status == 504
    assert sink.was_given_up.wait(PATIENCE)
    gate.set()
    assert call(server.url, body=b"after").status == 200
    assert [received.data for received in sink.received] == [b"before", b"late", b"after"]
