"""Starts, stops and checks of a function's program (<ofn/life.h>)."""

import json
import re
import signal
from pathlib import Path

import pytest

from support.http_client import call, start_call
from support.waiting import accepts, until

SOURCE = Path(__file__).with_name("life_functions.cc")
STARTS = ["OPEN_FIRST", "OPEN_SECOND", "MAKE"]
ALL = [*STARTS, "DESTROY", "CLOSE_SECOND", "CLOSE_FIRST"]


@pytest.fixture(scope="module")
def life(shared, tmp_path_factory):
    return shared(SOURCE, tmp_path_factory.mktemp("life") / "functions.so")


@pytest.fixture
def start(program, life):
    """start(*flags, NAME=how, …): the program, which may not get as far as to serve."""
    processes = []

    def run(*flags, **how):
        arguments = ["--source", life, "--host", "127.0.0.1", "--port", "0", *flags]
        processes.append(program.run(arguments, how))
        return processes[-1]

    yield run
    for process in processes:
        process.end()


@pytest.fixture
def serve_life(serve, life):
    return lambda *flags, **how: serve(None, *flags, source=life, environment=how)


def ran(text):
    """What has said that it runs, in order."""
    return re.findall(r'"message":"([A-Z_]+)"', text)


def test_starts_and_stops_in_order(serve_life):
    server = serve_life()
    assert call(server.url, "/hello").body == b"hello\n"
    server.process.terminate()
    assert server.process.exit_code() == 0
    text = server.process.output
    assert ran(text) == [*ALL, "STATIC"]
    assert text.index("OPEN_SECOND") < text.index('"listening"') < text.index('"draining"') < text.index("CLOSE_SECOND")


FAILURES = [
    # what happens, what runs, the exit code, what the program says
    ({"OPEN_FIRST": "throw"}, ALL[:1], 3, r"the start function open_first \(.*life_functions.cc:\d+\) threw std::runtime_error: no database"),
    ({"OPEN_SECOND": "throw"}, [*ALL[:2], "CLOSE_FIRST"], 3, r"the start function open_second \(.*\) threw std::runtime_error: no database"),
    ({"MAKE": "throw"}, [*STARTS, "CLOSE_SECOND", "CLOSE_FIRST"], 3, r"the constructor of Counter \(.*life_functions.cc:\d+\) threw .*no database"),
    ({"OPEN_SECOND": "throw a number"}, [*ALL[:2], "CLOSE_FIRST"], 3, r"open_second \(.*\) threw int$"),
    ({"OPEN_SECOND": "exit"}, ALL[:2], 6, r'"call":"exit\(9\)"'),
    ({"OPEN_SECOND": "hang"}, ALL[:2], 3,
     r"the start function open_second \(.*\) did not return within 300ms, .*\(--start-timeout\); it is at .*act"),
]


@pytest.mark.parametrize(("how", "runs", "code", "said"), FAILURES, ids=[" ".join(*row[0].items()) for row in FAILURES])
def test_a_start_that_fails_ends_the_program(start, how, runs, code, said):
    process = start("--start-timeout", "300ms" if "hang" in how.values() else "60s", **how)
    assert process.exit_code() == code
    text = process.output
    assert ran(text) == runs
    assert re.search(said, text, re.MULTILINE)
    assert "listening" not in text


def test_the_port_opens_when_the_starts_have_ended(start, fifo, release):
    process = start(OPEN_FIRST=str(fifo))
    process.line(lambda line: "OPEN_FIRST" in line, "the start to begin")
    assert "listening" not in process.output
    release(fifo)
    process.line(lambda line: '"listening"' in line, "the port to open")


SIGNALS = [
    # what hangs, the exit code, what runs
    ({"OPEN_SECOND": "wait for the token"}, -signal.SIGTERM, [*ALL[:2], "CLOSE_SECOND", "CLOSE_FIRST"]),
    ({"OPEN_SECOND": "hang"}, 1, ALL[:2]),
]


@pytest.mark.parametrize(("how", "code", "runs"), SIGNALS, ids=["it heeds its token", "it hangs"])
def test_a_signal_while_it_starts(start, how, code, runs):
    process = start(**how)
    process.line(lambda line: "OPEN_SECOND" in line, "the start to begin")
    process.terminate()
    assert process.exit_code() == code
    assert ran(process.output) == runs
    assert ("did not return when the program was told to end" in process.output) == (code == 1)


