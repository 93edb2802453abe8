"""The log from outside: its formats and fields, the lines of functions, the access log, captured output.

If the fields change on purpose, renew the golden files, review the difference, and change docs/operations.md:

    ./dev test pytest tests/program/test_log.py --renew-golden
"""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from support.http_client import call
from support.memory import is_sanitized
from support.waiting import until

_HERE = Path(__file__).parent
_TRACE = "0af7651916cd43dd8448eb211c80319c"
_SPAN = "b7ad6b7169203331"
_IDS = {"X-Request-Id": "r1", "Function-Execution-Id": "e1", "traceparent": f"00-{_TRACE}-{_SPAN}-01"}
_IN_JSON = {"request_id": "r1", "execution_id": "e1", "trace_id": _TRACE, "span_id": _SPAN, "trace_flags": "01"}
# What differs between two runs, and what stands in its place.
_VOLATILE = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
    (r"^\d\d:\d\d:\d\d\.\d{3} ", "TIME "),
    (r'(duration_ms"?[:=])[\d.e-]+', r"\g<1>0.5"),
    (r'(event\.duration":)\d+', r"\g<1>500000"),
    (r'(latency":")[\d.e-]+s', r"\g<1>0.0005s"),
    (r"127\.0\.0\.1:\d+", "CLIENT"),
    (r'[^" =]*/logging_functions\.cc', "logging_functions.cc"),
]


@pytest.fixture(scope="module")
def built(shared, tmp_path_factory):
    return shared(_HERE / "logging_functions.cc", tmp_path_factory.mktemp("logging") / "functions.so")


@pytest.fixture
def serve(program, built):
    """serve(*flags, **environment): a server of the functions."""
    servers = []

    def start(*flags, **environment):
        servers.append(program.serve(built, None, flags=flags, environment=environment))
        return servers[-1]

    yield start
    for server in servers:
        server.process.end()


def records(server, at_end=True):
    """The lines of its log as objects, when it has stopped."""
    if at_end:
        server.process.terminate()
        server.process.exit_code()
    return [json.loads(line) for line in server.process.output.splitlines() if line.startswith("{")]


def one(lines, message):
    (found,) = [line for line in lines if line.get("message") == message]
    return found


def has_none_of(line, names):
    return not [name for name in names if name in line]


@pytest.mark.parametrize("log_format", ["json", "readable", "ecs", "gcp"])
def test_formats(serve, request, log_format):
    environment = {"GOOGLE_CLOUD_PROJECT": "shop-1", "K_SERVICE": "pay", "K_REVISION": "pay-00007"}
    server = serve("--log-format", log_format, "--access-log=on", **environment)
    call(server.url, "/orders/17?secret=x", body=b"body", headers=_IDS)
    call(server.url, "/throws", method="GET", headers=_IDS)
    call(server.url, "/nowhere", method="GET", headers={"X-Request-Id": "r1"})
    server.process.terminate()
    assert server.process.exit_code() == 0
    text = "".join(line + "\n" for line in server.process.output.splitlines() if "r1" in line and "the end" not in line)
    for pattern, word in _VOLATILE:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    assert "secret" not in text
    path = _HERE / "golden" / f"log-{log_format}.txt"
    if request.config.getoption("--renew-golden"):
        path.write_text(text)
    assert text == path.read_text(), f"not as in {path}; if that is right, see the beginning of {Path(__file__).name}"


_TYPES = {"text": str, "number": (int, float), "bool": bool}


def documented(repository):
    """name → type, of the first table of fields."""
    page = (repository / "docs" / "operations.md").read_text()
    table = page.split("### Fields", 1)[1].split("Those of single lines", 1)[0]
    rows = re.findall(r"^\| (`[^|]+) \| (text|number|bool) \|", table, re.MULTILINE)
    return {name: _TYPES[kind] for names, kind in rows for name in re.findall(r"`(\w+)`", names)}


