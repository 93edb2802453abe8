"""`functions-framework test`: builds a function with its tests, and runs them."""

import json
import re
import shutil
import xml.etree.ElementTree
from pathlib import Path

import pytest

FUNCTION = """#include <vector>
#include <ofn/function.h>
int price(const std::string& item) {
  const std::vector<int> prices = {1, 2};
  if (item == "crash") return prices[prices.size() + 9];
  return prices.at(item.size());
}
std::string hello(const ofn::Request& request) {
  return std::to_string(price(request.query("item").value_or("a"))) + "\\n";
}
OFN_FUNCTION(hello)
"""
TESTS = """#include <ofn/testing/gtest.h>
using namespace ofn::testing;
TEST(Hello, Works) { Program program; EXPECT_THAT(program.get("/"), HasBody("2\\n")); }
TEST(Hello, Crashes) { Program program; EXPECT_THAT(program.get("/?item=crash"), IsOk()); }
TEST(Hello, Throws) { Program program; EXPECT_THAT(program.get("/?item=abc"), ThrewAt("hello.cc", 6)); }
TEST(Hello, Fails) { Program program; EXPECT_THAT(program.get("/"), HasBody("3\\n")); }
TEST(Hello, IsSkipped) { GTEST_SKIP() << "not today"; }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tested")
    (made / "hello.cc").write_text(FUNCTION)
    (made / "hello_test.cc").write_text(TESTS)
    return made


@pytest.fixture(scope="module")
def tested(program, folder):
    """tested(*flags): the exit code, and what is printed, without and with the error output."""

    def run(*flags):
        done = program.run_to_end(["test", "--source", "hello.cc", *flags], cwd=folder)
        return done.code, done.stdout, done.stderr

    return run


def test_a_crash_is_a_failed_test_and_the_others_run(tested, folder):
    code, out, err = tested("--junit", "results.xml")
    assert code == 6, err
    assert "Hello.Crashes crashed" in out and "price() (hello.cc:5) < hello() (hello.cc:9)" in out
    assert "Hello.Fails failed\n  hello_test.cc:6\n" in out and 'Expected: has the body "3\\n"' in out
    assert "5 tests: 2 passed, 1 failed, 1 crashed, 1 skipped (" in out
    suite = xml.etree.ElementTree.parse(folder / "results.xml").getroot()[0]
    assert {key: suite.attrib[key] for key in ("tests", "failures", "errors", "skipped")} == {"tests": "5", "failures": "1", "errors": "1", "skipped": "1"}


@pytest.mark.parametrize(("flags", "code", "names"), [
    (["--filter", "Works"], 0, ["Hello.Works"]),
    (["--filter", "Hello.*-*Crashes:*Fails"], 0, ["Hello.Works", "Hello.Throws", "Hello.IsSkipped"]),
    (["--filter", "IsSkipped"], 6, ["Hello.IsSkipped"]),
    (["--filter", "Nothing"], 6, []),
], ids=["a part", "a pattern", "only skipped", "unknown"])
def test_filters(tested, flags, code, names):
    ended, out, err = tested("--json", *flags)
    assert (ended, [test["name"] for test in json.loads(out)["tests"]]) == (code, names)
    assert ('no test has a name with "Nothing"' in err) == (names == [])


def test_what_cannot_be_run(program, tmp_path):
    (tmp_path / "alone.cc").write_text(FUNCTION)
    done = program.run_to_end(["test", "--source", "alone.cc"], cwd=tmp_path)
    assert (done.code, "write a file whose name ends in _test.cc" in done.stderr) == (6, True)
    done = program.run_to_end(["test", "--source", "alone.cc", "--sanitize", "adress"], cwd=tmp_path)
    assert (done.code, "did you mean" in done.stderr) == (2, True)


def test_a_project_of_cmake(request, program, folder, tmp_path):
    if not request.config.getoption("--heavy"):
        pytest.skip("builds with CMake; run it with --heavy")
    project = tmp_path / "project"
    shutil.copytree(folder, project)
    (project / "hello_test.cc").write_text("\n".join(line for line in TESTS.splitlines() if "Crash" not in line and "Fails" not in line))
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(hello LANGUAGES CXX)\nenable_testing()\nfind_package(ofn REQUIRED)\n"
        "ofn_add_function_test(hello_test SOURCES hello.cc hello_test.cc)\n")
    done = program.run_to_end(["test", "--source", "project"], cwd=tmp_path)
    assert done.code == 0, done.stdout + done.stderr


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("tests", sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*_test.cc")))
def test_the_tests_of_the_examples(program, tmp_path, tests):
    folder, name = tests.split("/")
    shutil.copytree(EXAMPLES / folder, tmp_path / folder, ignore=shutil.ignore_patterns("data"))
    target = ["--target", "order"] if folder == "typed" else []  # its types are in the source, so the test cannot name the function
    source = name.replace("_test.cc", ".cc")
    done = program.run_to_end(["test", "--source", source, "--sanitize", "none", *target], cwd=tmp_path / folder)
    assert done.code == 0 and re.search(r"^(\d+) tests?: \1 passed ", done.stdout), done.stdout + done.stderr
