"""Functions that are coroutines: many wait at a time, and hold no threads."""

from pathlib import Path

import pytest

from support.http_client import call
from support.raw import Raw

SOURCE = r"""
#include <ofn/function.h>
#include <iostream>
using namespace std::chrono_literals;

ofn::task<ofn::Response> pause(const ofn::Request& request) {
  std::cerr << "begun\n" << std::flush;
  const bool whole = co_await ofn::sleep_for(std::chrono::milliseconds(std::stoi(request.query("ms").value())));
  std::cerr << (whole ? "slept\n" : "woken\n") << std::flush;
  co_return whole ? "slept\n" : "woken\n";
}
ofn::task<ofn::Response> fails(const ofn::Request&) {
  co_await ofn::sleep_for(1ms);
  throw std::runtime_error("behind the wait");
}
OFN_FUNCTION(pause)
OFN_FUNCTION(fails)
"""


@pytest.fixture(scope="module")
def tasks(shared_from):
    return shared_from(SOURCE)


def test_what_waits_holds_no_thread(serve, tasks):
    server = serve("pause", source=tasks)
    threads = Path(f"/proc/{server.process.pid}/task")
    before = len(list(threads.iterdir()))
    connections = []
    for count in range(1, 61):
        connections.append(Raw(server.port))
        connections[-1].send(b"GET /?ms=600000 HTTP/1.1\r\nHost: x\r\n\r\n")
        # Begun one after the other, so that one worker can begin them all; all of them wait at the end.
        server.process.line(lambda _: server.process.output.count("begun") >= count)
    assert len(list(threads.iterdir())) - before < 10
    for one in connections:
        one.__exit__()


def test_a_task_that_is_too_late_is_woken(serve, tasks):
    server = serve("pause", "--timeout", "200ms", source=tasks)
    answer = call(server.url, "/?ms=600000")
    assert answer.status == 504
    server.process.line(lambda line: "woken" in line)
    server.logged("result dropped")


def test_a_throw_behind_a_wait_is_a_crash(serve, tasks):
    server = serve("fails", source=tasks)
    answer = call(server.url)
    assert (answer.status, answer.headers["X-OpenFunction-Status"]) == (500, "crash")
    server.logged("function crashed", "behind the wait")
