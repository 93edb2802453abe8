"""`functions-framework test`: builds a function with its tests, and runs them."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

from support import at_a_terminal
from support.dev_loop import COMPILING, save
from support.golden import Golden
from support.tools import find_clang, missing
from support.waiting import until

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


def _run(program, folder, source, *flags):
    done = program.run_to_end(["test", "--source", source, "--sanitize", "none", *flags], cwd=folder)
    return done.code, done.stdout, done.stderr


@pytest.mark.parametrize("blocks", ["for (volatile int i = 0;; i = i + 1) {}", "std::mutex m; m.lock(); std::thread([&] { m.lock(); }).join();"], ids=["busy", "waiting"])
def test_a_hanging_test_is_a_failed_test_and_the_others_run(program, tmp_path, blocks):
    (tmp_path / "hello.cc").write_text(
        "#include <mutex>\n#include <thread>\n#include <ofn/function.h>\nvoid block() {\n  " + blocks + "\n}\n"
        "std::string hello(const ofn::Request& request) {\n  if (request.query(\"hang\")) block();\n  return \"hi\";\n}\nOFN_FUNCTION(hello)\n")
    (tmp_path / "hello_test.cc").write_text(
        "#include <ofn/testing/gtest.h>\nusing namespace ofn::testing;\n"
        'TEST(Hello, AHangs) { Program program; program.get("/?hang"); }\nTEST(Hello, BWorks) { Program program; EXPECT_THAT(program.get("/"), IsOk()); }\n')
    code, out, err = _run(program, tmp_path, "hello.cc", "--timeout", "1")
    assert code == 6, out + err
    assert re.search(r"Hello.AHangs failed\n  hello_test.cc:3\n    did not end within 1 s; it is in .*block\(\) \(hello.cc:5\) < hello\(\) \(hello.cc:8\)", out), out
    assert "2 tests: 1 passed, 1 failed (" in out


def test_watch_runs_again_after_a_save(program, tmp_path):
    source, tests = tmp_path / "hello.cc", tmp_path / "hello_test.cc"
    source.write_text('#include <ofn/function.h>\nstd::string hello() { return "a"; }\nOFN_FUNCTION(hello)\n')
    tests.write_text('#include <ofn/testing/gtest.h>\nusing namespace ofn::testing;\nTEST(Hello, SaysA) { Program program; EXPECT_THAT(program.get("/"), HasBody("a")); }\n')
    said = []
    with program.run(["test", "--source", source, "--sanitize", "none", "--watch"], cwd=tmp_path, on_line=lambda line: said.append(line.rstrip("\r\n"))) as watched:

        def saved(path, before, after, verdict):
            number = sum("── run " in line for line in said) + 2
            save(path, path.read_text().replace(before, after))
            until(lambda: f"── run {number} · saved {path.name} ──" in said, "the next run", COMPILING)
            place = said.index(f"── run {number} · saved {path.name} ──")
            until(lambda: any("waits for" in line for line in said[place:]), "its verdict", COMPILING)
            assert said[-1] == verdict

        until(lambda: any("waits for" in line for line in said), "the first verdict", COMPILING)
        assert said[-1] == "passed · waits for the next save · Ctrl-C ends it with exit code 0"
        fails = "failed · waits for the next save · Ctrl-C ends it with exit code 6"
        saved(source, '"a"', '"b"', fails)
        saved(source, '"b"', '"b', "does not compile · waits for the next save · Ctrl-C ends it with exit code 3")
        saved(source, '"b', '"b"', fails)
        saved(tests, 'HasBody("a")', 'HasBody("b")', said[-1].replace("failed", "passed").replace("6", "0"))
        watched.signal(signal.SIGINT)
        assert watched.exit_code() == 0


def test_a_save_ends_a_run_that_hangs(program, tmp_path):
    source = tmp_path / "hello.cc"
    source.write_text('#include <ofn/function.h>\nstd::string hello() { for (volatile int i = 0;; i = i + 1) {} }\nOFN_FUNCTION(hello)\n')
    (tmp_path / "hello_test.cc").write_text(
        '#include <cstdio>\n#include <ofn/testing/gtest.h>\nusing namespace ofn::testing;\n'
        'TEST(Hello, Works) { std::fclose(std::fopen("begun", "w")); Program program; EXPECT_THAT(program.get("/"), IsOk()); }\n')
    with program.run(["test", "--source", source, "--sanitize", "none", "--watch", "--timeout", "0"], cwd=tmp_path) as watched:
        until((tmp_path / "begun").exists, "the test begins", COMPILING)
        save(source, '#include <ofn/function.h>\nstd::string hello() { return "a"; }\nOFN_FUNCTION(hello)\n')
        watched.line(lambda line: "Ctrl-C ends it with exit code 0" in line, "the verdict", COMPILING)
        watched.signal(signal.SIGINT)
        assert watched.exit_code() == 0


@pytest.mark.parametrize("where", ["a terminal", "a file"])
def test_what_is_said(request, program, tmp_path, where):
    """Renew the golden files with --renew-golden."""
    compare = Golden(Path(__file__).parent / "golden", request.config.getoption("--renew-golden"))
    source, prefix = tmp_path / "hello.cc", ()
    source.write_text(FUNCTION)
    (tmp_path / "hello_test.cc").write_text(TESTS)
    if where == "a terminal":
        fifo = tmp_path / "keys"
        os.mkfifo(fifo)
        prefix = (sys.executable, Path(at_a_terminal.__file__), fifo)
    said = []
    flags = ["--sanitize", "none", "--coverage", "--filter", "Hello.*-*Crash*"]
    with program.run(["test", "--source", "hello.cc", *flags, "--watch"], {"TERM": "xterm"}, cwd=tmp_path, prefix=prefix, on_line=lambda line: said.append(line.rstrip("\r\n"))) as watched:
        for run in (1, 2):
            until(lambda run=run: sum("waits for" in line for line in said) == run, f"run {run}", COMPILING)
            if run == 1:
                save(source, FUNCTION.replace("{1, 2}", "{1, 3}"))
        watched.signal(signal.SIGINT)
        assert watched.exit_code() == 6
    text = "\n".join(said) + "\n"
    assert ("\x1b[" in text) == (where == "a terminal")
    compare(f"test watch at {where}", text)


COVERED = """#include <ofn/function.h>
#include "price.h"
std::string hello(const ofn::Request& request) {
  if (request.query("item")) {
    return std::to_string(price(*request.query("item")));
  }
  if (request.query("never")) {
    return "never";
  }

  return "hello";
}
OFN_FUNCTION(hello)
"""


@pytest.fixture
def covered(tmp_path):
    (tmp_path / "hello.cc").write_text(COVERED)
    (tmp_path / "price.h").write_text("#pragma once\n#include <string>\ninline int price(const std::string& item) {\n  return static_cast<int>(item.size());\n}\n")
    (tmp_path / "hello_test.cc").write_text(
        '#include <ofn/testing/gtest.h>\nusing namespace ofn::testing;\nTEST(Hello, Works) { Program program; EXPECT_THAT(program.get("/"), HasBody("hello")); }\n'
        'TEST(Hello, Crashes) { std::abort(); }\n')
    return tmp_path


def test_coverage_of_the_authors_lines(program, covered):
    tmp_path = covered
    for sanitize in ("address,undefined", "none"):
        done = program.run_to_end(["test", "--source", "hello.cc", "--sanitize", sanitize, "--filter", "Works", "--coverage"], cwd=tmp_path)
        assert done.code == 0, done.stderr
        assert done.stdout.startswith("hello.cc    4/6 lines   66.7 %  not run: 5, 8\nprice.h     0/2 lines    0.0 %  not run: 3-4\n4 of 8 lines ran (50.0 %)\n"), done.stdout
    code, out, err = _run(program, tmp_path, "hello.cc", "--json", "--lcov", "lines.info")
    assert code == 6, err
    assert json.loads(out)["coverage"]["files"][0] == {
        "file": "hello.cc", "covered": 4, "lines": 6, "percent": 66.7, "not_run": [{"first": 5, "last": 5}, {"first": 8, "last": 8}]}
    lines = (tmp_path / "lines.info").read_text().splitlines()
    assert f"SF:{tmp_path / 'hello.cc'}" in lines and "DA:5,0" in lines and "LH:4" in lines
    # Tools read it.
    if shutil.which("lcov"):
        subprocess.run(["lcov", "--summary", "lines.info"], cwd=tmp_path, capture_output=True, check=True)
    save(tmp_path / "hello.cc", COVERED.replace('"never"))', '"other"))'))
    assert "hello.cc    4/6" in _run(program, tmp_path, "hello.cc", "--filter", "Works", "--coverage")[1]


@pytest.fixture
def clang():
    return find_clang()


def test_coverage_with_clang(program, covered, clang):
    if not Path(clang).resolve().with_name("llvm-cov").exists():
        missing("llvm-cov is missing: install it with `./dev setup lint`")
    # An older tool in PATH is not asked.
    (covered / "bin").mkdir()
    for name in ("gcov", "llvm-cov"):
        save(covered / "bin" / name, "#!/bin/sh\nexit 1\n")
        (covered / "bin" / name).chmod(0o755)
    variables = {"OFN_CXX": clang, "PATH": f"{covered / 'bin'}:{os.environ['PATH']}"}
    flags = ["--sanitize", "none", "--filter", "Works", "--lcov", "lines.info"]
    # Clang counts the brace at the end of a function, too.
    told = "hello.cc    5/7 lines   71.4 %  not run: 5, 8\nprice.h     0/2 lines    0.0 %  not run: 3-4\n5 of 9 lines ran (55.6 %)\n"
    for edited in (COVERED, COVERED, COVERED.replace('"never"))', '"other"))')):  # the second one comes from the cache
        save(covered / "hello.cc", edited)
        done = program.run_to_end(["test", "--source", "hello.cc", *flags], variables, cwd=covered)
        assert done.code == 0, done.stdout + done.stderr
        assert done.stdout.startswith(told), done.stdout
    lines = (covered / "lines.info").read_text().splitlines()
    assert f"SF:{covered / 'hello.cc'}" in lines and "DA:5,0" in lines and "LH:5" in lines


def test_coverage_without_the_tool_of_the_compiler(program, covered):
    alone = covered / "llvm-19" / "bin" / "clang++"
    alone.parent.mkdir(parents=True)
    save(alone, "#!/bin/sh\nexit 1\n")
    alone.chmod(0o755)
    done = program.run_to_end(["test", "--source", "hello.cc", "--sanitize", "none", "--coverage"], {"OFN_CXX": str(alone)}, cwd=covered)
    assert (done.code, f"counted by {alone.with_name('llvm-cov')}, which is not installed: apt-get install llvm-19" in done.stderr) == (3, True), done.stderr


def test_tests_of_catch2_need_no_cmake(program, tmp_path):
    (tmp_path / "hello.cc").write_text(FUNCTION)
    (tmp_path / "hello_test.cc").write_text("""#include <ofn/testing/catch2.h>
