"""The loop with another compiler, for production, and with sanitizers."""

import shutil

import pytest

from support.dev_loop import save
from support.http_client import call
from support.raw import Raw
from support.tools import missing
from support.waiting import until

HELLO = '#include <string>\nstd::string hello() { return "%s"; }\n'


@pytest.fixture
def clang():
    return next(filter(None, map(shutil.which, ("clang++", "clang++-19"))), None) or missing("clang++ is missing: ./dev setup lint")


def says(dev, path="/"):
    answer = call(dev.url, path, method="GET")
    assert answer.status == 200, answer
    return int(answer.headers["x-openfunction-build"]), answer.text


def test_clang(develop, source, clang, request):
    """With --heavy behind its own precompiled header, which may take minutes on a busy machine, because it is made at the lowest priority."""
    dev = develop(HELLO % "first", "--verbose", environment={"OFN_CXX": clang})
    dev.serves(1)
    assert says(dev) == (1, "first")
    if request.config.getoption("--heavy"):
        dev.says("precompiled")
    dev.reload(source, HELLO % "second")
    assert says(dev) == (2, "second")
    save(source, "#include <string>\nstd::string hello() { return <b>; }\n")
    dev.says("build 3 failed")
    dev.says(f"{source.name}:2:30:", "error: expected expression")
    dev.says("build 2 goes on serving")
    dev.reload(source, HELLO % "third")
    assert says(dev) == (4, "third")


KIND = """\
#include <string>
std::string hello() {
#ifdef __OPTIMIZE__
  return "optimized %s";
#else
  return "not optimized %s";
#endif
}
"""


@pytest.mark.parametrize("flags, kind", [((), "not optimized"), (("--release",), "optimized")], ids=["develop", "release"])
def test_what_it_is_compiled_for(develop, source, flags, kind):
    dev = develop(KIND % ("1", "1"), *flags)
    dev.serves(1)
    assert says(dev) == (1, f"{kind} 1")
    dev.reload(source, KIND % ("2", "2"))
    assert says(dev) == (2, f"{kind} 2")


WRONG = """\
#include <ofn/function.h>
#include <climits>
static int* kept;
std::string hello(const ofn::Request& request) {
  if (request.path() == "/heap") {
    std::string text(20, 'x');
    return std::string(1, text.data()[request.path().size() + 40]);  // overflow
  }
  if (request.path() == "/undefined") {
    int most = INT_MAX;
    most += static_cast<int>(request.path().size());  // undefined
    return std::to_string(most);
  }
  if (request.path() == "/leak") { kept = new int[100]; kept = nullptr; }  // leak
  return "hello";
}
OFN_FUNCTION(hello)
"""


def line_of(comment):
    return 1 + WRONG[: WRONG.index(f"// {comment}")].count("\n")


def dies(dev, path):
    with Raw(dev.port) as raw:
        raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with pytest.raises((ConnectionError, IndexError)):
            raw.answer()


HEAP = ("/heap", "overflow", "ERROR: AddressSanitizer: heap-buffer-overflow")
UNDEFINED = ("/undefined", "undefined", "runtime error: signed integer overflow")
QUICK = [("address", False, [HEAP]), ("address,undefined", True, [HEAP, UNDEFINED])]
# To compile for a sanitizer takes four seconds.
HEAVY = [("undefined", False, [UNDEFINED]), ("undefined", True, [UNDEFINED]), ("address", True, [HEAP])]


@pytest.fixture
def maybe_heavy(request):
    if request.param in HEAVY and not request.config.getoption("--heavy"):
        pytest.skip("--heavy is not given")
    return request.param


@pytest.mark.parametrize("maybe_heavy", [*QUICK, *HEAVY], indirect=True, ids=lambda case: f"{case[0]}-{'folder' if case[1] else 'file'}")
def test_a_sanitizer_reports_the_place_and_the_loop_goes_on(develop, source, maybe_heavy):
    sanitizers, is_folder, reports = maybe_heavy
    source.write_text(WRONG)
    dev = develop(None, "--sanitize", sanitizers, source=source.parent if is_folder else source)
    dev.serves(1)
    for number, (path, comment, words) in enumerate(reports, start=1):
        dies(dev, path)
        dev.says(words)
        dev.says(" in hello", f" {source}:{line_of(comment)}")  # a line of the stack
        until(lambda: len(dev.crashed) >= number, "the line that tells of the end")
        assert says(dev) == (1, "hello")
    if "address" in sanitizers:
        assert call(dev.url, "/leak", method="GET").status == 200
    dev.__exit__()
    leaks = [line for line in dev.process.output.splitlines() if " leak of " in line]
    assert len(leaks) == (1 if "address" in sanitizers else 0), "the framework leaks nothing, and the function once"
    if leaks:
        assert f" {source}:{line_of('leak')}\n" in dev.process.output
