"""The functions under test, compiled once, and servers that end with their test."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.waiting import until

_HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def examples(repository):
    return repository / "examples"


@pytest.fixture(scope="session")
def source():
    """The functions as source."""
    return _HERE / "functions.cc"


@pytest.fixture(scope="session")
def functions(shared, source, tmp_path_factory):
    """The functions as a shared object."""
    return shared(source, tmp_path_factory.mktemp("functions") / "functions.so")


@pytest.fixture
def serve(program, functions):
    """serve(target, *flags, …): a server of the functions, or of another source or program."""
    servers = []

    def start(target, *flags, source=functions, program=program, **others):
        servers.append(program.serve(source, target, flags=flags, **others))
        return servers[-1]

    yield start
    for server in servers:
        server.process.end()


@pytest.fixture
def fifo(tmp_path):
    """The FIFO for which the function `wait` waits; `release(fifo)` lets it continue."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    yield path
    # If the test has failed, somebody may still wait, such as a debugger's shell, which the end of the debugger does not end.
    # This ends the waiting; and who has not opened the FIFO yet finds none.
    writer = os.open(path, os.O_RDWR)
    path.unlink()
    os.close(writer)


@pytest.fixture(scope="session")
def release():
    def open_and_close(fifo, text=b"released\n"):
        # Wait until the function reads: opening the FIFO earlier would block, without a message that names the test.
        writer = until(lambda: _open_to_write(fifo), "somebody who waits for the FIFO")
        os.write(writer, text)
        os.close(writer)

    return open_and_close


def _open_to_write(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


@pytest.fixture
def everyones_folder(tmp_path_factory):
    """A folder in which any user may read; only this user may read in pytest's own folders."""
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
