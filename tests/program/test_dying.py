"""A function that ends its process, or a child that it forked: one line says why, and the exit code is not 0.

docs/when-a-function-dies.md promises these results.
"""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from support.http_client import call, start_call
from support.memory import is_sanitized

_SOURCE = Path(__file__).parent / "dying_functions.cc"
_BY_FUNCTION = 6
_CAME_BACK = "exited 7"


@pytest.fixture(scope="session")
def dying(shared, tmp_path_factory):
    """The functions as a shared object."""
    return shared(_SOURCE, tmp_path_factory.mktemp("dying") / "dying.so", "-O2", "-g1")


@pytest.fixture(autouse=True)
def unsanitized(program):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer has handlers and reports of its own")


def line_of_end(server, message):
    """Returns the fields of the only line with this message."""
    lines = [line for line in server.process.output.splitlines() if message in line]
    assert len(lines) == 1, server.process.output
    return json.loads(lines[0])


def ask_to_die(server, how, request_id="the-request"):
    answer = start_call(server.url, "/?how=" + how.replace(" ", "%20"), headers={"X-Request-Id": request_id})
    code = server.process.exit_code()
    with contextlib.suppress(Exception):
        answer.result()
    return code


SIGNALS = [
    # how, signal, fields of its line
    ("null", signal.SIGSEGV, {"code": "SEGV_MAPERR", "address": "0x0", "reason": "a null pointer was used"}),
    ("call null", signal.SIGSEGV, {"address": "0x0"}),
    ("overflow", signal.SIGSEGV, {}),
    ("divide", signal.SIGFPE, {"code": "FPE_INTDIV", "reason": "an integer was divided by zero"}),
    ("trap", signal.SIGILL, {}),
    ("breakpoint", signal.SIGTRAP, {}),
    ("bus", signal.SIGBUS, {}),
    ("sys", signal.SIGSYS, {}),
    ("abort", signal.SIGABRT, {}),
    ("double free", signal.SIGABRT, {}),
    ("terminate", signal.SIGABRT, {}),
    ("noexcept", signal.SIGABRT, {"exception": "std::runtime_error", "error": "thrown out of noexcept"}),
]


@pytest.mark.parametrize(("how", "number", "fields"), SIGNALS, ids=lambda value: str(value) if not isinstance(value, dict) else "")
def test_a_crash_is_one_line_and_then_the_signals_own_end(serve, dying, how, number, fields):
    server = serve("dies", source=dying)
    assert ask_to_die(server, how) == -number
    record = line_of_end(server, "process crashed")
    assert record["level"] == "error" and record["signal"] == number.name
    assert (record["function"], record["request_id"]) == ("dies", "the-request")
    assert record | fields == record
    assert re.search(r"die \(\S*dying_functions\.cc:\d+\)", record["stack"]), record["stack"]
    if how == "overflow":
        assert "overflowed" in record["reason"] and re.search(r"recurse .*\(\d{3,} times\)", record["stack"])


@pytest.mark.parametrize("target", ["dies_on_worker", "dies_in_task"])
def test_wherever_the_function_runs(serve, dying, target):
    server = serve(target, source=dying)
    assert ask_to_die(server, "null") == -signal.SIGSEGV
    record = line_of_end(server, "process crashed")
    assert (record["function"], record["request_id"]) == (target, "the-request")
    assert "write_to_null" in record["stack"]


def test_in_a_hook(program, dying):
    context = {"name": "f", "version": "v1", "runtime": "Knative", "prePlugins": ["dying"]}
    with program.serve(dying, "dies", context) as server:
        assert ask_to_die(server, "null") == -signal.SIGSEGV
        record = line_of_end(server, "process crashed")
        assert record["request_id"] == "the-request" and "DyingHook::pre" in record["stack"]


THREADS = [
    ("thread throws", -signal.SIGABRT, "process crashed", {"exception": "std::out_of_range", "error": "nobody catches this"}),
    ("two threads", -signal.SIGSEGV, "process crashed", {"signal": "SIGSEGV"}),
    ("thread exits", _BY_FUNCTION, "the function ended the process", {"call": "exit(5)"}),
]


@pytest.mark.parametrize(("how", "code", "message", "fields"), THREADS, ids=lambda value: str(value) if not isinstance(value, dict) else "")
def test_on_a_thread_of_the_functions_own(serve, dying, how, code, message, fields):
    server = serve("dies", source=dying)
    assert ask_to_die(server, how) == code
    record = line_of_end(server, message)
    assert record | fields == record
    assert record["in_flight"] == "the-request" and record["function"] == "dies"


EXITS = [
    ("exit 7", "exit(7)"),
    ("exit 0", "exit(0)"),
    ("exit -1", "exit(-1)"),
    ("quick_exit", "quick_exit()"),
    ("_exit", "_exit(0)"),
    ("_Exit", "_exit(9)"),
]


