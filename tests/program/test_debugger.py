"""A developer's debugger: the program waits for it, and no time limit passes while it is attached."""

import re
import shutil
import signal

import pytest

from support.http_client import call, start_call
from support.process import Process
from support.program import Server
from support.raw import Raw
from support.tools import missing

_SOURCE = """\
#include <ofn/function.h>

#include <cstdlib>
#include <fstream>
#include <thread>

// Runs when the function is loaded.
static const bool started = [] {
  if (const char* file = std::getenv("LOADED")) std::ofstream(file) << "loaded";
  return true;
}();

std::string price(const ofn::Request& request) {
  const int amount = 41 + static_cast<int>(request.path().size());
  return "price " + std::to_string(amount);  // the breakpoint
}
OFN_FUNCTION(price)

std::string slow(const ofn::Request&) {
  std::this_thread::sleep_for(std::chrono::seconds(2));
  return "slow";
}
OFN_FUNCTION(slow)
"""
_LINE = 1 + _SOURCE[: _SOURCE.index("// the breakpoint")].count("\n")
# All of them are shorter than the debugger stops the program, and than `slow` runs.
_LIMITS = [f"--{name}-timeout=1s" for name in ("head", "body", "idle", "slow-reader")] + ["--timeout=1s"]
_STOPPED = "2.5"
_WAITS = re.compile(r"waits for a debugger as process (\d+)")


@pytest.fixture
def gdb(tmp_path):
    """gdb(pid, command…): a debugger that attaches to a process and runs the commands. It ends with its test."""
    path = shutil.which("gdb") or missing("gdb is missing: install it with `./dev setup test`")
    started = []

    def start(pid, *commands):
        settings = ["set pagination off", "set breakpoint pending on", "handle SIGTERM nostop noprint pass"]
        words = [word for each in [*settings, *commands] for word in ("-ex", each)]
        started.append(Process([path, "-nx", "-q", "-batch", "-p", pid, *words], {"HOME": str(tmp_path), "LANG": "C"}))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture
def lldb(tmp_path):
    """lldb(pid, command…): the same with LLVM's debugger."""
    path = shutil.which("lldb") or missing("lldb is missing: install it with `./dev setup test`")
    started = []

    def start(pid, *commands):
        words = [word for each in commands for word in ("-o", each)]
        environment = {"HOME": str(tmp_path), "LANG": "C", "PATH": "/usr/bin:/bin"}
        started.append(Process([path, "--no-lldbinit", "--batch", "-p", pid, *words], environment))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture
def loaded(tmp_path):
    """The file that the function's start-up code writes."""
    return tmp_path / "loaded"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "price.cc"
    path.write_text(_SOURCE)
    return path


@pytest.fixture
def price(file, shared):
    return shared(file, file.with_suffix(".so"), "-g", "-O0")


def has(text):
    return lambda line: line if text in line else None


