"""Signals: the program accepts no more calls, finishes those in flight, and exits with 0; or logs the abandoned ones, and exits with 1.

tests/contract/test_stop.py tests the outputs.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from support.http_client import call, start_call
from support.process import Process
from support.raw import Raw
from support.waiting import accepts, until

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def test_idle_connections_are_closed_without_a_reset(serve):
    server = serve("app::echo")
    with Raw(server.port) as fresh, Raw(server.port) as used:
        used.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.answer().status == 200
        server.process.terminate()
        assert used.is_closed() and fresh.is_closed()
    assert server.process.exit_code() == 0


@pytest.mark.parametrize("number", SIGNALS, ids=str)
def test_what_is_in_flight_finishes(serve, fifo, release, number):
    server = serve("wait")
    with Raw(server.port) as raw:
        raw.send(b"GET /?fifo=%s HTTP/1.1\r\nHost: x\r\n\r\n" % str(fifo).encode())
        server.logged("waiting")
        server.process.signal(number)
        until(lambda: not accepts(server.port), "the port to be closed")
        assert server.process.is_running()
        record = json.loads(server.logged('"draining"'))
        assert (record["signal"], record["invocations"]) == (number.name, 1)
        release(fifo)
        answer = raw.answer()
        assert (answer.status, answer.body) == (200, b"released\n")
        assert answer.headers["Connection"] == "close"
        assert raw.is_closed()
    assert server.process.exit_code() == 0


def test_a_request_that_is_half_sent_is_finished(serve):
    server = serve("app::echo")
    with Raw(server.port) as raw:
        raw.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert raw.answer().status == 100
        server.process.terminate()
        until(lambda: not accepts(server.port), "the port to be closed")
        raw.send(b"body")
        answer = raw.answer()
        assert answer.status == 200 and answer.body.endswith(b"\nbody")
    assert server.process.exit_code() == 0


ABANDONED = [
    # flags, signals, why
    (["--drain-timeout", "50ms"], 1, "the drain timeout has passed"),
    ([], 2, "a second signal came"),
]


@pytest.mark.parametrize(("flags", "signals", "why"), ABANDONED)
def test_what_does_not_finish_is_abandoned_and_said_so(serve, fifo, flags, signals, why):
    server = serve("wait", *flags)
    answer = start_call(server.url, f"/?fifo={fifo}")
    server.logged("waiting")
    for _ in range(signals):
        server.process.terminate()
        server.logged('"draining"')
    assert server.process.exit_code() == 1
    record = json.loads(server.logged("abandoned"))
    assert (record["reason"], record["invocations"], record["level"]) == (why, 1, "error")
    assert answer.exception() is not None, "no answer is better than a wrong one"


def test_a_parent_that_never_reaps(program, functions, tmp_path):
    arguments = [program.path, "--source", functions, "--target", "app::echo", "--host", "127.0.0.1", "--port", "0"]
    # `sleep` does not know the child that it has inherited, so it does not wait for it.
    shell = ["sh", "-c", '"$@" & echo child $!; exec sleep 1000', "sh", *map(str, arguments)]
    with Process(shell, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}) as parent:
        child = int(parent.line(lambda line: re.match(r"child (\d+)", line))[1])
        try:
            port = int(parent.line(lambda line: re.search(r"listening.*127\.0\.0\.1:(\d+)", line), seconds=60)[1])
            assert call(f"http://127.0.0.1:{port}/").status == 200
        finally:
            os.kill(child, signal.SIGTERM)
        fields = until(lambda: zombie(child), "the child to end")
        assert int(fields[-1]) == 0, "its exit code"


def zombie(pid):
    """Returns the fields of /proc/PID/stat after the name if the process is a zombie, otherwise None."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return fields if fields[0] == "Z" else None


@pytest.fixture
def as_pid_1(program, tmp_path):
    """as_pid_1(source, target): the program as process 1, and a function that sends it a signal."""
    unshare = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to make a PID namespace (root)")
    with contextlib.ExitStack() as stack:

        def start(source, target):
            arguments = [program.path, "--source", source, "--target", target, "--host", "127.0.0.1", "--port", "0"]
            environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            process = stack.enter_context(Process([*unshare, *arguments], environment, name="pid 1"))

            def send(number):
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
                os.kill(int(children[0]), number)

            return process, send

        yield start


