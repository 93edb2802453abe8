"""Programs in the developer's loop, each in a folder of its own, and ended with its test."""

import contextlib
import datetime
import os
import shutil
import sys
from pathlib import Path

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2_grpc

from support import at_a_terminal
from support.dev_loop import DevLoop
from support.program import context
from support.sidecars import write_component

_HERE = Path(__file__).parent


@pytest.fixture
def text():
    """text(name, version): one of the sources beside this file. A version is compiled once in a test run."""
    return lambda name, version: (_HERE / name).read_text(encoding="utf-8").replace("VERSION", version)


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The same folder for all tests: debug information names it, so the cache has a text only for this folder."""
    return tmp_path_factory.mktemp("loop") / "project"


@pytest.fixture
def source(project):
    """The file that the tests save."""
    if project.exists():
        shutil.rmtree(project)
    project.mkdir()
    return project / "function.cc"


@pytest.fixture
def develop(program, source):
    """develop(text, *flags, …): the loop for a source with this text; returns without waiting."""
    started = []

    def start(text, *flags, source=source, **others):
        if text is not None:
            source.write_text(text, encoding="utf-8")
        started.append(DevLoop(program, source, *flags, **others))
        return started[-1]

    yield start
    for dev in started:
        dev.__exit__()


@pytest.fixture(scope="session")
def reloads(request):
    return 50 if request.config.getoption("--heavy") else 25


@pytest.fixture
def components(source):
    folder = source.parent / "components"
    folder.mkdir()
    return folder


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def clock(components):
    """The input of a timer that ticks every second, with its component."""
    write_component(components, "clock", "bindings.cron", schedule="@every 1s")
    return "clock", {"uri": "clock", "componentName": "clock", "componentType": "bindings.cron"}


@pytest.fixture
def deliver(develop, components, ledger):
    """deliver(text, inputs): the loop with a local sidecar that delivers these inputs, once it serves."""

    def start(text, inputs, **environment):
        dev = develop(
            text,
            *("--local-sidecar", "on", "--components", components),
            function_context=context([], "Async", inputs=dict(inputs)),
            environment={"LEDGER": str(ledger.path)} | environment,
        )
        dev.serves(1)
        return dev

    return start


class Ledger:
    """The file to which `deliveries.cc` appends a line for each delivery."""

    def __init__(self, path):
        self.path = path

    def lines(self, input):
        """Returns [data, version] of each delivery of this input."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [line.split(" ", 1)[1].rsplit(" ", 1) for line in lines if line.startswith(input + " ")]

    def ticks(self):
        """Returns when `clock` ticked, in seconds."""
        return [datetime.datetime.fromisoformat(time[:26].rstrip("Z")).timestamp() for time, _ in self.lines("clock")]


@pytest.fixture
def sidecar_of():
    """with sidecar_of(dev) as stub: calls of the loop's local sidecar."""

    @contextlib.contextmanager
    def stub(dev):
        address = dev.says("local sidecar at").split()[-1]
        with grpc.insecure_channel(address) as channel:
            yield dapr_pb2_grpc.DaprStub(channel)

    return stub


@pytest.fixture
def press(tmp_path):
    """press(key): types it, if the loop has been started with `press.prefix`."""
    fifo = tmp_path / "keys"
    os.mkfifo(fifo)

    def press(key):
        with fifo.open("wb", buffering=0) as keys:
            keys.write(key)

    press.prefix = (sys.executable, Path(at_a_terminal.__file__), fifo)
    return press
