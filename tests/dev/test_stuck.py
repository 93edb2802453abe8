"""Workers that do not do what the supervisor orders: each wait is bounded, and what it costs is told."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from support.dev_loop import exists, save
from support.http_client import call
from support.raw import Raw
from support.waiting import until


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.fixture
def free(tmp_path):
    """The file whose existence ends the calls of `/wait`."""
    return tmp_path / "free"


@pytest.fixture
def serve(develop, text, free):
    """serve(*flags): the loop with build 1, and its worker."""

    def start(*flags):
        dev = develop(text("stuck.cc", "A"), *flags, environment={"FREE": str(free)})
        dev.serves(1)
        (worker,) = dev.workers
        return dev, worker

    return start


def _state(task):
    return (task / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    until(lambda: all(_state(task) == "T" for task in Path(f"/proc/{pid}/task").iterdir()), "all threads to stop")
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def running(free):
    """with running(dev, path) as connection: the function has begun its request."""

    @contextlib.contextmanager
    def start(dev, path):
        began = free.with_name(f"free-{path[1:]}")
        began.unlink(missing_ok=True)
        with Raw(dev.port) as caller:
            caller.send(get(path))
            until(began.exists, "the call")
            yield caller

    return start


def test_a_worker_that_is_stopped_when_a_newer_one_serves(serve, running, source, text):
    dev, worker = serve()
    with running(dev, "/wait"), stopped(worker):
        save(source, text("stuck.cc", "B"))
        dev.says("build 1 was killed, because it had not passed its requests on within 3 s")
        dev.says("GET /wait in answer for")
        dev.serves(2)
        assert call(dev.url, method="GET").text == "B"
    assert dev.crashed == []


def test_a_serving_worker_that_reads_no_orders(serve, running, source, text, free):
    """It gets a connection of the older one, whose call has ended."""
    dev, older = serve()
    with running(dev, "/wait") as kept:
        dev.reload(source, text("stuck.cc", "B"))
        (newer,) = set(dev.workers) - {older}
        with running(dev, "/wait"), stopped(newer):
            free.touch()
            assert kept.answer().text == "A"
            dev.says("build 2 crashed: SIGKILL: it had not read its orders for 3 s")
            dev.says("it had not answered these calls:")
            dev.says("GET /wait in answer for")
            dev.says("serving build 2 again")
            assert call(dev.url, method="GET").text == "B"
    assert dev.crashed == [(2, "SIGKILL")]


def test_an_older_worker_that_does_not_end(serve, running, source, text):
    dev, worker = serve("--drain-timeout", "1s")
    with running(dev, "/wait"):
        dev.reload(source, text("stuck.cc", "B"))
        with stopped(worker):
            dev.says("build 1 was killed, because it had not ended within 4 s")
            dev.says("GET /wait in answer for")
            until(lambda: not exists(worker), "its end")
        assert call(dev.url, method="GET").text == "B"


def test_calls_that_outlast_the_drain_timeout_are_named(serve, running, source, text):
    dev, _ = serve("--drain-timeout", "1s")
    with running(dev, "/wait"), running(dev, "/loop"):
        dev.reload(source, text("stuck.cc", "B"))
        dev.says("build 1 ended before all its calls had ended (exit code 1)")
        dev.says("GET /loop in answer for")
        assert call(dev.url, method="GET").text == "B"


def test_the_end_of_the_loop_does_not_wait_for_a_stopped_worker(serve, running):
    dev, worker = serve("--drain-timeout", "1s")
    with running(dev, "/wait"), stopped(worker):
        dev.process.signal(signal.SIGINT)
        assert dev.process.exit_code() == 0
    assert "build 1 was killed, because it had not ended within 4 s" in dev.process.output
    assert "GET /wait in answer for" in dev.process.output