def test_the_document_has_every_field(repository):
    known = documented(repository)
    golden = [json.loads(line) for line in (_HERE / "golden" / "log-json.txt").read_text().splitlines()]
    authors = {"order", "cents", "rate", "paid", "message_"}
    for line in golden:
        for name, value in line.items():
            assert name in authors or isinstance(value, known[name]), (name, value, line)
    seen = {name for line in golden for name in line}
    elsewhere = {"started_by", "stream", "partial", "input", "stack", "source_line"}
    assert set(known) - elsewhere <= seen, "the golden file shows each field"


def test_the_document_names_what_other_systems_read(repository):
    page = (repository / "docs" / "operations.md").read_text().split("### Fields", 1)[0]
    for log_format in ("ecs", "gcp"):
        for line in (_HERE / "golden" / f"log-{log_format}.txt").read_text().splitlines():
            for name in json.loads(line):
                # Names that only this program uses are the same in gcp, and labels in ecs.
                assert f"`{name}`" in page or name.startswith("labels.") or (log_format == "gcp" and re.fullmatch(r"\w+", name)), name


def test_a_line_names_its_call_wherever_it_is_written(serve, program):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer starts threads by code of its own, so they have no call")
    server = serve()
    for path in ("/waits", "/threads"):
        assert call(server.url, path, headers=_IDS).status == 200
    assert call(server.url, "/lets-go").status == 200
    server.logged("thread behind")
    lines = records(server)
    for message in ("piece 1", "piece 2"):
        line = one(lines, message)
        assert line | _IN_JSON | {"function": "waits"} == line
    within = one(lines, "thread within")
    behind = one(lines, "thread behind")
    assert behind["function"] == within["function"] == "threads"
    assert within | _IN_JSON == within
    assert behind["started_by"] == "r1" and has_none_of(behind, _IN_JSON)


def test_start_up_code_and_destructors_log_without_a_call(serve):
    server = serve()
    server.process.terminate()
    assert server.process.exit_code() == 0
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3} info start-up where=constructor location=\S+:\d+$", server.process.output, re.MULTILINE)
    end = json.loads(next(line for line in server.process.output.splitlines() if "the end" in line))
    assert end["where"] == "destructor" and has_none_of(end, _IN_JSON)


def test_a_forked_child_logs(serve):
    server = serve()
    assert call(server.url, "/forks", headers=_IDS).status == 200
    assert json.loads(server.logged("in the child"))["request_id"] == "r1"


IDS = [
    # what comes, the execution id in the log
    ({"X-Request-Id": "r1"}, "r1"),
    ({"X-Request-Id": "r1", "Function-Execution-Id": "a" * 64}, "a" * 64),
    ({"X-Request-Id": "r1", "Function-Execution-Id": "a" * 65}, "r1"),
    ({"X-Request-Id": "r1", "Function-Execution-Id": 'a"b'}, "r1"),
    ({"X-Request-Id": "r1", "Function-Execution-Id": ""}, "r1"),
]


@pytest.mark.parametrize(("headers", "execution"), IDS)
def test_execution_ids(serve, headers, execution):
    server = serve()
    call(server.url, "/orders/1", headers=headers)
    line = one(records(server), "charged")
    assert (line["request_id"], line["execution_id"]) == ("r1", execution)
    assert has_none_of(line, ["trace_id", "span_id", "trace_flags"])


LEVELS = [
    # flags, variables, the levels of the lines that are kept
    ([], {}, ["info", "warning", "error"]),
    (["--log-level=debug"], {}, ["debug", "info", "warning", "error"]),
    (["--log-level", "WARN"], {"OFN_LOG_LEVEL": "debug"}, ["warning", "error"]),
    ([], {"OFN_LOG_LEVEL": "error", "OTEL_LOG_LEVEL": "debug"}, ["error"]),
    ([], {"OTEL_LOG_LEVEL": "warn", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}, ["warning", "error"]),
    ([], {"AWS_LAMBDA_LOG_LEVEL": "FATAL"}, ["error"]),
    ([], {"AWS_LAMBDA_LOG_LEVEL": "TRACE"}, ["debug", "info", "warning", "error"]),
    ([], {"OTEL_LOG_LEVEL": "none"}, ["info", "warning", "error"]),
    (["--debug", "--log-format=json", "--log-level=error"], {}, ["error"]),
]


