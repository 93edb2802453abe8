"""daprd and the program get SIGTERM at the same moment, as the containers of a pod do, while calls with outputs are in flight.

With the settings of docs/operations.md daprd keeps its API open until the last call has ended. Without them it closes it at once: the
outputs of what still runs reach nobody. Even then nothing is acknowledged of which an output is missing.
"""

import contextlib
import os

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.http_client import start_call
from support.ports import reserve_port
from support.program import binding, topic
from support.recorder import Recorder
from support.redis import Redis
from support.sidecars import Daprd, write_component
from support.waiting import PATIENCE, accepts, until

CALLS = 50
DELAY = "500ms"
# How long the program tries to reach a sidecar whose API is closed. Where the API stays open, the usual time holds: daprd may be slow.
IN_VAIN = ["--sidecar-timeout", "200ms"]
# In docs/operations.md it is the drain delay, the drain timeout and one second. Here it is longer than the test.
BLOCKED = ["--dapr-block-shutdown-duration", "10m"]
# An app that is stopping fails its health checks from the signal on; so daprd must tolerate more of them than it makes in the time above.
CHECKED = [*BLOCKED, "--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "600"]
QUEUE = {"consumerID": "rollout", "concurrency": str(CALLS), "queueDepth": str(CALLS), "processingTimeout": "60000", "redeliverInterval": "60000"}


@pytest.fixture
def gate(tmp_path):
    """The FIFO for which calls wait, and a function that lets all of them continue."""
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def release():
        # A call says that it runs before it opens the FIFO. Who opens it late finds an empty file.
        writer = os.open(path, os.O_RDWR)
        empty = tmp_path / "empty"
        empty.touch()
        empty.replace(path)
        os.close(writer)

    return path, release


@pytest.fixture
def broker(tmp_path):
    with Redis(tmp_path) as it:
        yield it


def stop_both(server, sidecar):
    server.process.terminate()
    sidecar.process.terminate()
    server.logged('"stopping soon"')
    server.logged('"draining"')


@pytest.fixture
def pair(tmp_path, serve_async, broker):
    """pair(flags, own_flags): a daprd with flags, the program with own_flags, and what the program acknowledged."""
    with contextlib.ExitStack() as stack:

        def start(flags, own_flags=()):
            port = reserve_port()
            recorder = stack.enter_context(Recorder(port))
            sidecar = stack.enter_context(Daprd(tmp_path / "sidecar", app_port=recorder.port, flags=flags))
            write_component(sidecar.components, "queue", "pubsub.redis", redisHost=broker.host, **QUEUE)
            server = serve_async(
                dict([topic("orders", "queue", type="pubsub.redis")]),
                binding("archive"),
                topic("results", "queue", type="pubsub.redis"),
                port=port,
                environment_of=sidecar,
                flags=["--drain-delay", DELAY, *own_flags],
            )
            sidecar.start()
            return server, sidecar, recorder

        yield start


def deliver(sidecar, server, fifo):
    """Publishes events until as many deliveries run at a time; returns the data of each."""
    events = {f"id-{number}": b"wait %s %d \xff" % (str(fifo).encode(), number) for number in range(CALLS)}
    with sidecar.stub() as stub:
        for id, data in events.items():
            metadata = {"cloudevent.id": id}
            request = dapr_pb2.PublishEventRequest(
                pubsub_name="queue", topic="orders", data=data, data_content_type="application/octet-stream", metadata=metadata
            )
            stub.PublishEvent(request, timeout=PATIENCE)
    until(lambda: server.process.output.count("took: orders wait") == CALLS, "all deliveries to run")
    return events


def outcome(events, sidecar, broker, recorder):
    """Returns the numbers of events that were acknowledged, and of those in the folder and in the topic; nothing acknowledged is missing."""
    acknowledged = {events[id] for id in recorder.acknowledged}
    landed = {"folder": set(sidecar.landed()), "topic": set(broker.published("results"))}
    numbers = {"acknowledged": len(acknowledged), **{where: len(data) for where, data in landed.items()}}
    print(f"{CALLS} deliveries in flight: {numbers}, the program answered: {dict(recorder.statuses)}")
    for where, data in landed.items():
        missing = len(acknowledged - data)
        assert missing == 0, where
    return numbers


@pytest.mark.parametrize("flags", [BLOCKED, CHECKED], ids=["block", "block and health checks"])
def test_with_the_documented_settings_every_output_of_a_delivery_arrives(pair, broker, gate, flags):
    fifo, release = gate
    server, sidecar, recorder = pair(flags)
    events = deliver(sidecar, server, fifo)
    stop_both(server, sidecar)
    release()
    assert server.process.exit_code() == 0
    assert set(outcome(events, sidecar, broker, recorder).values()) == {CALLS}
    assert "unreachable" not in server.process.output
    until(lambda: broker.ask("XPENDING", "orders", "rollout").split()[0] == "0", "daprd to acknowledge them to the broker")


def test_without_them_the_outputs_of_what_still_runs_are_lost(pair, broker, gate):
    fifo, release = gate
    server, sidecar, recorder = pair([], IN_VAIN)
    events = deliver(sidecar, server, fifo)
    stop_both(server, sidecar)
    until(lambda: not accepts(sidecar.port), "daprd to close its API")
    release()
    assert server.process.exit_code() == 0
    numbers = outcome(events, sidecar, broker, recorder)
    assert set(numbers.values()) == {0}
    assert broker.ask("XPENDING", "orders", "rollout").split()[0] == str(CALLS), "another pod gets them"


# An app that does not answer its health checks any more ends daprd's wait: here after a second, although calls still run.
IMPATIENT = [*BLOCKED, "--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "1"]
REQUESTS = [
    # daprd's flags, whether it waits for the program, the status that clients get, the number of outputs that arrive
    pytest.param(BLOCKED, True, 200, CALLS, id="block"),
    pytest.param([], False, 503, 0, id="nothing"),
    pytest.param(IMPATIENT, False, 503, 0, id="block and impatient health checks"),
]


@pytest.mark.parametrize(("flags", "waits", "status", "arrive"), REQUESTS)
def test_the_outputs_of_requests(tmp_path, serve, gate, flags, waits, status, arrive):
    fifo, release = gate
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port, app_protocol="http", flags=flags) as sidecar:
        sidecar.launch()
        server = serve(sidecar, binding("archive"), flags=["--drain-delay", DELAY, *([] if waits else IN_VAIN)], port=port)
        sidecar.wait_until_ready()
        answers = [start_call(server.url, f"/?say=x&fifo={fifo}", body=b"%d\0" % number) for number in range(CALLS)]
        until(lambda: server.process.output.count("called: x") == CALLS, "all calls to run")
        stop_both(server, sidecar)
        if not waits:
            until(lambda: not accepts(sidecar.port), "daprd to close its API")
        release()
        statuses = [answer.result().status for answer in answers]
        assert server.process.exit_code() == 0
        arrived = [data for data in sidecar.landed() if data.endswith(b"\0")]  # a health check over HTTP is a call, too
        print(f"{CALLS} requests in flight: {statuses.count(200)} answered 200, {len(arrived)} outputs arrived")
        assert statuses == [status] * CALLS
        assert len(arrived) == arrive
