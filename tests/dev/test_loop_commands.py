"""The commands that ask a running loop: which loop they find, what they print, and how they end."""

import json
import subprocess

import pytest

from support.dev_loop import save
from support.program import context
from support.sidecars import write_component

_ORDERS = """
#include <ofn/function.h>
#include <ofn/typed.h>
struct Order { std::string code; int count = 1; };
OFN_FIELDS(Order, (code, ofn::pattern<"^[A-Z]{3}-\\\\d+$">), (count, ofn::min(3)))
struct Reply { std::string id; };
OFN_FIELDS(Reply, id)
Reply order(const Order& order) {
  if (order.count > 100) throw std::runtime_error("too many");
  return {order.code};
}
OFN_FUNCTION(order)
"""
_ARCHIVE = "archive", {"uri": "files", "componentName": "files", "componentType": "bindings.localstorage", "operation": "create"}


@pytest.fixture
def runtime(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def ff(program, source, runtime):
    """ff("invoke", …, exits=0): the command in the project's folder; returns what it wrote to both streams."""

    def run(*arguments, exits=0, cwd=None, stdin=None):
        environment = program.environment | {"XDG_RUNTIME_DIR": str(runtime)}
        done = subprocess.run([program.path, *arguments], env=environment, cwd=cwd or source.parent, input=stdin,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout, done.stderr

    return run


@pytest.fixture
def orders(develop, components, runtime, tmp_path):
    """The loop of a typed function whose answers go to files, and the folder of the files."""
    files = tmp_path / "files"
    write_component(components, "files", "bindings.localstorage", rootPath=str(files))
    dev = develop(
        _ORDERS,
        *("--local-sidecar", "on", "--components", components),
        function_context=context([_ARCHIVE], "Knative"),
        environment={"XDG_RUNTIME_DIR": str(runtime)},
    )
    dev.serves(1)
    return dev, files


def test_without_a_loop_they_say_what_to_type(ff):
    for command in (["invoke"], ["requests"], ["replay", "1"], ["wait"], ["logs"]):
        assert "functions-framework dev --source FILE" in ff(*command, exits=8)[1]


def test_invoke_makes_data_that_the_function_takes(ff, orders, source):
    dev, files = orders
    body, told = ff("invoke", "--capture")
    assert body == '{"id":"AAA-1"}'
    assert told.startswith("200 in ") and "build 1" in told and "captured archive → files" in told
    assert not files.exists() or not list(files.iterdir())
    assert "confirmed archive" in ff("invoke", "order")[1] and len(list(files.iterdir())) == 1
    # What differs from 2xx.
    body, told = ff("invoke", "--data", '{"code":"x"}', "--capture", exits=9)
    assert told.startswith("400 in ") and "$.code" in body
    body, told = ff("invoke", "--file", "-", "--capture", exits=9, stdin='{"code":"AAA-1","count":101}')
    assert told.startswith("500 in ") and "threw std::runtime_error: too many" in told and f"{source.name}:9 in order()" in told
    assert "no function is named" in ff("invoke", "ordr", exits=2)[1] and "did you mean order?" in ff("invoke", "ordr", exits=2)[1]


def test_invoke_as_json_often_and_saved(ff, orders, source):
    answer = json.loads(ff("invoke", "--json", "--capture")[0])
    assert (answer["version"], answer["command"], answer["status"]) == (1, "invoke", 200)
    assert answer["call"]["sent"][0]["outcome"] == "captured"
    many = json.loads(ff("invoke", "--json", "--capture", "--repeat", "60", "--concurrency", "7")[0])
    assert many["count"] == 60 and many["statuses"] == {"200": 60} and many["p99_ms"] >= many["p50_ms"] > 0
    assert "60 calls · p50" in ff("invoke", "--capture", "--repeat", "60")[0]
    assert "testdata/first.json" in ff("invoke", "--capture", "--save", "first")[1]
    saved = source.parent / "testdata/first.json"
    assert json.loads(saved.read_text()) == {"code": "AAA-1", "count": 3}
    assert "exists already" in ff("invoke", "--capture", "--save", "first", exits=1)[1]
    assert ff("invoke", "--capture", "--file", saved)[0] == '{"id":"AAA-1"}'


def test_a_failed_build_is_named_with_the_answer_of_the_one_before(ff, orders, source):
    dev, _ = orders
    save(source, "no code\n")
    dev.says("build 2 failed")
    told = ff("invoke", "--capture")[1]
    assert told.startswith("200 in ") and "build 1 · build 2 failed, `ff logs` says why" in told
    answer = json.loads(ff("invoke", "--capture", "--json")[0])
    assert (answer["build"], answer["failed_build"]) == (1, 2)
    assert "build 2 failed, `ff logs` says why" in ff("replay", "last")[1]
    save(source, _ORDERS)
    dev.serves(3)
    assert "failed" not in ff("invoke", "--capture")[1]


def test_logs_have_what_the_function_prints(develop, ff, runtime):
    dev = develop(
        '#include <cstdio>\n#include <iostream>\n#include <ofn/function.h>\nstd::string f() {\n'
        '  std::puts("printed"); std::cout << "streamed\\n"; std::cerr << "complained\\n"; return "";\n}\nOFN_FUNCTION(f)\n',
        environment={"XDG_RUNTIME_DIR": str(runtime)})
    dev.serves(1)
    ff("invoke")
    lines = [line for line in json.loads(ff("logs", "--json")[0])["lines"] if line["text"] in ("printed", "streamed", "complained")]
    assert sorted(line["text"] for line in lines) == ["complained", "printed", "streamed"]
    assert {line["from"] for line in lines} == {"function"}
    dev.says("printed")


def test_invoke_of_any_server(ff, orders):
    dev, _ = orders
    assert ff("invoke", "/", "--url", dev.url, "--data", '{"code":"ABC-1","count":3}')[0] == '{"id":"ABC-1"}'
    assert ff("invoke", "--url", dev.url, exits=9)[1].startswith("405 in ")
    ff("invoke", "--url", "http://127.0.0.1:1/", exits=1)


def test_calls_are_listed_shown_and_sent_again(ff, orders):
    _, files = orders
    ff("invoke", "--data", '{"code":"ABC-1","count":3}', "--header", "X-Request-Id: one")
    ff("invoke", "--data", '{"code":"ABC-1","count":101}', "--header", "X-Request-Id: two", exits=9)
    lines = ff("requests")[0].splitlines()
    assert [line.split()[1] for line in lines] == ["two", "one"]
    assert "POST / 200" in lines[1] and "archive confirmed" in lines[1]
    assert [line.split()[1] for line in ff("requests", "--failed")[0].splitlines()] == ["two"]
    shown = ff("requests", "one")[0]
    assert '{"code":"ABC-1","count":3}' in shown and "confirmed archive → files" in shown
    assert json.loads(ff("requests", "last", "--json")[0])["id"] == "two"
    assert "captured archive" in ff("replay", "one")[1] and len(list(files.iterdir())) == 1
    assert "confirmed archive" in ff("replay", "one", "--send")[1] and len(list(files.iterdir())) == 2
    ff("replay", "none", exits=1)
    assert "expected a status" in ff("requests", "--status", "4", exits=2)[1]


def test_bytes_of_others_are_shown_safely(ff, develop, runtime, text):
    develop(text("calls.cc", "1"), environment={"XDG_RUNTIME_DIR": str(runtime)}).serves(1)
    ff("invoke", "/a", "--data", "\x1b[2J\x07\u202eevil")
    shown = ff("requests", "last")[0]
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown and "\\x1b[2J" in shown


def test_wait_finds_what_was_sent(ff, orders):
    ff("invoke", "--capture")
    assert "captured archive → files" in ff("wait", "--output", "archive", "--match", "id=AAA-1", "--since", "60s")[0]
    words = ff("wait", "--output", "archive", "--match", "id=7", "--since", "60s", "--timeout", "1ms", exits=1)[1]
    assert "1 did not match, such as:" in words
    assert "did you mean archive?" in ff("wait", "--output", "archve", exits=1)[1]
    ff("wait", "--match", "id", exits=2)
    ff("wait", "--timeout", "soon", exits=2)


def test_logs_have_the_lines_of_both(ff, orders, source):
    dev, _ = orders
    ff("invoke", "--data", '{"code":"x"}', exits=9)
    lines = ff("logs")[0].splitlines()
    assert any(line.endswith("serving build 1") for line in lines)
    assert any("argument refused" in line for line in lines)
    assert all(line["from"] in ("loop", "function") for line in json.loads(ff("logs", "--json")[0])["lines"])
    save(source, "int broken(\n")
    dev.says("build 2 failed")
    assert "error:" in ff("logs", "-n", "20")[0]
    assert ff("invoke", "--capture")[0] == '{"id":"AAA-1"}'  # the last good build


def test_of_several_loops_the_one_of_the_folder_is_asked(ff, develop, runtime, source, text, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in (source, elsewhere / "other.cc"):
        file.write_text(text("calls.cc", "1"), encoding="utf-8")
        develop(None, source=file, environment={"XDG_RUNTIME_DIR": str(runtime)}).serves(1)
    ff("invoke", "/here", "--data", "x")
    assert ff("requests", cwd=elsewhere, exits=0)[0] == ""
    assert "/here" in ff("requests")[0]
    words = ff("requests", cwd=tmp_path / "run", exits=2)[1]
    assert words.count("--instance ") == 2 and "other.cc" in words
    assert "/here" in ff("requests", "--instance", str(source.parent), cwd=tmp_path / "run")[0]
    assert "no running function is" in ff("requests", "--instance", "nothing", exits=8)[1]


@pytest.mark.parametrize("wrong, words", [
    (["--data", "a", "--file", "b"], "only one of"),
    (["--header", "no-colon"], "expected NAME:VALUE"),
    (["--topic", "a", "--binding", "b"], "only one of"),
    (["/a", "--topic", "a"], "has no path"),
    (["--example", "storge"], "did you mean storage?"),
    (["--repeat", "0"], "--repeat"),
    (["--save", "../x"], "expected a name"),
])
def test_wrong_flags_are_told(ff, wrong, words):
    assert words in ff("invoke", *wrong, exits=2)[1]
