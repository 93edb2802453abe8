"""Builds that fail, functions that crash, processes that are killed, ports that are taken."""

import os
import signal
import socket
import sys

import pytest

from support.dev_loop import below, exists, save, status_of
from support.http_client import Caller, call
from support.namespace import Namespace
from support.ports import reserve_port
from support.process import Process
from support.raw import Raw
from support.waiting import until

GOOD = '#include <string>\nstd::string hello() { return "%s"; }\n'
BAD = '#include <string>\nstd::string hello() { return <b>; }\n'
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def get(url, path="/", **headers):
    return call(url, path, method="GET", headers=headers)


def test_without_a_first_build_the_diagnostics_are_the_answer(develop, source):
    dev = develop(BAD)
    dev.says("build 1 failed")
    dev.says("no build serves", dev.url)
    answer = get(dev.url)
    assert (answer.status, answer.headers["x-openfunction-build"], answer.headers["retry-after"]) == (503, "0", "1")
    assert answer.headers["content-type"].startswith("text/plain")
    assert f"{source}:2:" in answer.text and "error:" in answer.text and "<b>" in answer.text
    page = get(dev.url, accept="text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.startswith("<!doctype html>") and "error:" in page.text and "<b>" not in page.text
    with Raw(dev.port) as idle, Raw(dev.port) as half:
        idle.send(GET)
        assert idle.answer().status == 503
        save(source, BAD + "// another try\n")
        dev.says("build 2 failed")
        half.send(GET[:10])  # the rest comes after one build only: a head must be complete within 15 s
        save(source, GOOD % "mended")
        dev.serves(3)
        for raw, rest in ((idle, GET), (half, GET[10:])):
            raw.send(rest)
            answers = [raw.answer()]
            if answers[0].status == 503:  # its request had begun when no build was served
                assert raw is half
                raw.send(GET)
                answers.append(raw.answer())
            assert (answers[-1].text, answers[-1].headers["x-openfunction-build"]) == ("mended", "3")
            assert all(answer.headers["connection"] is None for answer in answers)
    assert dev.failed == [1, 2]


def test_a_later_failure_leaves_the_last_good_build(develop, source):
    dev = develop(GOOD % "good")
    dev.serves(1)
    with Caller(dev.url) as kept:
        for number in (2, 3):
            save(source, BAD + "//" * number)
            dev.says(f"build {number} failed")
            dev.says(f"{source.name}:2:", "error:")
            dev.says("build 1 goes on serving")
            answer = kept.call("/", method="GET")
            assert (answer.status, answer.text, answer.headers["x-openfunction-build"]) == (200, "good", "1")
        save(source, GOOD % "mended")
        dev.serves(4)
        assert kept.call("/", method="GET").headers["x-openfunction-build"] == "4"


WARNED = '#include <string>\nstd::string hello() { int left; return "warned"; }\n'


def test_warnings_of_a_good_build_are_told_once(develop, source):
    """Also if nothing is compiled again."""
    dev = develop(WARNED)
    dev.serves(1)
    assert [line for line in dev.process.output.splitlines() if "unused variable" in line] == [
        f"{source.name}:2:27: warning: unused variable ‘left’ [-Wunused-variable]"
    ]
    dev.process.signal(signal.SIGINT)
    verbose = develop(None, "--verbose")
    verbose.serves(1)
    verbose.says("found in the cache")
    assert verbose.process.output.count("unused variable") == 1
    assert "2 | std::string hello() { int left;" in verbose.process.output
    verbose.process.signal(signal.SIGINT)
    events = develop(None, "--json")
    events.serves(1)
    told = [event for event in events.events if event["event"] in ("diagnostics", "note")]
    assert [(event["event"], event["build"]) for event in told] == [("diagnostics", 1)]
    assert [(each["line"], each["severity"]) for each in told[0]["diagnostics"]] == [(2, "warning")]
    assert "unused variable" in told[0]["text"]


def test_the_events_for_programs_tell_the_same(develop, source):
    dev = develop(BAD, "--json")
    dev.says('"event":"build_failed"')
    assert (dev.port, dev.failed) == (int(dev.events[0]["url"].rstrip("/").rpartition(":")[2]), [1])
    assert get(dev.url).status == 503
    save(source, GOOD % "mended")
    dev.serves(2)
    assert get(dev.url, "/seen").text == "mended"
    dev.says('"path":"/seen"')
    assert [event["event"] for event in dev.events if event["event"] != "request"] == [
        *("started", "build_started", "diagnostics", "build_failed", "build_started", "serving")
    ]
    assert [event["build"] for event in dev.events if event["event"] == "request" and event["path"] == "/seen"] == [2]


def crashing(text, static="", comment=""):
    return text("crashing.cc", "").replace("/*STATIC*/", static) + comment


def dies(dev, path="/crash"):
    with Raw(dev.port) as raw:
        raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with pytest.raises((ConnectionError, IndexError)):
            raw.answer()


def test_a_function_that_crashes_is_started_again(develop, text):
    dev = develop(crashing(text))
    dev.serves(1)
    for number in range(3):
        assert get(dev.url).text == "hello"
        dies(dev)
        answer = get(dev.url)  # it waits for the process that starts
        assert (answer.status, answer.headers["x-openfunction-build"]) == (200, "1")
        until(lambda: len(dev.crashed) > number, "the line that tells of the crash")
        assert dev.crashed == [(1, "SIGSEGV")] * (number + 1)


def test_a_request_that_crashes_each_process_never_keeps_it_from_starting_again(develop, text):
    """Unlike a process that ends before it gets a request."""
    dev = develop(crashing(text))
    dev.serves(1)
    for number in range(4):
        until(lambda: again(dev, number), "the process to start again")
        dies(dev)
        until(lambda: len(dev.crashed) > number, "the crash")
    dev.says("starts again in 2 s")
    answer = get(dev.url)
    assert answer.status == 503 and "crashed" in answer.text and answer.headers["x-openfunction-build"] == "0"
    until(lambda: (answer := get_or_none(dev.url)) and answer.status == 200, "the process to start again")


def again(dev, crashes):
    return dev.process.output.count("serving build 1 again") >= crashes


def test_a_worker_that_is_killed_is_replaced(develop, text):
    dev = develop(crashing(text))
    dev.serves(1)
    before = int(get(dev.url, "/process").text)
    os.kill(before, signal.SIGKILL)
    dev.says("build 1 crashed: SIGKILL")
    assert int(get(dev.url, "/process").text) != before
    until(lambda: not exists(before), "the killed process to be gone")


def test_a_loop_of_crashes_waits_longer_and_then_for_a_save(develop, text, source):
    """The process ends as soon as it serves. Nobody asks it for anything meanwhile: who is answered is not in such a loop."""
    at_once = "std::thread([] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); raise(SIGABRT); }).detach()"
    dev = develop("#include <thread>\n" + crashing(text, at_once), port=reserve_port())
    dev.says("starts again in 0.5 s")
    dev.says("starts again at the next save")
    assert dev.crashed == [(1, "SIGABRT")] * 3
    with Caller(dev.url) as kept:
        answer = kept.call("/", method="GET")
        assert answer.status == 503 and "next save" in answer.text and answer.headers["x-openfunction-build"] == "0"
        save(source, BAD)
        dev.says("build 2 failed")
        dev.says("build 1 goes on serving")
        dev.says("serving build 1 again")
    dev.process.line(lambda _: len(dev.crashed) > 3, "the crash after that")
    save(source, crashing(text))
    dev.serves(3)
    answer = get(dev.url)
    assert (answer.status, answer.headers["x-openfunction-build"]) == (200, "3")


def get_or_none(url):
    try:
        return get(url)
    except OSError:
        return None


@pytest.mark.parametrize("static", ["raise(SIGSEGV)", "_exit(7)", "throw 1", "for (;;) {}"], ids=["crash", "exit", "throw", "loop"])
def test_a_static_initializer_that_fails(develop, text, source, static):
    """First in the first build, then in a later one."""
    dev = develop(crashing(text, static), port=reserve_port())
    if static.startswith("for"):
        dev.says("compiling")
        until(lambda: spinning(dev), "the endless loop")
    else:
        dev.says("build 1 failed")
        answer = get(dev.url)
        assert (answer.status, answer.headers["x-openfunction-build"]) == (503, "0")
    dev.reload(source, crashing(text))
    assert get(dev.url).text == "hello"
    until(lambda: not spinning(dev), "the endless loop to end")
    save(source, crashing(text, static))
    if static.startswith("for"):
        until(lambda: spinning(dev), "the endless loop")
    else:
        dev.says("build 3 failed")
        dev.says("build 2 goes on serving")
    assert get(dev.url).headers["x-openfunction-build"] == "2"
    save(source, crashing(text, comment="// mended\n"))
    dev.serves(4)
    assert get(dev.url).headers["x-openfunction-build"] == "4"
    until(lambda: len(dev.workers) == 1, "the other workers to end")


def spinning(dev):
    """Returns true if a worker has used a second of CPU time."""
    return any((status_of(pid) or (0, 0, 0))[2] > 100 for pid in dev.workers)


def test_nothing_is_left_of_a_supervisor_that_is_killed(develop, text, source):
    dev = develop(crashing(text))
    dev.serves(1)
    cache = dev.cache
    with Raw(dev.port) as stream:
        stream.send(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: b"tick" in stream.receive(), "the stream")
        # An old worker that still answers, a new one, and a compiler that runs.
        dev.reload(source, crashing(text, comment="// 2\n"))
        save(source, crashing(text, comment="#include <ofn/typed.h>\n// 3\n"))
        until(lambda: len(below(dev.process.pid)) > 4, "the compiler")
        mine = folders_of(cache, dev)
        assert len(mine) == 1
        started = below(dev.process.pid)
        dev.process.kill()
        until(lambda: not any(exists(pid) for pid in started), "all processes to end")
        print(f"{len(started)} processes were there, none is left")
    again = develop(None)
    again.serves(1)
    assert mine[0] not in cache.glob("ofn-work-*")


def folders_of(cache, dev):
    """The folders that the process has open: it holds a lock on its own."""
    opened = set()
    for entry in os.scandir(f"/proc/{dev.process.pid}/fd"):
        try:
            opened.add(os.readlink(entry.path))
        except FileNotFoundError:
            pass
    return [folder for folder in cache.glob("ofn-work-*") if str(folder) in opened]


def test_a_normal_end_leaves_nothing(develop, text):
    dev = develop(crashing(text))
    dev.serves(1)
    started, mine = below(dev.process.pid), folders_of(dev.cache, dev)
    dev.process.signal(signal.SIGTERM)
    assert dev.process.exit_code() == 0
    assert mine and not any(folder.exists() for folder in mine)
    assert not any(exists(pid) for pid in started)


def test_workers_have_no_drain_delay(develop, text):
    """The supervisor's successor serves at once, so nobody needs to learn of the stop."""
    dev = develop(crashing(text), "--drain-delay", "1h", environment={"KUBERNETES_SERVICE_HOST": "10.0.0.1"})
    dev.serves(1)
    dev.process.signal(signal.SIGTERM)
    assert dev.process.exit_code() == 0


def test_a_port_that_was_asked_for_must_be_free(develop):
    with socket.create_server(("127.0.0.1", 0)) as other:
        dev = develop(GOOD % "x", port=other.getsockname()[1])
        assert dev.process.exit_code() == 5
        assert str(other.getsockname()[1]) in dev.process.output


def test_a_default_port_that_is_taken_is_moved_on_from(develop, tmp_path):
    occupy = "import socket, time; s = [socket.create_server(('', port)) for port in (8080, 8081)]; print('ready', flush=True); s[0].accept()"
    with Namespace(tmp_path) as network, Process(network.command(sys.executable, "-c", occupy), dict(os.environ)) as other:
        other.line(lambda line: line == "ready\n", "the taken ports")
        dev = develop(GOOD % "moved", port=None, prefix=network.prefix)
        dev.says("port 8080 is taken by", f"(pid {other.pid})", "so 8082 is used")
        dev.serves(1)
        assert dev.port == 8082
        with network.connect(8082) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.makefile("rb").read().endswith(b"moved")
        explicit = develop(None, port=8081, prefix=network.prefix)
        assert explicit.process.exit_code() == 5
