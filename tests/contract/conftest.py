"""The parties of the contract: the program, and the sidecars that get its outputs."""

from pathlib import Path

import pytest

from support.mosquitto import Mosquitto
from support.ports import reserve_port
from support.program import context
from support.sidecars import Daprd, Embedded, LocalSidecar
from support.sink import Sink
from support.toxiproxy import Toxiproxy


@pytest.fixture
def functions():
    """The source of the functions that are served."""
    return Path(__file__).with_name("functions.cc")


@pytest.fixture(params=["local", "daprd"])
def absent_sidecar(request, program, tmp_path):
    """A sidecar that has yet to start: our own, or the real one."""
    folder = tmp_path / "sidecar"
    with LocalSidecar(program, folder) if request.param == "local" else Daprd(folder) as it:
        yield it


@pytest.fixture
def sidecar(absent_sidecar):
    """The same sidecar, running."""
    absent_sidecar.start()
    return absent_sidecar


@pytest.fixture
def sink():
    """A sidecar that shows everything it receives."""
    with Sink() as it:
        yield it


@pytest.fixture
def toxiproxy(tmp_path):
    with Toxiproxy(tmp_path) as it:
        yield it


@pytest.fixture
def serve(program, functions):
    """serve(who, *outputs): the function `act`, whose outputs go only to the sidecar (or sink, or link) `who`."""
    servers = []

    def start(who, *outputs, target="act", flags=(), environment=None, port=0, **others):
        function_context = context(outputs, **others)
        server = program.serve(functions, target, function_context, who.environment | (environment or {}), flags, port=port)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.process.end()


@pytest.fixture
def async_functions():
    """The source of the functions that a sidecar triggers."""
    return Path(__file__).with_name("async_functions.cc")


@pytest.fixture
def serve_async(program, async_functions):
    """serve_async(inputs, *outputs): the function `take`, which these inputs trigger."""
    servers = []

    def start(inputs, *outputs, target="take", flags=(), environment=None, environment_of=None, document=None, port=0):
        document = document or context(outputs, runtime="Async", inputs=dict(inputs))
        environment = (environment_of.environment if environment_of else {"DAPR_GRPC_PORT": "9"}) | (environment or {})
        server = program.serve(async_functions, target, document, environment, flags, port=port)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.process.end()


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as it:
        yield it


@pytest.fixture
def port():
    return reserve_port()


@pytest.fixture
def protocol():
    """The protocol by which a sidecar calls the app."""
    return "grpc"


@pytest.fixture(params=["daprd", "local", "embedded"])
def delivering(request, program, tmp_path, port, protocol):
    """A sidecar for the app at `port` that has yet to start."""
    folder = tmp_path / "sidecar"
    kinds = {
        "daprd": lambda: Daprd(folder, app_port=port, app_protocol=protocol),
        "local": lambda: LocalSidecar(program, folder, app_port=port, app_protocol=protocol),
        "embedded": lambda: Embedded(program, folder),
    }
    with kinds[request.param]() as it:
        yield it


@pytest.fixture
def serve_beside(serve_async, delivering, port, protocol):
    """serve_beside(inputs, *outputs): the function, and the sidecar."""

    def start(inputs, *outputs, flags=(), **options):
        flags = [*flags, *delivering.flags, "on"] if isinstance(delivering, Embedded) else flags
        environment = options.pop("environment", {}) | ({"APP_PROTOCOL": "http"} if protocol == "http" else {})
        server = serve_async(
            inputs, *outputs, port=port, environment=environment, environment_of=delivering, flags=flags, **options
        )
        if isinstance(delivering, Embedded):
            delivering.found_in(server)
        else:
            delivering.start()
        return server

    return start
