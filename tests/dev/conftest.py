"""Programs in the developer's loop, each in a folder of its own, and ended with its test."""

import shutil
from pathlib import Path

import pytest

from support.dev_loop import DevLoop

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
