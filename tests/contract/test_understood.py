"""If the real daprd does not provide what the context needs, the program says so."""

import json
import shutil

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.ports import reserve_port
from support.program import binding, topic
from support.sidecars import Daprd, LocalSidecar, write_component
from support.waiting import until

CLOCK = dict([binding("clock", "tick", type="bindings.cron")])


@pytest.fixture
def pair(serve_async, tmp_path):
    """A daprd that has yet to start, and a function that starts the program on the port that daprd calls."""
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port) as sidecar:

        def start(inputs, *outputs, **options):
            return serve_async(inputs, *outputs, port=port, environment_of=sidecar, **options)

        yield sidecar, start


def only_bindings(sidecar):
    (sidecar.components / "events.yaml").unlink()


def is_up(sidecar):
    """Returns True if daprd serves its API, which it does before it has found an app."""
    with sidecar.stub() as stub:
        try:
            return stub.GetMetadata(dapr_pb2.GetMetadataRequest(), timeout=5).id == "contract"
        except grpc.RpcError:
            return False


def test_a_daprd_that_was_first_may_have_asked_in_vain(pair):
    sidecar, start = pair
    only_bindings(sidecar)
    write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s")
    sidecar.launch()
    until(lambda: is_up(sidecar), "daprd's API")
    server = start(CLOCK)
    server.logged("has not asked which input bindings", "tick", "direction")
    assert server.process.output.count("has not asked which input bindings") == 1


def test_a_binding_that_says_its_direction_starts_whoever_was_first(pair):
    sidecar, start = pair
    only_bindings(sidecar)
    write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s", direction="input")
    sidecar.launch()
    until(lambda: is_up(sidecar), "daprd's API")
    server = start(CLOCK)
    server.logged("took: clock")


def test_the_example_at_a_cold_start(program, repository, tmp_path):
    """daprd starts before the program, as with `dapr run`."""
    example = repository / "examples" / "async"
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port) as sidecar:
        for component in sidecar.components.iterdir():
            component.unlink()
        for component in (example / "components").iterdir():
            shutil.copy(component, sidecar.components)
        sidecar.launch()
        until(lambda: is_up(sidecar), "daprd's API")
        context = json.loads((example / "func_context.json").read_text(encoding="utf-8"))
        with program.serve(example / "function.cc", "keep", context, sidecar.environment, port=port) as server:
            until(lambda: list(sidecar.folder.glob("data/*")), "a tick of the clock")
            assert "has not subscribed" not in server.process.output


def test_what_the_sidecar_does_not_have_is_said(pair):
    sidecar, start = pair
    inputs = dict([topic("news", "events"), topic("lost", "nowhere")])
    server = start(inputs, binding("gone", operation="create"))
    sidecar.start()
    server.logged("no such component", "nowhere")
    server.logged("no such component", "output gone")
    assert "topic news" not in server.process.output


def test_outputs_are_looked_at_whichever_sidecar_it_is(serve, program, tmp_path):
    with LocalSidecar(program, tmp_path / "sidecar") as sidecar:
        sidecar.start()
        server = serve(sidecar, binding("gone", operation="create"), binding("archive", operation="create"))
        server.logged("no such component", "output gone")
        assert "output archive" not in server.process.output


def test_a_topic_that_was_not_subscribed_is_said(serve_async, tmp_path):
    """The topic is not subscribed because daprd asks for the lists without the token."""
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port, app_token="right") as sidecar:
        environment = {"APP_API_TOKEN": "right"}
        server = serve_async(dict([topic("news", "events")]), port=port, environment_of=sidecar, environment=environment)
        sidecar.start()
        server.logged("has not subscribed to this topic", "topic news")


def test_a_sidecar_without_an_app_port(serve_async, tmp_path):
    with Daprd(tmp_path / "sidecar") as sidecar:
        sidecar.start()
        server = serve_async(dict([topic("news", "events")]), environment_of=sidecar)
        server.logged("the sidecar calls no app", "--app-port")


def test_it_is_looked_at_again_after_a_restart(pair):
    sidecar, start = pair
    server = start(dict([topic("news", "events")]), binding("archive", operation="create"))
    sidecar.start()
    until(lambda: is_up(sidecar), "daprd's API")
    sidecar.kill()
    (sidecar.components / "archive.yaml").unlink()
    shutil.rmtree(sidecar.root("archive"))
    sidecar.start()
    server.logged("no such component", "output archive")