def test_the_program_waits_for_a_debugger_and_then_no_limit_passes(program, price, loaded, gdb):
    arguments = ["--source", price, "--target", "price", "--host", "127.0.0.1", "--port", "0", *_LIMITS]
    with program.run([*arguments, "--wait-for-debugger"], {"LOADED": str(loaded)}) as process:
        pid = int(process.line(_WAITS.search)[1])
        assert pid == process.pid
        process.line(has(f"gdb -p {pid}\n"))
        process.line(has(f"lldb -p {pid}\n"))
        assert not loaded.exists(), "the function's start-up code has run before the debugger was there"
        debugger = gdb(pid, f"break price.cc:{_LINE}", "continue", f"shell sleep {_STOPPED}", "info locals", "delete", "continue")
        port = Server(process).port
        assert loaded.exists()
        with Raw(port) as idle, Raw(port) as in_head, Raw(port) as in_body, Raw(port) as held:
            in_head.send(b"GET /head HTTP/1.1\r\n")
            in_body.send(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
            held.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = held.answer()
            assert (answer.status, answer.body) == (200, b"price 43")
            hit = debugger.line(has("Breakpoint 1, price"))
            assert hit.endswith(f"/price.cc:{_LINE}\n")
            debugger.line(has("amount = 43\n"))
            in_head.send(b"Host: x\r\n\r\n")
            in_body.send(b"cd")
            idle.send(b"GET /idle HTTP/1.1\r\nHost: x\r\n\r\n")
            assert [raw.answer().status for raw in (in_head, in_body, idle)] == [200, 200, 200]


def test_lldb_does_what_gdb_does(program, price, loaded, lldb):
    arguments = ["--source", price, "--target", "price", "--host", "127.0.0.1", "--port", "0", *_LIMITS]
    with program.run([*arguments, "--wait-for-debugger"], {"LOADED": str(loaded)}) as process:
        pid = int(process.line(_WAITS.search)[1])
        assert not loaded.exists(), "the function's start-up code has run before the debugger was there"
        stop = f"breakpoint set --file price.cc --line {_LINE} --one-shot true"
        debugger = lldb(pid, stop, "continue", f"platform shell sleep {_STOPPED}", "frame variable amount", "continue")
        port = Server(process).port
        assert loaded.exists()
        with Raw(port) as held:
            held.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            debugger.line(has("(const int) amount = 43"))
            answer = held.answer()
            assert (answer.status, answer.body) == (200, b"price 43")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_signal_ends_the_waiting(program, price, loaded, number):
    with program.run(["--source", price, "--wait-for-debugger"], {"LOADED": str(loaded)}) as process:
        process.line(_WAITS.search)
        process.signal(number)
        assert process.exit_code() == -number
    assert not loaded.exists()


@pytest.mark.parametrize("debugger, mode, status", [(True, ["--debug"], 200), (True, [], 504), (False, ["--debug"], 504)],
                         ids=["debugged", "production", "no debugger"])
def test_the_function_timeout_passes_unless_the_program_is_debugged(serve, price, gdb, debugger, mode, status):
    server = serve("slow", *_LIMITS, *mode, source=price)
    if debugger:
        # Ctrl-C stops the program; then the debugger detaches.
        attached = gdb(server.process.pid, "echo attached\\n", "continue", "detach")
        attached.line(has("attached"))
        if status == 200:
            server.logged("a debugger is attached: time limits are off")
    assert call(server.url).status == status
    if status == 200:
        attached.signal(signal.SIGINT)
        attached.line(has("detached"))
        server.logged("the debugger has left: time limits count again")
        assert server.process.output.count("a debugger is attached") == 1


def test_a_save_does_not_end_the_build_that_is_in_a_debugger(program, file, loaded, gdb, fifo, release):
    flags = ["--source", file, "--target", "price", "--port", "0", "--cxxflags=-g -O0", *_LIMITS]
    with program.run(["dev", *flags, "--wait-for-debugger"], {"LOADED": str(loaded)}, cwd=file.parent) as process:
        pid = int(process.line(_WAITS.search, "the worker that waits", seconds=120)[1])
        process.line(has(f"gdb -p {pid}\n"))
        assert not loaded.exists()
        debugger = gdb(pid, f"break price.cc:{_LINE}", "continue", f"shell read line < {fifo}", "delete", "continue")
        port = int(process.line(re.compile(r"http://127\.0\.0\.1:(\d+)/").search)[1])
        process.line(has("a debugger is attached to build 1: time limits are off"))
        url = f"http://127.0.0.1:{port}/"
        held = start_call(url, "/a")
        debugger.line(has("Breakpoint 1, price"))
        file.write_text(_SOURCE.replace('"price "', '"new "'))
        # This comes seconds after the new build could serve: the older one is not killed.
        process.line(has("build 1 is in a debugger and may still answer requests"), seconds=120)
        assert call(url, "/b").text == "new 43", "the new build does not wait for another debugger"
        release(fifo)
        answer = held.result()
        assert (answer.status, answer.text) == (200, "price 43")
        process.line(has("serving build 2"))
        assert "serving build 2" not in process.output.partition("may still answer")[0]


def test_a_build_that_dies_in_a_debugger_waits_for_the_next_save(program, file, gdb):
    flags = ["--source", file, "--target", "price", "--port", "0", "--cxxflags=-g -O0"]
    with program.run(["dev", *flags, "--wait-for-debugger"], cwd=file.parent) as process:
        pid = int(process.line(_WAITS.search, "the worker that waits", seconds=120)[1])
        debugger = gdb(pid, f"break price.cc:{_LINE}", "continue", "kill")
        port = int(process.line(re.compile(r"http://127\.0\.0\.1:(\d+)/").search)[1])
        process.line(has("a debugger is attached to build 1"))
        start_call(f"http://127.0.0.1:{port}/")
        debugger.line(has("killed"))
        process.line(has("starts again at the next save"))
        file.write_text(_SOURCE.replace('"price "', '"new "'))
        process.line(has("serving build 2"), seconds=120)
