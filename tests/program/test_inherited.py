"""Sockets and descriptors from another process: the program listens on them, and notifies them when it is ready."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from support.http_client import call
from support.waiting import PATIENCE, until


@pytest.fixture
def listening():
    """listening(family, address): a listening socket, as a supervisor makes it."""
    made = []

    def make(family=socket.AF_INET, address=("127.0.0.1", 0)):
        made.append(socket.socket(family, socket.SOCK_STREAM))
        made[-1].bind(address)
        made[-1].listen(128)
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def run(program, functions):
    """run(target, *flags, fds=…): a process that serves one of the functions, ended with the test."""
    started = []

    def start(target, *flags, environment=None, prefix=(), fds=()):
        arguments = ["--source", functions, "--target", target, *flags]
        started.append(program.run(arguments, environment, prefix=prefix, pass_fds=fds))
        return started[-1]

    yield start
    for process in started:
        process.end()


class Ready:
    """The pipe of --ready-fd."""

    def __init__(self):
        self.reading, self.writing = os.pipe()

    def given(self):
        """Everything that was written before its end."""
        os.close(self.writing)
        text = b""
        while piece := os.read(self.reading, 100):
            text += piece
        os.close(self.reading)
        return text


def url_of(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def start_generation(run, listener, target):
    ready = Ready()
    process = run(target, "--listen-fd", listener.fileno(), "--ready-fd", ready.writing, fds=(listener.fileno(), ready.writing))
    assert ready.given() == b"\n"
    return process


class Client:
    """Sends calls until the end of the test, each over a new connection."""

    def __init__(self, url):
        self.answers, self.errors, self._url = [], [], url
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _call(self):
        while not self._stopped.is_set():
            try:
                answer = call(self._url, "/")
                self.answers.append((answer.status, answer.text))
            except Exception as error:  # any exception means that the client was refused
                self.errors.append(error)

    def calls_more(self, answered_by):
        """Waits for a few more answers of this kind."""
        seen = len(self.answers)
        until(lambda: sum(answered_by in text for _, text in self.answers[seen:]) >= 5, f"answers of {answered_by}")


def test_generations_serve_one_socket_and_refuse_no_call(run, listening):
    listener = listening()
    generations = ["environment", "app::echo", "environment"]
    answers = {"environment": "FUNCTION_TARGET=environment", "app::echo": "POST\n/\n"}
    old = start_generation(run, listener, generations[0])
    with Client(url_of(listener)) as client:
        client.calls_more(answers[generations[0]])
        for target in generations[1:]:
            new = start_generation(run, listener, target)
            old.terminate()
            assert old.exit_code() == 0
            client.calls_more(answers[target])
            old = new
    assert client.errors == []
    assert {status for status, _ in client.answers} == {200}
    old.terminate()
    assert old.exit_code() == 0


def test_calls_between_two_generations_wait(run, listening):
    listener = listening()
    old = start_generation(run, listener, "environment")
    old.terminate()
    assert old.exit_code() == 0
    with socket.create_connection(listener.getsockname()) as early:
        early.sendall(b"GET /early HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        start_generation(run, listener, "app::echo")
        assert b"GET\n/early\n" in early.makefile("rb").read()


def test_a_unix_socket(run, listening, tmp_path):
    path = tmp_path / "socket"
    listener = listening(socket.AF_UNIX, str(path))
    process = start_generation(run, listener, "app::echo")
    assert process.line(lambda line: f'"url":"unix:{path}"' in line, "its address")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert b"GET\n/a\n" in client.makefile("rb").read()
    process.terminate()
    assert process.exit_code() == 0
    assert path.exists(), "it is the supervisor's"


def not_listening():
    return socket.socket()


def datagram():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def connected():
    return socket.socketpair()[0]


def regular_file():
    return open("/proc/self/exe", "rb")


WRONG = [
    (regular_file, "it is a file; a TCP or Unix stream socket that listens is needed"),
    (datagram, "it is a datagram socket (UDP)"),
    (connected, "it is the socket of one connection"),
    (not_listening, "it is a socket that does not listen; the process that hands it over must call listen() first"),
]


@pytest.mark.parametrize(("make", "words"), WRONG)
def test_a_descriptor_of_another_kind(program, functions, make, words):
    with make() as given:
        fd = given.fileno()
        done = program.run_to_end(["--source", functions, "--target", "wait", "--listen-fd", fd], pass_fds=(fd,))
    assert done.code == 2
    assert f"functions-framework: --listen-fd: cannot listen on descriptor {fd}: {words}" in done.stderr


def test_closed_descriptors_are_told_together_and_before_anything_is_compiled(program, tmp_path):
    (tmp_path / "f.cc").write_text("#error compiled")
    done = program.run_to_end(["--source", tmp_path / "f.cc", "--listen-fd", "77", "--ready-fd", "78"])
    assert done.code == 2 and "compiled" not in done.stderr
    assert "--listen-fd: cannot listen on descriptor 77: it is not open; the process that starts this one" in done.stderr
    assert "--ready-fd: cannot tell descriptor 78 that the program is ready: it is not open" in done.stderr


def test_one_descriptor_for_both(program, functions, listening):
    fd = listening().fileno()
    flags = ["--listen-fd", fd, "--ready-fd", fd]
    done = program.run_to_end(["--source", functions, "--target", "wait", *flags], pass_fds=(fd,))
    assert done.code == 2 and f"--ready-fd: descriptor {fd} is already the listening socket" in done.stderr


# Starts the program as systemd does: descriptor 3, and LISTEN_PID is the process's own id.
SYSTEMD = [
    "python3",
    "-c",
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); os.execvp(sys.argv[2], sys.argv[2:])",
]


@pytest.mark.parametrize("process_1", [False, True])
def test_a_socket_unit(run, listening, process_1):
    listener = listening()
    prefix = [*SYSTEMD, str(listener.fileno())]
    if process_1:
        unshare = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--kill-child"]
        if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("needs the right to make a PID namespace (root)")
        prefix = [*unshare, *prefix]
    process = run("environment", environment={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}, prefix=prefix, fds=(listener.fileno(),))
    process.line(lambda line: f'"url":"{url_of(listener)}/"' in line, "its URL")
    assert call(url_of(listener)).status == 200


def test_descriptors_for_another_process_are_none_of_ours(run):
    process = run("environment", "--host", "127.0.0.1", "--port", "0", environment={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
    process.line(lambda line: re.search(r'"listening".*"url":"http://127', line), "its URL")


@pytest.mark.parametrize(("count", "words"), [("2", "expected one socket, found 2"), ("many", "expected a number of descriptors")])
def test_socket_units_that_cannot_be_served(program, functions, listening, count, words):
    fd = listening().fileno()
    prefix = [*SYSTEMD, str(fd)]
    done = program.run_to_end(["--source", functions, "--target", "wait"], {"LISTEN_FDS": count}, prefix=prefix, pass_fds=(fd,))
    assert done.code == 2 and f"LISTEN_FDS: {words}" in done.stderr


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_service_manager_is_told(run, tmp_path, kind):
    name = str(tmp_path / "notify") if kind == "path" else f"@ofn-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if kind == "abstract" else name)
        manager.settimeout(PATIENCE)
        where = ["--host", "127.0.0.1", "--port", "0"]
        process = run("environment", *where, "--drain-delay", "1h", environment={"NOTIFY_SOCKET": name})
        assert manager.recv(100) == b"READY=1\n"
        url = process.line(lambda line: re.search(r'"listening".*"url":"([^"]*)"', line), "its URL")[1]
        assert call(url).status == 200
        process.signal(signal.SIGTERM)
        assert manager.recv(100) == b"STOPPING=1\n", "although it still serves"
        assert call(url).status == 200
        process.signal(signal.SIGTERM)
        assert process.exit_code() == 0


def test_a_service_manager_that_is_not_there_is_a_warning(run):
    process = run("environment", "--host", "127.0.0.1", "--port", "0", environment={"NOTIFY_SOCKET": "/no/such/socket"})
    line = process.line(lambda line: "NOTIFY_SOCKET" in line and line, "a warning")
    assert '"level":"warning"' in line and "cannot tell the socket /no/such/socket" in line
    process.terminate()
    assert process.exit_code() == 0


def test_ready_means_served_and_a_failed_start_ends_the_pipe(run, program, functions):
    ready = Ready()
    run("environment", "--host", "127.0.0.1", "--port", "0", "--ready-fd", ready.writing, fds=(ready.writing,))
    assert ready.given() == b"\n"
    ready = Ready()
    fd = ready.writing
    done = program.run_to_end(["--source", functions, "--target", "missing", "--ready-fd", fd], pass_fds=(fd,))
    assert done.code == 3
    assert ready.given() == b""


FORKS = """
#include <ofn/function.h>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

