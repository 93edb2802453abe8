"""The local API of the loop: what it answers, what a captured call leaves alone, and what hostile clients cannot do."""

import json
import os
import socket
import stat

import pytest

from support.dev_loop import save
from support.http_client import call
from support.local_api import LocalApi
from support.program import context
from support.sidecars import write_component
from support.waiting import until

_SENDS = "archive", {"uri": "files", "componentName": "files", "componentType": "bindings.localstorage", "operation": "create"}


@pytest.fixture
def runtime(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def api_of(develop, runtime):
    """api_of(text, …): the loop with this text, once it serves, and its API."""

    def start(text, *flags, environment=None, **others):
        dev = develop(text, *flags, environment={"XDG_RUNTIME_DIR": str(runtime)} | (environment or {}), **others)
        dev.serves(1)
        return dev, LocalApi(runtime)

    return start


@pytest.fixture
def sending(api_of, components, text, tmp_path):
    """The loop of a function whose answers go to files, its API, and the folder of the files."""
    files = tmp_path / "files"
    write_component(components, "files", "bindings.localstorage", rootPath=str(files))
    dev, api = api_of(
        text("calls.cc", "1"),
        *("--local-sidecar", "on", "--components", components),
        function_context=context([_SENDS], "Knative"),
    )
    return dev, api, files


def files_in(folder):
    return sorted(folder.iterdir()) if folder.exists() else []


def test_it_says_what_runs(api_of, text, source):
    dev, api = api_of(text("calls.cc", "1"))
    instance = api.get("/instance").json
    assert instance["pid"] == dev.process.pid and instance["url"] == dev.url
    assert instance["folder"] == str(source.parent)
    assert instance["name"] == api.socket.stem
    status = api.get("/status").json
    assert (status["serving"], status["coming"], status["state"]) == (1, 0, "serving")
    assert [function["name"] for function in status["functions"]] == ["answer"]
    assert [build["build"] for build in api.get("/builds").json["builds"]] == [1]
    for path in (api.socket, api.file):
        assert path.stat().st_mode & 0o077 == 0
    assert api.socket.parent.stat().st_mode & 0o077 == 0


def test_a_failed_build_has_its_diagnostics(api_of, text, source):
    dev, api = api_of(text("calls.cc", "1"))
    save(source, "int broken(\n")
    dev.says("build 2 failed")
    status = api.get("/status?settled=true").json
    assert (status["serving"], status["state"], status["build"]["build"]) == (1, "failed", 2)
    diagnostic = status["build"]["diagnostics"][0]
    assert diagnostic["file"].endswith(source.name) and diagnostic["severity"] == "error"
    # The last good build answers.
    assert api.invoke("/a", body="x")["body"] == "got x\n"


def test_calls_are_listed_shown_and_sent_again(api_of, text):
    dev, api = api_of(text("calls.cc", "1"))
    secrets = {"Authorization": "Bearer PLANTED", "X-Trace": "t1", "X-Request-Id": "one"}
    call(dev.url, "/a?token=PLANTED", body=b"body", headers=secrets)
    call(dev.url, "/throw", method="GET", headers={"X-Request-Id": "two"})
    until(lambda: len(api.get("/requests").json["requests"]) == 2, "both calls")
    assert [each["id"] for each in api.get("/requests").json["requests"]] == ["two", "one"]
    assert [each["id"] for each in api.get("/requests?failed=true").json["requests"]] == ["two"]
    assert [each["id"] for each in api.get("/requests?status=2xx&path=/a").json["requests"]] == ["one"]
    assert api.get("/requests?build=7").json["requests"] == []
    whole = api.get("/requests/one").json
    assert whole["request"]["body"] == "body" and whole["answer"]["body"] == "got body\n"
    again = api.post("/requests/one/replay").json
    assert (again["status"], again["body"], again["captured"]) == (200, "got body\n", True)
    assert sorted(again["left_out"]) == ["Authorization", "token"]
    assert {"name": "X-Trace", "value": "t1"} in again["call"]["request"]["fields"]
    assert "PLANTED" not in api.get("/requests/one").text + json.dumps(again) + api.get("/logs").text


def test_a_captured_call_sends_nothing(sending):
    _, api, files = sending
    captured = api.invoke("/a", body="x", capture=True)
    assert captured["status"] == 200 and captured["captured"]
    sent = captured["call"]["sent"]
    assert [(each["output"], each["outcome"], each["content"]["body"]) for each in sent] == [("archive", "captured", "got x\n")]
    assert files_in(files) == []
    real = api.invoke("/a", body="x")
    assert [each["outcome"] for each in real["call"]["sent"]] == ["confirmed"]
    assert len(files_in(files)) == 1
    # A replay is captured unless it says otherwise.
    assert api.post(f"/requests/{real['id']}/replay").json["captured"]
    assert len(files_in(files)) == 1
    assert not api.post(f"/requests/{real['id']}/replay", capture=False).json["captured"]
    assert len(files_in(files)) == 2


def test_nothing_that_a_client_of_the_function_sends_captures(sending):
    dev, _, files = sending
    names = ("X-OpenFunction-Capture", "OFN-Capture", "Capture")
    assert call(dev.url, "/a?capture=true", body=b"x", headers=dict.fromkeys(names, "true")).status == 200
    until(lambda: len(files_in(files)) == 1, "the file")


def test_it_waits_for_an_output(sending):
    dev, api, _ = sending
    api.invoke("/a", body="first", capture=True)
    found = api.post("/wait", output="archive", match={"": "got first\n"}, since_ms=60_000).json
    assert found["matched"] and found["sent"]["content"]["body"] == "got first\n"
    late = api.post("/wait", output="archive", match={"": "got other\n"}, since_ms=60_000, timeout_ms=1).json
    assert (late["matched"], late["others"]) == (False, 1)
    with_typo = api.post("/wait", output="archve")
    assert with_typo.status == 404 and "did you mean archive?" in with_typo.text
    # What is sent while it waits.
    waiting = api.connection()
    waiting.request("POST", "/api/v1/wait", json.dumps({"output": "archive", "match": {"": "got second\n"}}))
    call(dev.url, "/a", body=b"second")
    assert json.loads(waiting.getresponse().read())["matched"]


def test_calls_and_lines_are_followed(api_of, source, text):
    dev, api = api_of(text("calls.cc", "1"))
    streams = []
    for target in ("/requests?follow=true", "/logs?follow=true&limit=0"):
        connection = api.connection()
        connection.request("GET", "/api/v1" + target)
        streams.append(connection.getresponse())
    calls, lines = streams
    call(dev.url, "/a", body=b"x")
    assert json.loads(calls.readline())["path"] == "/a"
    save(source, text("calls.cc", "1") + "// saved\n")
    assert json.loads(lines.readline())["text"].startswith("build 2 begins")


@pytest.mark.parametrize("kind", ["topic", "binding"])
def test_deliveries_are_acknowledged(api_of, components, text, ledger, kind):
    write_component(components, "bus", "pubsub.in-memory")
    write_component(components, "clock", "bindings.cron", schedule="@every 1h")
    inputs = {
        "orders": {"uri": "orders-topic", "componentName": "bus", "componentType": "pubsub.in-memory"},
        "clock": {"uri": "clock", "componentName": "clock", "componentType": "bindings.cron"},
    }
    _, api = api_of(
        text("deliveries.cc", "1"),
        *("--local-sidecar", "on", "--components", components),
        function_context=context([], "Async", inputs=inputs),
        environment={"LEDGER": str(ledger.path)},
    )
    name = {"topic": "orders", "binding": "clock"}[kind]
    answer = api.post("/invoke", kind=kind, name=name, body='{"n":1}', capture=True).json
    assert (answer["acknowledgement"], answer["call"]["kind"]) == ("SUCCESS", kind)
    assert [data for data, _ in ledger.lines(name)] == ['{"n":1}']
    again = api.post(f"/requests/{answer['call']['id']}/replay").json
    assert again["acknowledgement"] == "SUCCESS" and len(ledger.lines(name)) == 2
    unknown = api.post("/invoke", kind=kind, name="nothing")
    assert unknown.status == 404 and name in unknown.text


def test_a_call_waits_for_the_build_under_way(api_of, source, text, tmp_path):
    dev, api = api_of(text("calls.cc", "1"))
    door = tmp_path / "door"
    os.mkfifo(door)
    waits = f'#include <fcntl.h>\n[[maybe_unused]] static const int opened = open("{door}", O_RDONLY);\n'
    save(source, waits + text("calls.cc", "1"))
    until(lambda: len(dev.workers) == 2, "the next worker")
    waiting = api.connection()
    waiting.request("POST", "/api/v1/invoke", json.dumps({"path": "/a"}))
    assert api.get("/status").json["coming"] == 2
    with door.open("wb"):
        assert json.loads(waiting.getresponse().read())["build"] == 2


_MISTAKES = {
    "a typo": ("POST", "/invoke", '{"pth": "/"}', 400, 'did you mean \\"path\\"?'),
    "no JSON": ("POST", "/invoke", "{", 400, "no JSON object"),
    "a path without slash": ("POST", "/invoke", '{"path": "a"}', 400, "path: expected"),
    "a smuggled line": ("POST", "/invoke", '{"fields":[{"name":"a","value":"b\\r\\nc: d"}]}', 400, "more than one line"),
    "a field of the sender": ("POST", "/invoke", '{"fields":[{"name":"Content-Length","value":"1"}]}', 400, "set by the sender"),
    "a method": ("GET", "/invoke", None, 405, "POST"),
    "a place": ("GET", "/sttus", None, 404, "did you mean status?"),
    "a filter": ("GET", "/requests?fialed=true", None, 400, "did you mean"),
    "an id": ("GET", "/requests/none", None, 404, "no call has the id"),
}


def test_mistakes_are_told(api_of, text):
    _, api = api_of(text("calls.cc", "1"))
    for name, (method, target, body, status, words) in _MISTAKES.items():
        connection = api.connection()
        connection.request(method, "/api/v1" + target, body)
        response = connection.getresponse()
        assert (response.status, words in response.read().decode()) == (status, True), name


def test_hostile_clients_do_not_harm_the_loop(api_of, text):
    dev, api = api_of(text("calls.cc", "1"))
    garbage = [b"\0" * 100_000, b"GET / HTTP/9.9\r\n\r\n", b"POST /api/v1/invoke HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"\x16\x03\x01" * 50]
    open_ones = []
    for index in range(1000):
        client = socket.socket(socket.AF_UNIX)
        client.setblocking(False)
        try:
            client.connect(str(api.socket))
            client.send(garbage[index % 4] if index % 5 else b"GET /api/v1/status HT")
        except OSError:
            pass  # the kernel's queue is full, or the loop has closed it already
        open_ones.append(client)
    assert call(dev.url, "/a", body=b"x").status == 200  # the function's clients notice nothing
    for client in open_ones:
        client.close()
    assert api.get("/status").json["serving"] == 1
    deep = api.post("/wait", match={"a": "b"}, output="", timeout_ms=1, since_ms=1)
    assert deep.status == 200
    connection = api.connection()
    connection.request("POST", "/api/v1/invoke", "[" * 100_000)
    assert connection.getresponse().status == 400


def test_what_dead_loops_have_left_is_removed(api_of, runtime, text):
    folder = runtime / "ofn"
    folder.mkdir(mode=0o700)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(folder / "1-dead.sock"))
    dead.close()
    (folder / "1-dead.json").write_text(json.dumps({"pid": 1, "url": "http://127.0.0.1:1/"}))
    dev = api_of(text("calls.cc", "1"))[0]
    assert len(list(folder.iterdir())) == 2
    dev.__exit__()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("what", ["a link", "an open folder", "a file"])
def test_a_folder_that_may_not_be_trusted_is_not_used(develop, runtime, text, tmp_path, what):
    place = runtime / "ofn"
    if what == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    elif what == "a file":
        place.write_text("")
    else:
        place.mkdir()
        place.chmod(0o755)
    dev = develop(text("calls.cc", "1"), environment={"XDG_RUNTIME_DIR": str(runtime)})
    dev.says("cannot reach this loop", str(place))
    dev.serves(1)
    assert not list((tmp_path / "elsewhere").glob("*"))


def test_a_program_that_serves_has_no_socket(program, tmp_path, runtime, text):
    source = tmp_path / "function.cc"
    source.write_text(text("calls.cc", "1"), encoding="utf-8")
    with program.serve(source, None, environment={"XDG_RUNTIME_DIR": str(runtime)}):
        assert not (runtime / "ofn").exists()
        assert not stat.S_ISSOCK(runtime.stat().st_mode)