using namespace ofn::testing;
TEST_CASE("it works, as said [here]") { Program program; CHECK_THAT(program.get("/"), HasBody("2\\n")); }
TEST_CASE("it crashes, \\"quoted\\"") { std::abort(); }
TEST_CASE("it fails") { SECTION("inside") { Program program; CHECK_THAT(program.get("/"), HasBody("3\\n")); } }
""")
    code, out, err = _run(program, tmp_path, "hello.cc")
    assert code == 6, out + err
    assert "3 tests: 1 passed, 1 failed, 1 crashed (" in out
    assert 'it fails failed\n  hello_test.cc:5\n    in "inside"\n' in out and 'has the body "3\\n"' in out
    code, out, _ = _run(program, tmp_path, "hello.cc", "--json", "--filter", "works")
    assert (code, [test["name"] for test in json.loads(out)["tests"]]) == (0, ["it works, as said [here]"])
    (tmp_path / "other_test.cc").write_text(TESTS)
    shutil.move(tmp_path / "hello_test.cc", tmp_path / "another_test.cc")
    assert "tests of one framework" in _run(program, tmp_path, "hello.cc")[2]


@pytest.mark.parametrize(("chosen", "names"), [
    ([], ["it works", "it crashes", "it works, too"]),
    (["--filter", "*works*,*crashes*"], ["it works", "it crashes", "it works, too"]),
    (["--filter", "~*too"], ["it works", "it crashes", "it is rare"]),
    (["--filter", "[rare]"], ["it crashes", "it is rare"]),
    (["--coverage", "--filter", "*works*,*crashes*"], ["it works", "it crashes", "it works, too"]),
], ids=["all but the hidden ones", "two patterns", "without", "a tag", "with counts"])
def test_after_a_crash_the_chosen_tests_of_catch2_run_once(program, tmp_path_factory, chosen, names):
    folder = tmp_path_factory.getbasetemp() / "chosen"
    folder.mkdir(exist_ok=True)
    (folder / "hello.cc").write_text(FUNCTION)
    (folder / "hello_test.cc").write_text("""#include <ofn/testing/catch2.h>