@pytest.mark.parametrize("number", SIGNALS, ids=str)
def test_as_pid_1(as_pid_1, functions, number):
    process, send = as_pid_1(functions, "app::echo")
    port = int(process.line(lambda line: re.search(r"listening.*127\.0\.0\.1:(\d+)", line), seconds=60)[1])
    assert call(f"http://127.0.0.1:{port}/").status == 200
    send(number)
    assert process.exit_code() == 0
    assert '"stopped"' in process.output


def assert_nobody_compiles(writer, home):
    """Checks that the compiler, which had the FIFO open, has ended, and that its files are removed."""

    def is_broken():
        try:
            os.write(writer, b"\n")
        except BrokenPipeError:
            return True
        return False

    until(is_broken, "the compiler to end")
    assert [path.name for path in (home / ".cache" / "ofn" / "programs").glob("tmp-*")] == []


@pytest.mark.parametrize("number", SIGNALS, ids=str)
def test_as_pid_1_while_it_compiles(as_pid_1, tmp_path, fifo, number):
    source = tmp_path / "slow.cc"
    source.write_text(f'#include "{fifo}"\n')
    process, send = as_pid_1(source, "f")
    with open(fifo, "wb", buffering=0) as writer:  # by now the compiler has opened it, too
        send(number)
        assert process.exit_code() == 128 + number
        assert_nobody_compiles(writer.fileno(), tmp_path)


CMAKE_PROJECT = """cmake_minimum_required(VERSION 3.20)
project(slow LANGUAGES CXX)
find_package(ofn REQUIRED)
add_library(slow MODULE slow.cc)
target_link_libraries(slow PRIVATE ofn::function)
"""
COMPILING = [
    # the source, the command, variables
    ("slow.cc", [], {}),
    ("slow.cc", ["build", "-o", "slow.so"], {}),
    ("", [], {}),
    ("", [], {"CMAKE_GENERATOR": "Ninja"}),  # Ninja runs each command in its own process group
]


@pytest.mark.parametrize("number", SIGNALS, ids=str)
@pytest.mark.parametrize(("source", "command", "variables"), COMPILING)
def test_while_it_compiles(program, tmp_path, fifo, source, command, variables, number):
    project = tmp_path / "project"
    project.mkdir()
    (project / "slow.cc").write_text(f'#include "{fifo}"\n')
    (project / "CMakeLists.txt").write_text(CMAKE_PROJECT)
    environment = {"HOME": str(tmp_path), **variables}
    process = program.run([*command, "--source", project / source, "--target", "f"], environment, cwd=tmp_path)
    with process, open(fifo, "wb", buffering=0) as writer:
        process.signal(number)
        assert process.exit_code() == -number
        assert_nobody_compiles(writer.fileno(), tmp_path)


def test_while_a_static_initializer_does_not_return(program, tmp_path, fifo):
    source = tmp_path / "slow.cc"
    source.write_text(f"""#include <ofn/function.h>
#include <fstream>
#include <poll.h>
static std::ifstream opened("{fifo}");
// Not in read(), where TSan keeps signals back.
static const int kWaited = poll(nullptr, 0, -1);
std::string f() {{ return {{}}; }}
""")
    with program.run(["--source", source, "--target", "f"]) as process, open(fifo, "wb"):
        process.terminate()
        assert process.exit_code() == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2], ids=str)
def test_a_user_signal_changes_nothing(serve, number):
    server = serve("app::echo")
    for _ in range(3):
        server.process.signal(number)
        assert call(server.url).status == 200
    server.process.terminate()
    assert server.process.exit_code() == 0


def test_under_nohup_a_hangup_changes_nothing(program, functions, tmp_path):
    arguments = [program.path, "--source", functions, "--target", "app::echo", "--host", "127.0.0.1", "--port", "0"]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *map(str, arguments)]
    with Process(shell, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}) as process:
        port = int(process.line(lambda line: re.search(r"listening.*127\.0\.0\.1:(\d+)", line), seconds=60)[1])
        process.signal(signal.SIGHUP)
        assert call(f"http://127.0.0.1:{port}/").status == 200
        process.terminate()
        assert process.exit_code() == 0
