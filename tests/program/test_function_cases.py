"""`functions-framework test --fuzz` and `--against`: requests that are made of a function's types, saved, and sent to a deployed function."""

import contextlib
import json
import re
import socket
import threading
from pathlib import Path

import pytest

from support.golden import Golden

ORDERS = """#include <ofn/function.h>
#include <ofn/typed.h>
#include <map>
#include <optional>
#include <vector>
struct Line { std::string item; int count = 1; };
OFN_FIELDS(Line, (item, ofn::length(1, 20)), (count, ofn::min(1), ofn::max(100)))
struct Order { std::vector<Line> lines; std::optional<std::string> note; std::map<std::string, int> more; };
OFN_FIELDS(Order, lines, note, more)
int total(const Order& order) {
  int sum = 0;
  for (const Line& line : order.lines) sum += line.count;
  BODY
  return sum;
}
int order(const Order& order) { return total(order); }
OFN_FUNCTION(order)
"""


@pytest.fixture
def fuzz(program, tmp_path):
    """fuzz(body, *flags, exits=0): the function with this statement in it; returns what is printed."""

    def run(body, *flags, exits=0):
        (tmp_path / "order.cc").write_text(ORDERS.replace("BODY", body))
        done = program.run_to_end(["test", "--source", "order.cc", "--fuzz", *flags], cwd=tmp_path)
        assert done.code == exits, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_good_function_passes(fuzz, tmp_path):
    assert re.match(r"1000 cases: 1000 as expected \(seed 42, ", fuzz("", "--seed", "42"))
    assert not (tmp_path / "testdata").exists()


# What is wrong with the function, the flags, what is said, and the smallest request that shows it.
FAILURES = [
    ("it throws", 'if (sum > 99) throw std::out_of_range("too many");', [], "threw std::out_of_range: too many at order.cc:13 in total()"),
    ("it crashes", "if (sum > 99) __builtin_trap();", [], "total() (order.cc:13) < order() (order.cc:16)"),
    ("undefined behaviour", "if (!order.lines.empty()) sum = order.lines.data()[order.lines.size()].count;", [], "heap-buffer-overflow"),
    ("it hangs", "for (volatile int i = 0; sum > 99; i = i + 1) {}", ["--timeout", "1", "--cases", "60"], "did not end within 1 s; it is in total() (order.cc:13)"),
]