TEST_CASE("it works") {}
TEST_CASE("it crashes", "[rare]") { std::abort(); }
TEST_CASE("it works, too") {}
TEST_CASE("it is rare", "[.rare]") {}
""")
    code, out, err = _run(program, folder, "hello.cc", "--json", *chosen)
    assert (code, [test["name"] for test in json.loads(out)["tests"]]) == (6, names), out + err


def test_after_a_crash_only_tests_of_exactly_that_name_are_left_out(program, tmp_path):
    """Catch2 takes a * at either end of a name for any text, and ignores the case."""
    (tmp_path / "hello.cc").write_text('#include <ofn/function.h>\nint counted(int i) {\n  return i;\n}\nstd::string hello() { return ""; }\nOFN_FUNCTION(hello)\n')
    (tmp_path / "hello_test.cc").write_text("""#include <ofn/testing/catch2.h>
int counted(int i);
TEST_CASE("prices*") { counted(1); }
TEST_CASE("Crash") { std::abort(); }
TEST_CASE("prices of tea") { counted(1); }
TEST_CASE("PRICES*") { counted(1); }
TEST_CASE("*") {}
TEST_CASE("a\\\\b, [c] \\"d\\"") {}
TEST_CASE("crash") { std::abort(); }
TEST_CASE("last") {}
""")
    code, out, err = _run(program, tmp_path, "hello.cc", "--json", "--lcov", "lines.info")
    assert code == 6, out + err
    assert [test["name"] for test in json.loads(out)["tests"]] == [
        "prices*", "Crash", "prices of tea", "PRICES*", "*", 'a\\b, [c] "d"', "crash", "last"]
    assert "DA:3,3\n" in (tmp_path / "lines.info").read_text(), "each test that ran before a crash is counted once"


ODD = """#include <cstdio>
#include <fstream>
#include <unistd.h>
#include <ofn/function.h>
std::string hello(const ofn::Request& request) {
  std::puts("a request has come");
  if (request.query("bytes")) return "a\\xff";
  if (request.query("crash")) __builtin_trap();
  if (request.query("fork")) {
    const pid_t child = fork();
    if (child == 0) pause();
    std::ofstream("forked") << child;
  }
  return "hi";
}
OFN_FUNCTION(hello)
"""
# More tests than the arguments of a process can name, and more crashes than are waited for.
ODD_TESTS = """#include <ofn/testing/gtest.h>
using namespace ofn::testing;
struct Empty : ::testing::Test { void TestBody() override {} };
struct Aborts : ::testing::Test { void TestBody() override { std::abort(); } };
const bool registered = [] {
  for (int i = 0; i < 1500; ++i) ::testing::RegisterTest("Long", (std::string(100, 'x') + std::to_string(i)).c_str(), nullptr, nullptr, __FILE__, __LINE__, [] { return new Empty; });
  for (int i = 0; i < 22; ++i) ::testing::RegisterTest("Many", std::to_string(i).c_str(), nullptr, nullptr, __FILE__, __LINE__, []() -> ::testing::Test* { return new Aborts; });
  return true;
}();
TEST(Odd, Bytes) { Program program; EXPECT_THAT(program.get("/?bytes"), HasBody("hi")); }
TEST(Odd, Prints) { Program program; for (int i = 0; i < 1000; ++i) program.get("/"); }
TEST(Odd, Forks) { Program program; program.get("/?fork"); }
TEST(Odd, Crashes) { Program program; program.get("/?crash"); }
TEST(Odd, Works) { Program program; EXPECT_THAT(program.get("/"), HasBody("hi")); }
"""


def test_odd_bytes_long_output_many_tests_and_many_crashes(program, tmp_path):
    (tmp_path / "hello.cc").write_text(ODD)
    (tmp_path / "hello_test.cc").write_text(ODD_TESTS)
    code, out, err = _run(program, tmp_path, "hello.cc", "--json", "--junit", "results.xml", "--filter", "Long.*:Odd.*")
    result = json.loads(out)
    assert (code, result["passed"], result["failed"], result["crashed"]) == (6, 1503, 1, 1), err
    until(lambda: not Path("/proc", (tmp_path / "forked").read_text()).exists(), "the process that the function has forked ends")
    bytes_, prints, forks, crashes, works = result["tests"][1500:]
    assert [test["outcome"] for test in (bytes_, prints, forks, crashes, works)] == ["failed", "passed", "passed", "crashed", "passed"]
    assert "\ufffd" in bytes_["failures"][0]["message"]
    assert "hello() (hello.cc:8)" in crashes["output"] and crashes["output"].count("a request has come") <= 1, crashes["output"]
    assert xml.etree.ElementTree.parse(tmp_path / "results.xml").getroot()[0].attrib["tests"] == "1505"
    code, out, err = _run(program, tmp_path, "hello.cc", "--filter", "Many.*")
    assert code == 6 and "21 tests: 0 passed, 21 crashed (" in out, out + err
    assert "21 tests crashed or did not end, so those behind the last of them did not run" in out


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TESTS_OF_EXAMPLES = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*_test.cc"))
# What an example needs beside its source.
FLAGS = {
    "curl": ["--cxxflags", "-lcurl"],
    "typed": ["--target", "order"],  # its types are in the source, so the test cannot name the function
    "webhook": ["--cxxflags", "-lcrypto"],
}
FOLDERS = {"plugin-sum"}  # its program is all sources of the folder
WITH_A_SERVER = {"postgres"}  # test_examples_with_servers.py runs it


@pytest.fixture(scope="session")
def cache(program, tmp_path_factory):
    """The variables of a cache that all processes of this run share: it has the precompiled headers of tests, which cost as much as many tests."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache-of-examples"
    shared.mkdir(exist_ok=True)
    variables = {"XDG_CACHE_HOME": str(shared)}
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "ready").exists():
            program.run_to_end(["test", "--source", EXAMPLES / "hello" / "hello.cc", "--sanitize", "none"], variables)
            (shared / "ready").touch()
    return variables


@pytest.mark.parametrize("tests", [each for each in TESTS_OF_EXAMPLES if each.split("/")[0] not in WITH_A_SERVER])
def test_the_tests_of_the_examples(program, cache, tmp_path, tests):
    folder, name = tests.split("/")
    shutil.copytree(EXAMPLES / folder, tmp_path / folder, ignore=shutil.ignore_patterns("data"))
    source = "." if folder in FOLDERS else name.replace("_test.cc", ".cc")
    done = program.run_to_end(["test", "--source", source, "--sanitize", "none", *FLAGS.get(folder, [])], cache, cwd=tmp_path / folder)
    assert done.code == 0 and re.search(r"^(\d+) tests?: \1 passed ", done.stdout), done.stdout + done.stderr


def test_every_example_has_tests():
    folders = {path.parent.name for path in EXAMPLES.glob("*/*.cc")}
    assert {tests.split("/")[0] for tests in TESTS_OF_EXAMPLES} == folders
