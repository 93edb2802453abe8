"""The words on the terminal when a function throws, dies or does not end, compared with golden files.

If they change on purpose, renew the files and review the difference:

    ./dev test pytest tests/dev/test_words.py --renew-golden
"""

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

from support.dev_loop import save
from support.golden import Golden, without_own
from support.http_client import call, start_call
from support.memory import is_sanitized
from support.waiting import until

_HERE = Path(__file__).parent


@pytest.fixture
def compare(request, program):
    """compare(name, text): fails if the golden file has another text."""
    if is_sanitized(program.path):
        pytest.skip("a sanitizer has reports of its own, and other frames")
    return Golden(_HERE / "golden", request.config.getoption("--renew-golden"))


class Words:
    """The loop for functions of tests/program, and what it says after its first build."""

    def __init__(self, dev):
        self.dev = dev
        dev.serves(1)
        self._before = dev.process.output

    def so_far(self):
        lines = without_own(self.dev.process.output[len(self._before) :]).splitlines(keepends=True)
        return "".join(line for line in lines if "serving build 1 again" not in line)

    def said(self):
        """Ends the loop, so that everything has been said. The line that a build serves again may stand before or behind a crash."""
        self.dev.process.signal(signal.SIGINT)
        self.dev.process.exit_code()
        return self.so_far()


@pytest.fixture
def words(develop, repository):
    """words(name, target, *flags)"""

    def start(name, target, *flags):
        text = (repository / "tests" / "program" / name).read_text(encoding="utf-8")
        return Words(develop(text, *flags, target=target))

    return start


THROWS = [
    # golden file, function, what it does
    ("thrown by the author", "throws", "author"),
    ("thrown by the library", "throws", "library"),
    ("thrown in a task", "throws_in_task", "library"),
    ("thrown again", "throws", "again"),
    ("thrown as a number", "throws", "number"),
    ("thrown with a nested one", "throws_nested", "author"),
]


@pytest.mark.parametrize(("golden", "function", "how"), THROWS, ids=[row[0] for row in THROWS])
def test_an_exception_names_its_throw_site(words, compare, golden, function, how):
    told = words("throwing_functions.cc", function)
    dev = told.dev
    call(dev.url, "/?how=" + how, method="GET", headers={"X-Request-Id": "the-request"})
    dev.says("/?how=" + how, "500")
    compare(golden, told.said())


def send(dev, how, name):
    return start_call(dev.url, "/?how=" + how.replace(" ", "%20"), method="GET", headers={"X-Request-Id": name})


def only_worker(dev):
    return until(lambda: len(workers := dev.workers) == 1 and workers[0], "the only worker")


CRASHES = [
    # golden file, what the function does, the signal that the test sends when it is told that the function waits or loops
    ("died by a null pointer", "null", None),
    ("died by abort", "abort", None),
    ("died by a stack overflow", "overflow", None),
    ("died by exit", "exit 7", None),
    ("died by _exit", "_exit", None),
    ("died by SIGKILL", "wait", signal.SIGKILL),
    ("died by an exception on a thread", "thread throws", None),
    ("died in an endless loop", "loop", signal.SIGABRT),
]


@pytest.mark.parametrize(("golden", "how", "sent"), CRASHES, ids=[row[0] for row in CRASHES])
def test_a_crash_names_its_request_and_the_others(words, compare, golden, how, sent):
    told = words("dying_functions.cc", "dies")
    dev = told.dev
    answers = [send(dev, "wait", "the-other")]
    dev.says("it waits")
    answers.append(send(dev, how, "the-request"))
    if how == "loop":
        dev.says("has not returned")
    elif sent is not None:
        until(lambda: dev.process.output.count("it waits") == 2, "the second request")
    if sent is not None:
        os.kill(only_worker(dev), sent)
    until(lambda: dev.crashed, "the crash")
    dev.says("serving build 1 again")
    for answer in answers:
        with contextlib.suppress(Exception):
            answer.result()
    compare(golden, told.said())


def test_a_static_initializer_that_crashes(develop, text, compare):
    dev = develop(text("crashing.cc", "").replace("/*STATIC*/", "raise(SIGSEGV)"))
    dev.says("no build serves")
    compare("died in a static initializer", dev.process.output)


def test_a_static_initializer_that_does_not_end(develop, text, source, compare):
    dev = develop(text("crashing.cc", "").replace("/*STATIC*/", "for (;;) {}"))
    dev.says("does not start")
    until(lambda: "for (;;) {}" in dev.process.output, "the line")
    compare("did not end in a static initializer", dev.process.output)


def test_a_function_that_does_not_end_is_named_when_it_is_late(words, compare):
    told = words("dying_functions.cc", "dies", "--timeout", "100ms", "--drain-timeout", "100ms")
    dev = told.dev
    assert send(dev, "loop", "the-request").result().status == 504
    dev.says("was answered 504")
    dev.says("die(how_of(request));")  # the last line
    compare("did not end", told.so_far())


def test_a_function_that_does_not_end_is_named_when_it_is_left_behind(words, source, compare):
    """Without the lines of the source, which is another one by then."""
    told = words("dying_functions.cc", "dies", "--drain-timeout", "1s")
    dev = told.dev
    answer = send(dev, "loop", "the-request")
    dev.says("has not returned")
    save(source, source.read_text(encoding="utf-8") + "// saved\n")
    dev.serves(2)
    dev.says("is left behind")
    dev.says("ended before all its calls had ended")
    with contextlib.suppress(Exception):
        answer.result()
    compare("did not end before a reload", re.search(r"^.* is left behind .*\n(    .*\n)*", told.said(), re.MULTILINE)[0])