@pytest.mark.parametrize(("how", "said"), EXITS)
def test_an_exit_inside_the_function_has_a_code_of_its_own(serve, dying, how, said):
    server = serve("dies", source=dying)
    assert ask_to_die(server, how) == _BY_FUNCTION
    record = line_of_end(server, "the function ended the process")
    assert (record["call"], record["function"], record["request_id"]) == (said, "dies", "the-request")
    assert "dying_functions.cc" in record["stack"]


def test_for_people_in_debug(serve, dying):
    server = serve("dies", "--debug", source=dying)
    assert ask_to_die(server, "null") == -signal.SIGSEGV
    assert re.search(r"^[\d:.]+ error process crashed signal=SIGSEGV .*request_id=the-request", server.process.output, re.M)


def test_the_log_before_it_is_not_lost(serve, dying):
    server = serve("dies", source=dying)
    ask_to_die(server, "null")
    assert server.process.output.index('"listening"') < server.process.output.index("process crashed")


STATIC = [
    # a static initializer, exit code, the message
    ("std::exit(7)", 3, "cannot be loaded: a static initializer called exit(7)"),
    ("std::exit(0)", 3, "cannot be loaded: a static initializer called exit(0)"),
    ("*nowhere = 1", -signal.SIGSEGV, '"loading":"'),
    ("if (fork() != 0) wait(nullptr)", None, "a process that the function forked returned"),
]


@pytest.mark.parametrize(("code", "expected", "said"), STATIC, ids=[row[0] for row in STATIC])
def test_while_it_is_loaded(program, tmp_path, code, expected, said):
    source = tmp_path / "static.cc"
    source.write_text(
        "#include <ofn/function.h>\n#include <cstdlib>\n#include <sys/wait.h>\n#include <unistd.h>\n"
        "int* volatile nowhere = nullptr;\n"
        f"struct Static {{ Static() {{ {code}; }} }} const object;\n"
        'std::string function() { return "served"; }\n'
    )
    if expected is None:
        with program.serve(source, "function") as server:
            server.logged(said)
            assert call(server.url).text == "served"
        return
    ended = program.run_to_end(["--source", str(source), "--target", "function", "--port", "0"])
    assert ended.code == expected
    assert said in ended.stderr and "listening" not in ended.stderr


CHILDREN = [
    # the child's act, how it ends, the log's message
    ("return", _CAME_BACK, "returned to the framework"),
    ("throw", _CAME_BACK, "returned to the framework"),
    ("_exit", "exited 4", ""),
    ("exit", "exited 5", ""),
    ("null", "signal 11", "a process that the function forked crashed"),
    ("SIGTERM", "signal 15", ""),
    ("SIGPIPE", "signal 13", ""),
    ("sockets", "exited 0", ""),
]


@pytest.mark.parametrize(("how", "end", "said"), CHILDREN)
def test_a_forked_child_never_serves(serve, dying, how, end, said):
    server = serve("forks", source=dying)
    assert call(server.url, "/?how=" + how).text == end + "\n"
    assert (said == "") or server.logged(said)
    assert call(server.url, "/?how=_exit").text == "exited 4\n", "the parent serves on"
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert '"draining"' in server.process.output.splitlines()[-2], "the child's signal was not the parent's"


def test_a_forked_child_of_a_task_never_serves(serve, dying):
    assert call(serve("forks_in_task", source=dying).url).text == _CAME_BACK + "\n"


def test_a_forked_child_sends_nothing(program, dying, tmp_path):
    assert call(program.serve(dying, "forks_and_sends").url).text == _CAME_BACK + "\n"


def test_what_the_function_starts_has_the_default_signals(serve, dying):
    sets = dict(line.split(":") for line in call(serve("starts", source=dying).url).text.splitlines())
    assert int(sets["SigIgn"], 16) & 1 << (signal.SIGPIPE - 1) == 0
    assert int(sets["SigBlk"], 16) == 0


def test_what_it_prints_is_seen_at_once(serve, dying):
    server = serve("prints", source=dying)
    assert call(server.url).status == 200
    assert server.logged("printed to cout") and server.logged("printed by printf")


def test_there_is_a_core_file(program, dying, tmp_path):
    """Tested only if the system lets a process write one."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if pattern.startswith("|") or "/" in pattern or hard == 0:
        pytest.skip(f"no core files in the working folder here: {pattern}, at most {hard} bytes")
    serving = subprocess.Popen(
        [program.path, "--source", dying, "--target", "dies", "--host", "127.0.0.1", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    port = next(found[1] for line in serving.stderr if (found := re.search(r"listening.*127\.0\.0\.1:(\d+)", line)))
    with contextlib.suppress(Exception):
        call(f"http://127.0.0.1:{port}/", "/?how=null")
    _, status = os.waitpid(serving.pid, 0)
    serving.stderr.close()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV and os.WCOREDUMP(status)
