"""Functions that are coroutines: many of them wait at the same time, without threads."""

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
        # The calls begin one after the other, so one worker can begin all of them. At the end all of them wait.
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


DEEP = r"""
#include <ofn/function.h>
ofn::task<int> ready(int n) { co_return n; }
ofn::task<int> deep(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await deep(n - 1);
}
ofn::task<int> wrap(ofn::task<int> inner) { co_return 1 + co_await inner; }
ofn::task<int> waits(int n) {
  if (n == 0) {
    co_await ofn::sleep_for(std::chrono::milliseconds(1));
    co_return 0;
  }
  co_return 1 + co_await waits(n - 1);
}
ofn::task<int> side(int n) {
  if (n == 0) co_return 0;
  std::vector<ofn::task<int>> one;
  one.push_back(side(n - 1));
  co_return 1 + (co_await ofn::when_all(std::move(one))).front();
}
ofn::task<int> throws(int n) {
  if (n == 0) throw std::runtime_error("the bottom");
  co_return 1 + co_await throws(n - 1);
}
ofn::task<ofn::Response> f(const ofn::Request& request) {
  const std::string kind = request.query("kind").value_or("");
  const int n = std::stoi(request.query("n").value_or("100000"));
  int sum = 0;
  if (kind == "loop") {
    for (int i = 0; i < n; ++i) sum += co_await ready(1);
  } else if (kind == "deep") {
    sum = co_await deep(n);
  } else if (kind == "wrapped" || kind == "never awaited") {
    ofn::task<int> all = ready(0);
    for (int i = 0; i < n; ++i) all = wrap(std::move(all));
    sum = kind == "wrapped" ? co_await all : n;
  } else if (kind == "waits") {
    sum = co_await waits(n);
  } else if (kind == "side") {
    sum = co_await side(n);
  } else if (kind == "throws") {
    try {
      co_await throws(n);
    } catch (const std::runtime_error&) {
      sum = n;
    }
  }
  co_return std::to_string(sum) + "\n";
}
"""
KINDS = [
    "loop",  # awaits ready tasks one after the other
    "deep",  # each task awaits the next one
    "waits",  # the same, and the last one sleeps
    "wrapped",  # each task has the next one as its parameter
    "never awaited",
    "side",  # each is a branch of when_all()
    "throws",  # through all of them
]


@pytest.fixture(scope="module")
def unoptimized(program, tmp_path_factory):
    source = tmp_path_factory.mktemp("deep") / "deep.cc"
    source.write_text(DEEP)
    with program.serve(source, "f", flags=["--cxxflags", "-O0 -g"]) as server:
        yield server


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_tasks_need_no_deeper_stack(unoptimized, kind):
    answer = call(unoptimized.url, "/?n=100000&kind=" + kind.replace(" ", "%20"))
    assert (answer.status, answer.body) == (200, b"100000\n")