@pytest.mark.parametrize(("flags", "environment", "kept"), LEVELS)
def test_levels(program, built, flags, environment, kept):
    # Not every level shows the line "listening".
    arguments = ["--source", built, "--host=127.0.0.1", "--port=0", "--no-watch", *flags]
    with program.run(arguments, environment) as process:
        port = until(lambda: listening_port(process), "a port")
        answer = call(f"http://127.0.0.1:{port}/", "/levels")
        process.terminate()
        assert process.exit_code() == 0
        lines = [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
    assert [line["level"] for line in lines if line["message"].endswith(" line")] == kept
    assert answer.body == (b"debug\n" if "debug" in kept else b"no debug\n")
    if environment.get("OTEL_LOG_LEVEL") == "none":
        assert any("OTEL_LOG_LEVEL is 'none'" in line["message"] or 'OTEL_LOG_LEVEL is "none"' in line["message"] for line in lines)


def listening_port(process):
    """The port that the process, or its child, listens on."""
    table = Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]
    try:
        inodes = {link.readlink().name for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    except FileNotFoundError:  # it closed a descriptor just now
        return None
    for row in table:
        words = row.split()
        if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
            return int(words[1].split(":")[1], 16)
    return None


@pytest.mark.parametrize("flag", ["--log-level=loud", "--log-format=xml", "--access-log=sometimes"])
def test_wrong_values(program, built, flag):
    done = program.run_to_end(["--source", built, flag])
    assert done.code == 2 and flag.split("=")[0] in done.stderr and flag.split("=")[1] in done.stderr


def test_a_signal_turns_debug_on_and_off(serve):
    server = serve()
    for expected in (b"debug\n", b"no debug\n"):
        server.process.signal(signal.SIGUSR1)
        until(lambda expected=expected: call(server.url, "/levels").body == expected, "the level")
    lines = records(server)
    assert [line["least"] for line in lines if line["message"] == "the level of the log was changed"] == ["debug", "info"]


ACCESS = [
    # flags, the statuses in the access log
    ([], []),
    (["--access-log=off"], []),
    (["--access-log=on"], [200, 404, 500]),
    (["--access-log=errors"], [404, 500]),
    (["--access-log=on", "--log-level=warning"], []),
]


@pytest.mark.parametrize(("flags", "statuses"), ACCESS)
def test_access_log(program, built, flags, statuses):
    arguments = ["--source", built, "--host=127.0.0.1", "--port=0", *flags]
    with program.run(arguments) as process:
        port = until(lambda: listening_port(process), "a port")
        for status in (200, 404, 500):
            assert call(f"http://127.0.0.1:{port}/", f"/answers/{status}?secret").status == status
        call(f"http://127.0.0.1:{port}/", "/", headers={"User-Agent": "kube-probe/1.30"})
        process.terminate()
        assert process.exit_code() == 0
        lines = [json.loads(line) for line in process.output.splitlines() if line.startswith("{")]
    lines = [line for line in lines if line["message"] == "request"]
    assert [line["status"] for line in lines] == statuses
    for line in lines:
        assert line["path"] == f"/answers/{line['status']}" and line["route"] == "/answers/{status}"
        assert line["duration_ms"] > 0 and line["protocol"] == "HTTP/1.1" and line["bytes_out"] == 1


def test_the_access_log_is_on_with_debug(serve):
    server = serve("--debug", "--no-watch")
    call(server.url, "/answers/200")
    server.logged(" info request ", "path=/answers/200")


def test_a_flood_is_bounded_and_counted(serve):
    server = serve()
    assert call(server.url, "/floods").status == 200
    lines = records(server)
    dropped = next((line["count"] for line in lines if line["message"] == "log lines were dropped"), 0)
    assert sum(line["message"] == "flood" for line in lines) + dropped >= 100_000


def test_a_crash_is_one_line_with_ids(serve, program):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer has handlers and reports of its own")
    server = serve("--capture-output")
    with pytest.raises(OSError):
        call(server.url, "/crashes", headers=_IDS)
    server.process.exit_code()
    line = one(records(server, at_end=False), "process crashed")
    assert line | _IN_JSON | {"severity": "ERROR", "level": "error", "function": "crashes", "signal": "SIGSEGV"} == line


def test_a_crash_for_google(serve, program):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer has handlers and reports of its own")
    server = serve("--log-format=gcp", K_SERVICE="pay")
    with pytest.raises(OSError):
        call(server.url, "/crashes", headers=_IDS)
    server.process.exit_code()
    line = one(records(server, at_end=False), "process crashed")
    assert line["@type"].endswith(".ReportedErrorEvent") and line["serviceContext"] == {"service": "pay"}
    assert line["logging.googleapis.com/labels"] == {"execution_id": "e1"} and line["severity"] == "ERROR"


def test_captured_output(serve):
    server = serve("--capture-output")
    assert call(server.url, "/writes", headers=_IDS).status == 200
    lines = [line for line in records(server) if "stream" in line]
    for message, stream in (("by cout 1", "stdout"), ("by cerr", "stderr"), ("by clog", "stderr"), ("second", "stderr")):
        line = one(lines, message)
        assert line | _IN_JSON | {"stream": stream, "level": "info", "function": "writes"} == line
    for message, stream in (("by printf", "stdout"), ("by stderr", "stderr"), ("\x1b[31mby write", "stdout"), ("by a child", "stdout")):
        line = one(lines, message)
        assert line["stream"] == stream and has_none_of(line, _IN_JSON)
    assert [(len(line["message"]), line.get("partial")) for line in lines if line["message"].startswith("ll")] == [
        (16384, True), (20_000 - 16384, None)]
    rest = one(lines, "without an end")
    assert rest["partial"] is True and rest | _IN_JSON == rest
    assert one(lines, "without an end, either")["partial"] is True


def test_captured_output_at_an_exit(serve):
    server = serve("--capture-output")
    with pytest.raises(OSError):
        call(server.url, "/exits", headers=_IDS)
    server.process.exit_code()
    lines = records(server, at_end=False)
    assert one(lines, "last words")["request_id"] == "r1"
    assert one(lines, "last print")["stream"] == "stderr"
    assert one(lines, "the function ended the process")["severity"] == "ERROR"


def test_the_header_works_without_a_host(tmp_path, repository):
    source = tmp_path / "unit_test.cc"
    source.write_text("""
#include <ofn/log.h>
int main() {
  ofn::log_debug("never");
  ofn::log_info("charged", {{"order", std::string("o 17")}, {"cents", 1299U}, {"rate", 0.25}, {"paid", false}, {"none", ""}});
  ofn::log_error("two\\nlines", {{"a=b", "c\\"d"}});
  return ofn::log_enabled(ofn::Level::kDebug) ? 1 : 0;
}
""")
    program = tmp_path / "unit_test"
    subprocess.run(["g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-I", repository / "include", source, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    assert re.sub(r"^[\d:.]+ ", "", done.stderr.replace(str(source), "unit_test.cc"), flags=re.MULTILINE) == (
        'info charged order="o 17" cents=1299 rate=0.25 paid=false none="" location=unit_test.cc:5\n'
        'error "two\\u000alines" a=b="c\\"d" location=unit_test.cc:6\n'
    )