@pytest.mark.parametrize(("body", "flags", "said"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_a_failing_case_is_made_small_and_saved_and_runs_first_the_next_time(fuzz, tmp_path, body, flags, said):
    out = fuzz(body, "--seed", "1", *flags, exits=6)
    assert said in out
    [file] = (tmp_path / "testdata/cases").iterdir()
    assert f"saved as testdata/cases/{file.name}" in out
    case = json.loads(file.read_text())
    assert (case["method"], case["path"], case["expected"]) == ("POST", "/", {"below": 500})
    if not flags and "sum > 99" in body:
        assert case["json"]["lines"] and sum(line["count"] for line in case["json"]["lines"]) in range(100, 120), case
        assert len(case["json"]["lines"]) <= 3 and case["json"]["more"] == {}
    again = fuzz(body, *flags, "--cases", "1", "--seed", "3", exits=6)
    assert f"from testdata/cases/{file.name}" in again and "2 cases: 1 as expected, 1 not (seed 3, " in again
    assert "as expected (seed 1, " in fuzz("", "--cases", "1", "--seed", "1")


def test_a_failure_that_cannot_be_saved_is_shown(program, tmp_path):
    (tmp_path / "order.cc").write_text(ORDERS.replace("BODY", 'if (sum > 99) throw std::out_of_range("too \\xff many");'))
    (tmp_path / "testdata").write_text("not a folder")
    done = program.run_to_end(["test", "--source", "order.cc", "--fuzz", "--seed", "1", "--sanitize", "none"], cwd=tmp_path)
    assert done.code == 6 and "threw std::out_of_range: too " in done.stdout and "saved as" not in done.stdout, done.stdout
    assert f"cannot write {tmp_path}/testdata/cases/" in done.stderr


def test_a_function_that_prints_and_crashes_is_shown_with_its_crash(fuzz):
    out = fuzz('std::puts("an order of many things has come"); if (sum > 99) __builtin_trap();', "--seed", "1", "--sanitize", "none", exits=6)
    assert "total() (order.cc:13) < order() (order.cc:16)" in out and out.count("an order of many things has come") <= 2, out


# What a server does with a connection, and what is said.
BAD_SERVERS = [
    ("it never answers", lambda _: None, "no answer: "),
    ("it closes", lambda connection: connection.close(), "no answer: "),
    ("garbage", lambda connection: (connection.sendall(b"\xff\x00garbage\r\n\r\n"), connection.close()), "no answer: "),
    ("a redirect to itself", lambda connection: (connection.recv(9999), connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"), connection.close()), "answered 302, and must answer 200"),
]


@pytest.mark.parametrize(("serve", "said"), [row[1:] for row in BAD_SERVERS], ids=[row[0] for row in BAD_SERVERS])
def test_against_a_bad_server(program, tmp_path, serve, said):
    cases = tmp_path / "testdata/cases"
    cases.mkdir(parents=True)
    for i in range(60):
        (cases / f"{i:02}.json").write_text('{"method": "GET", "path": "/", "expected": {"status": 200}}')
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept = []

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listening.accept()[0])
                    serve(kept[-1])

        thread = threading.Thread(target=accept)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        done = program.run_to_end(["test", "--source", "a.cc", "--against", url, "--rate", "10000", "--jobs", "20", "--timeout", "1", "--json"], cwd=tmp_path)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in kept:
            connection.close()
    assert done.code == 6, done.stderr
    result = json.loads(done.stdout)
    assert said in result["failures"][0]["problem"], result["failures"][0]
    # After 20 requests without an answer no other one begins; 20 are under way at a time.
    assert result.get("is_cut", False) == ("no answer" in said) and (result["cases"] == 60) == ("no answer" not in said)


def test_what_is_said(request, fuzz):
    compare = Golden(Path(__file__).parent / "golden", request.config.getoption("--renew-golden"))
    body = 'if (sum > 99) throw std::out_of_range("too many");'
    compare("test fuzz", fuzz(body, "--seed", "1", "--sanitize", "none", exits=6) + fuzz("", "--seed", "1", "--cases", "100", "--sanitize", "none"))


def test_the_same_seed_makes_the_same_cases(fuzz, tmp_path):
    body = "if (sum > 99) throw 1;"
    first = json.loads(fuzz(body, "--seed", "5", "--json", exits=6))
    for file in (tmp_path / "testdata/cases").iterdir():
        file.unlink()
    assert json.loads(fuzz(body, "--seed", "5", "--json", exits=6)) == first
    assert first["command"] == "test" and first["seed"] == 5 and first["failures"][0]["status"] == 500


# A function whose cases all pass if, and only if, it has the context.
WITH_A_CONTEXT = """#include <ofn/context.h>
#include <ofn/function.h>
#include <ofn/typed.h>
#include <stdexcept>
struct Order { int count = 1; };
OFN_FIELDS(Order, count)
int order(ofn::Context& context, const Order& order) {
  context.send("archive", "x").check();
  return order.count;
}
OFN_FUNCTION(order)
"""
CONTEXT = json.dumps({"name": "order", "version": "v2.0.0", "runtime": "Knative", "outputs": {
    "archive": {"componentName": "archive", "componentType": "bindings.localstorage", "operation": "create"}}})
NEWER = json.dumps({"name": "order", "version": "v2.0.0", "triggers": {"http": {"port": 8080}}, "outputs": {
    "archive": {"componentName": "archive", "componentType": "bindings.localstorage", "operation": "create"}}})


@pytest.mark.parametrize(("flags", "variables", "code"), [
    ([], {}, 6),
    (["--context", "func_context.json"], {}, 0),
    ([], {"OFN_CONTEXT_FILE": "func_context.json"}, 0),
    (["--env-file", "dev.env"], {}, 0),
    ([], {"FUNC_CONTEXT": CONTEXT}, 0),
    ([], {"FUNC_CONTEXT_V1BETA2": NEWER}, 0),
    (["--context", "gone.json"], {}, 4),
    ([], {"FUNC_CONTEXT": "{"}, 4),
], ids=["none", "flag", "variable", "env-file", "v1beta1", "v1beta2", "no such file", "no JSON"])
def test_cases_have_the_context_of_a_start(program, tmp_path_factory, flags, variables, code):
    folder = tmp_path_factory.getbasetemp() / "with-context"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "order.cc").write_text(WITH_A_CONTEXT)
    (folder / "func_context.json").write_text(CONTEXT)
    (folder / "dev.env").write_text("OFN_CONTEXT_FILE=func_context.json\n")
    done = program.run_to_end(["test", "--source", "src/order.cc", "--sanitize", "none", "--fuzz", "--cases", "5", *flags], variables, cwd=folder)
    assert done.code == code, done.stdout + done.stderr


MISTAKES = [
    (["--context", "func_context.json"], "--context needs --fuzz"),
    (["--cases", "5"], "--cases needs --fuzz"),
    (["--rate", "5"], "--rate needs --against URL"),
    (["--fuzz", "--junit", "a.xml"], "--junit is for tests, and --fuzz runs none"),
    (["--against", "example.com"], "must begin with http:// or https://"),
]


@pytest.mark.parametrize(("flags", "said"), MISTAKES, ids=[" ".join(row[0]) for row in MISTAKES])
def test_flags_that_do_not_go_together(program, tmp_path, flags, said):
    done = program.run_to_end(["test", *flags], cwd=tmp_path)
    assert (done.code, said in done.stderr) == (2, True), done.stderr


def test_nothing_to_try(program, tmp_path):
    (tmp_path / "plain.cc").write_text('#include <ofn/function.h>\nstd::string plain() { return ""; }\nOFN_FUNCTION(plain)\n')
    done = program.run_to_end(["test", "--source", "plain.cc", "--sanitize", "none", "--fuzz"], cwd=tmp_path)
    assert (done.code, "no function takes JSON" in done.stderr) == (6, True), done.stderr
    done = program.run_to_end(["test", "--source", "plain.cc", "--against", "http://127.0.0.1:1/"], cwd=tmp_path)
    assert (done.code, "there is no case to send" in done.stderr) == (6, True), done.stderr
    cases = tmp_path / "testdata/cases"
    cases.mkdir(parents=True)
    (cases / "bad.json").write_text('{"method": "GET", "path": "/"}')
    done = program.run_to_end(["test", "--source", "plain.cc", "--fuzz"], cwd=tmp_path)
    assert (done.code, 'bad.json is no case: it has no object "expected"' in done.stderr) == (2, True), done.stderr
    (cases / "bad.json").write_text('{"method": "GET", "path": "/", "expected": {"status": 200}}')
    done = program.run_to_end(["test", "--source", "plain.cc", "--against", "http://127.0.0.1:1/"], cwd=tmp_path)
    assert (done.code, "http://127.0.0.1:1 cannot be reached" in done.stderr) == (1, True), done.stderr


def test_against_a_deployed_function(program, tmp_path):
    deployed = tmp_path / "deployed"
    deployed.mkdir()
    (tmp_path / "order.cc").write_text(ORDERS.replace("BODY", ""))
    (deployed / "order.cc").write_text(ORDERS.replace("BODY", "if (sum == 7) return 8;"))
    cases = tmp_path / "testdata/cases"
    cases.mkdir(parents=True)

    def write(name, count, **expected):
        body = {"lines": [{"item": "a", "count": count}], "more": {}}
        fields = [{"name": "content-type", "value": "application/json"}, {"name": "accept", "value": "application/json"}]
        (cases / f"{name}.json").write_text(json.dumps({"method": "POST", "path": "/", "fields": fields, "json": body, "expected": expected}))

    write("seven", 7, status=200, json=7)
    write("six", 6, status=200, json=6)
    write("none", 0, status=400, pointer="/lines/0/count")
    with program.serve(deployed / "order.cc", "order") as server:

        def against(*flags):
            return program.run_to_end(["test", "--source", "order.cc", "--against", server.url, *flags], cwd=tmp_path)

        done = against("--rate", "1000")
        assert done.code == 6 and done.stdout.startswith('POST / {"lines":[{"item":"a","count":7}],"more":{}}\n    the body differs:\n'), done.stdout + done.stderr
        assert "from testdata/cases/seven.json" in done.stdout and "3 cases: 2 as expected, 1 not (" in done.stdout
        said = json.loads(against("--rate", "1000", "--json").stdout)
        assert said["url"] == server.url and [failure["case"] for failure in said["failures"]] == ["seven"]
        (cases / "seven.json").unlink()
        done = against("--rate", "10000", "--jobs", "4", "--fuzz", "--cases", "200", "--seed", "9")
        assert done.code == 0 and "202 cases: 202 as expected (seed 9, " in done.stdout, done.stdout + done.stderr
