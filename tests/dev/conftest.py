"""Programs in the developer's loop, each in a folder of its own, and ended with its test."""

from pathlib import Path

import pytest

from support.dev_loop import DevLoop

_HERE = Path(__file__).parent


@pytest.fixture
def text():
    """text(name, version): one of the sources beside this file. A version is compiled once in a test run."""
    return lambda name, version: (_HERE / name).read_text(encoding="utf-8").replace("VERSION", version)


@pytest.fixture
def source(tmp_path):
    """The file that the tests save."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder / "function.cc"


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
