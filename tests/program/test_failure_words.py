"""The words on the terminal when a function throws or dies under --debug, compared with golden files.

If they change on purpose, renew the files and review the difference:

    ./dev test pytest tests/program/test_failure_words.py --renew-golden
"""

import contextlib
import signal
from pathlib import Path

import pytest

from support.golden import Golden, without_own
from support.http_client import call, start_call
from support.memory import is_sanitized
from support.waiting import until

_HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def built(shared, tmp_path_factory):
    """built(name): the functions of a source beside this file, as a development build."""
    made = {}

    def build(name):
        if name not in made:
            output = tmp_path_factory.mktemp("failing") / f"{name}.so"
            made[name] = shared(_HERE / f"{name}.cc", output, "-O0", "-g1")
        return made[name]

    return build


@pytest.fixture
def compare(request):
    """compare(name, text): fails if the golden file has another text."""
    return Golden(_HERE / "golden", request.config.getoption("--renew-golden"))


def said_since(server, before):
    """What it said after that text."""
    return without_own(server.process.output[len(before) :])


THROWS = [
    # golden file, function, what it does
    ("thrown by the author", "throws", "author"),
    ("thrown by the library", "throws", "library"),
    ("thrown by the library without a header", "throws", "stoi"),
    ("thrown by new", "throws", "memory"),
    ("thrown again", "throws", "again"),
    ("thrown again out of a pointer", "throws", "pointer"),
    ("thrown as a number", "throws", "number"),
    ("thrown as a type of its own", "throws", "type"),
    ("thrown as a bad input", "throws", "input"),
    ("thrown with a nested one", "throws_nested", "author"),
    ("thrown in a task", "throws_in_task", "library"),
    ("thrown in a task as a type of its own", "throws_in_task", "type"),
]


@pytest.mark.parametrize(("golden", "function", "how"), THROWS, ids=[row[0] for row in THROWS])
def test_an_exception_names_its_throw_site(program, built, compare, golden, function, how):
    if how == "memory" and is_sanitized(program.path):
        pytest.skip("a sanitizer ends the process instead")
    with program.serve(built("throwing_functions"), function, flags=["--debug", "--access-log=off"], cwd=_HERE) as server:
        before = server.process.output
        answer = call(server.url, "/?how=" + how, headers={"X-Request-Id": "the-request"})
        server.logged("the-request")
        compare(golden, f"{answer.status}\n{answer.text}\n{said_since(server, before)}")


def test_so_does_one_in_a_writer(program, built, compare):
    """Its answer has begun, and is aborted."""
    with program.serve(built("throwing_functions"), "throws_in_writer", flags=["--debug", "--access-log=off"], cwd=_HERE) as server:
        before = server.process.output
        with contextlib.suppress(Exception):
            call(server.url, "/?how=author", headers={"X-Request-Id": "the-request"})
        server.logged("answer aborted")
        compare("thrown in a writer", said_since(server, before))


@pytest.mark.parametrize("hook", ["guard", "required guard"])
def test_so_does_one_in_a_hook(program, built, compare, hook):
    context = {"name": "f", "version": "v1", "runtime": "Knative", "prePlugins": [hook]}
    with program.serve(built("throwing_functions"), "works", context, flags=["--debug", "--access-log=off"], cwd=_HERE) as server:
        before = server.process.output
        answer = call(server.url, "/", headers={"X-Request-Id": "the-request"})
        server.logged("the-request")
        compare(f"thrown in a {hook}", f"{answer.status}\n{answer.text}\n{said_since(server, before)}")


def test_an_exception_names_no_site_in_production(program, built):
    with program.serve(built("throwing_functions"), "throws", cwd=_HERE) as server:
        answer = call(server.url, "/?how=author", headers={"X-Request-Id": "the-request"})
        line = server.logged("the-request")
        assert "throwing_functions" not in answer.text + line and "source_line" not in line


def test_the_site_in_a_linked_program(linked):
    """Its frames are in the executable, as the framework's are."""
    with linked("linked_functions").serve("none is needed", "crash", flags=["--debug", "--access-log=off"]) as server:
        answer = call(server.url, "/?throw=int")
        assert "thrown in crash()" in answer.text and "ofn::" not in answer.text, answer.text


CRASHES = [
    # golden file, what the function does, its exit code, the signal that the test sends
    ("died by a null pointer", "null", -signal.SIGSEGV, None),
    ("died by a division by zero", "divide", -signal.SIGFPE, None),
    ("died by abort", "abort", -signal.SIGABRT, None),
    ("died by an exception on a thread", "thread throws", -signal.SIGABRT, None),
    ("died by an exception out of noexcept", "noexcept", -signal.SIGABRT, None),
    ("died by a stack overflow", "overflow", -signal.SIGSEGV, None),
    ("died by a stack overflow on a thread", "thread overflows", -signal.SIGSEGV, None),
    ("died by a pure virtual call", "pure virtual", -signal.SIGABRT, None),
    ("died by exit", "exit 7", 6, None),
    ("died by exit on a thread", "thread exits", 6, None),
    ("died in an endless loop", "loop", -signal.SIGABRT, signal.SIGABRT),
]


@pytest.mark.parametrize(("golden", "how", "code", "sent"), CRASHES, ids=[row[0] for row in CRASHES])
def test_a_crash_names_its_request_and_the_others(serve, program, built, compare, golden, how, code, sent):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer has handlers and reports of its own")
    server = serve("dies", "--debug", "--access-log=off", source=built("dying_functions"), cwd=_HERE)
    answers = [start_call(server.url, "/?how=wait", headers={"X-Request-Id": "the-other"})]
    server.logged("it waits")
    before = server.process.output
    answers.append(start_call(server.url, "/?how=" + how.replace(" ", "%20"), headers={"X-Request-Id": "the-request"}))
    if sent is not None:
        server.logged("it loops")
        server.process.signal(sent)
    assert server.process.exit_code() == code
    for answer in answers:
        with contextlib.suppress(Exception):
            answer.result()
    compare(golden, said_since(server, before))


def test_a_function_that_does_not_end_is_named(program, built, compare):
    if is_sanitized(program.path):
        pytest.skip("its frames differ")
    flags = ["--debug", "--access-log=off", "--timeout", "100ms"]
    with program.serve(built("dying_functions"), "dies", flags=flags, cwd=_HERE) as server:
        before = server.process.output
        assert call(server.url, "/?how=loop", headers={"X-Request-Id": "the-request"}).status == 504
        server.logged("still running", "the-request")
        until(lambda: "still running" in server.process.output, "its report")
        compare("did not end", said_since(server, before))