def test_stops_wait_for_the_last_call(serve_life, fifo, release):
    server = serve_life()
    answer = start_call(server.url, f"/wait?fifo={fifo}")
    server.logged("waiting")
    server.process.terminate()
    until(lambda: not accepts(server.port), "the port to be closed")
    assert ran(server.process.output) == STARTS
    release(fifo)
    assert answer.result().body == b"done\n"
    assert server.process.exit_code() == 0
    assert ran(server.process.output) == [*ALL, "STATIC"]


STOPS = [
    # what happens, the exit code, what runs, a line of the log
    ("throw", 0, [*ALL, "STATIC"], {"message": "stop function failed", "function": "close_second", "error": "no database"}),
    ("wait for the token", 0, [*ALL, "STATIC"], {"message": "stopped"}),
    ("hang", 1, ALL[:5], {"message": "stop function did not return", "function": "close_second"}),
]


@pytest.mark.parametrize(("how", "code", "runs", "line"), STOPS, ids=[row[0] for row in STOPS])
def test_a_stop_that_fails(serve_life, how, code, runs, line):
    server = serve_life("--drain-timeout", "30s" if how == "throw" else "200ms", CLOSE_SECOND=how)
    server.process.terminate()
    assert server.process.exit_code() == code
    text = server.process.output
    assert ran(text) == runs
    records = [json.loads(each) for each in text.splitlines() if each.startswith("{")]
    assert any(line.items() <= record.items() for record in records)


def test_no_stop_runs_if_calls_are_abandoned(serve_life, fifo):
    server = serve_life("--drain-timeout", "0")
    start_call(server.url, f"/wait?fifo={fifo}")
    server.logged("waiting")
    server.process.terminate()
    assert server.process.exit_code() == 1
    assert ran(server.process.output) == STARTS
    assert "no stop function has run" in server.process.output


def test_stops_run_if_the_port_is_taken(serve_life, start):
    server = serve_life()
    process = start("--port", str(server.port))
    assert process.exit_code() == 5
    assert ran(process.output) == ALL


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--print-schema"]], ids=lambda words: words[0])
def test_nothing_runs_if_the_program_is_only_looked_at(start, arguments):
    process = start(*arguments, OPEN_FIRST="exit")
    assert process.exit_code() == 0
    assert ran(process.output) == []


PROBE = {"User-Agent": "kube-probe/1.30"}


def test_probes_get_what_the_check_says(serve_life, tmp_path):
    down = tmp_path / "down"
    server = serve_life(DOWN=str(down))
    assert call(server.url, "/", method="GET", headers=PROBE).status == 200
    down.touch()
    answer = until(lambda: (said := call(server.url, "/", method="GET", headers=PROBE)).status == 503 and said, "the check to say no")
    assert answer.body == b"is_up says no\n"
    assert call(server.url, "/livez", method="GET", headers=PROBE).status == 200
    assert call(server.url, "/hello").status == 200
    assert '"function":"is_up"' in server.logged('"not ready"')


def test_an_object_is_one_for_all_its_routes(serve_life):
    server = serve_life()
    bodies = [call(server.url, "/count", method=method, body=b"1234").body for method in ("POST", "PUT", "POST")]
    assert bodies == [b"1\n", b"2\n", b"3\n"]
    assert call(server.url, "/count", method="PUT", body=b"12345").status == 413
    assert call(server.url, "/count", body=b"12345").body == b"4\n"


def test_a_route_with_a_concurrency_of_its_own(serve_life, fifo, release):
    server = serve_life()
    assert '"option":"ofn::timeout"' in server.logged("a limit of a route is larger than the program's")
    first = start_call(server.url, f"/wait/alone?fifo={fifo}", method="GET")
    server.logged("waiting")
    full = call(server.url, f"/wait/alone?fifo={fifo}", method="GET")
    assert (full.status, full.headers["Retry-After"]) == (503, "1")
    assert call(server.url, "/hello").status == 200
    release(fifo)
    assert first.result().body == b"done\n"


def test_only_objects_that_are_served_are_made(serve_life):
    server = serve_life("--target", "hello")
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert "MAKE" not in ran(server.process.output)
