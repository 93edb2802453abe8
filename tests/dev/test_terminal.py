"""At a real terminal: the keys, job control, and the terminal's modes after each kind of end."""

import os
import re
import signal

import pytest

from support.dev_loop import below, command_of
from support.http_client import call
from support.raw import Raw
from support.terminal import Terminal
from support.waiting import until

GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


class AtTheTerminal:
    def __init__(self, terminal, program, source):
        self.terminal = terminal
        self._command = f"{program.path} dev --source {source} --host 127.0.0.1 --port 0"

    def start(self, after=""):
        self.terminal.enter(self._command + after)
        self.terminal.says("serving build 1")

    @property
    def pid(self):
        return self.terminal.program(" dev ".replace(" ", "\0"))

    @property
    def worker(self):
        def found():
            return [pid for pid in below(self.terminal.pid) if "--listen-fd" in command_of(pid)]

        return until(lambda: len(pids := found()) == 1 and pids[0], "the only worker")

    @property
    def port(self):
        return int(re.search(r"http://127\.0\.0\.1:(\d+)/", self.terminal.text)[1])

    def reads_keys(self):
        until(lambda: not self.terminal.has_echo(), "the terminal without echo")


@pytest.fixture
def at_the_terminal(program, source, text):
    source.write_text(text("crashing.cc", ""), encoding="utf-8")
    with Terminal(program.environment, source.parent) as terminal:
        before = terminal.modes()
        yield AtTheTerminal(terminal, program, source)
        assert terminal.modes() == before


def test_the_keys(at_the_terminal):
    terminal = at_the_terminal.terminal
    at_the_terminal.start()
    at_the_terminal.reads_keys()
    terminal.press(b"i")
    terminal.says("no request has come yet")
    call(f"http://127.0.0.1:{at_the_terminal.port}/", method="GET")
    terminal.says("GET / 200")
    terminal.press(b"i")
    terminal.says("GET / 200")
    terminal.press(b"b")
    terminal.says("serving build 2")
    terminal.press(b"v")
    terminal.says("verbose: shows probes")
    terminal.press(b"?")
    terminal.says("send the last request again")
    terminal.press(b"\x1b[A")  # an arrow
    terminal.press(b"v")
    terminal.says("no longer verbose")
    assert "[A" not in terminal.text
    terminal.press(b"q")
    terminal.is_ready()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_the_modes_after_a_signal(at_the_terminal, number):
    at_the_terminal.start()
    at_the_terminal.reads_keys()
    os.kill(at_the_terminal.pid, number)
    at_the_terminal.terminal.is_ready()


def test_the_modes_after_control_c(at_the_terminal):
    at_the_terminal.start()
    at_the_terminal.reads_keys()
    at_the_terminal.terminal.interrupt()


@pytest.mark.parametrize("how", ["the worker is killed", "the function crashes"])
def test_keys_are_read_after_the_worker_has_ended(at_the_terminal, how):
    terminal = at_the_terminal.terminal
    at_the_terminal.start()
    at_the_terminal.reads_keys()
    if how == "the worker is killed":
        os.kill(at_the_terminal.worker, signal.SIGKILL)
    else:
        with Raw(at_the_terminal.port) as raw:
            raw.send(GET % b"/crash")
    terminal.says("serving build 1 again")
    assert not terminal.has_echo()
    terminal.press(b"?")
    terminal.says("send the last request again")
    terminal.press(b"q")
    terminal.is_ready()


def test_it_is_stopped_and_continued(at_the_terminal):
    terminal = at_the_terminal.terminal
    before = terminal.modes()
    at_the_terminal.start()
    for _ in range(2):
        at_the_terminal.reads_keys()
        terminal.suspend()
        assert terminal.modes() == before
        terminal.enter("fg")
        at_the_terminal.reads_keys()
        terminal.press(b"?")
        terminal.says("send the last request again")
    terminal.press(b"q")
    terminal.is_ready()


def test_it_is_started_in_the_background(at_the_terminal):
    """It reads no keys there, and the shell has the terminal."""
    terminal = at_the_terminal.terminal
    before = terminal.modes()
    at_the_terminal.start(" &")
    assert terminal.modes() == before
    terminal.enter("echo qu''ick")
    terminal.says("quick")
    terminal.enter("fg")
    until(lambda: os.tcgetpgrp(terminal.master) == at_the_terminal.pid, "the foreground")
    terminal.press(b"\n")  # dash sends no SIGCONT to a job that runs
    at_the_terminal.reads_keys()
    terminal.press(b"?")
    terminal.says("send the last request again")
    terminal.press(b"q")
    terminal.is_ready()