// How many sockets a child has that the function forks.
std::string function() {
  const pid_t child = fork();
  if (child == 0) {
    int sockets = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      sockets += std::filesystem::read_symlink(each, gone).native().starts_with("socket:");
    }
    _exit(sockets);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return std::to_string(WEXITSTATUS(status));
}
"""


def test_a_forked_child_has_no_socket_of_the_server(program, listening, tmp_path):
    (tmp_path / "f.cc").write_text(FORKS)
    for listener in listening(), listening(socket.AF_UNIX, str(tmp_path / "socket")):
        fd = listener.fileno()
        ready = Ready()
        flags = ["--source", tmp_path / "f.cc", "--listen-fd", fd, "--ready-fd", ready.writing]
        with program.run(flags, pass_fds=(fd, ready.writing)), socket.socket(listener.family) as client:
            assert ready.given() == b"\n"
            client.connect(listener.getsockname())
            client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert client.makefile("rb").read().endswith(b"\r\n\r\n0")


def test_compilers_inherit_nothing(program, listening, tmp_path):
    seen = tmp_path / "seen"
    compiler = tmp_path / "compiler"
    compiler.write_text(f'#!/bin/sh\nls /proc/self/fd >> {seen}\nenv >> {seen}\nexec g++ "$@"\n')
    compiler.chmod(0o755)
    (tmp_path / "f.cc").write_text('#include <ofn/function.h>\nstd::string function() { return ""; }\n')
    listener = listening()
    ready = Ready()
    environment = {"OFN_CXX": str(compiler), "OFN_LISTEN_FD": str(listener.fileno()), "OFN_READY_FD": str(ready.writing)}
    environment |= {"NOTIFY_SOCKET": "@ofn-test-nobody", "LISTEN_PID": "1", "LISTEN_FDS": "1"}
    fds = (listener.fileno(), ready.writing)
    with program.run(["--source", tmp_path / "f.cc"], environment, pass_fds=fds) as process:
        assert ready.given() == b"\n"
        assert call(url_of(listener)).status == 200
        process.terminate()
        assert process.exit_code() == 0
    lines = seen.read_text().split("\n")
    assert "PATH=" in seen.read_text(), "the compiler was run"
    numbers = {line for line in lines if line.isdigit()}
    assert numbers == {"0", "1", "2", "3"}, "the folder that is listed is 3"
    assert not [line for line in lines if re.match("LISTEN_|NOTIFY_SOCKET|OFN_LISTEN_FD|OFN_READY_FD", line)]
