"""A function behind a real Knative queue-proxy: the platform's requests to its server, and their effect on clients."""

import base64
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.tools import tool
from support.waiting import PATIENCE, until

from .conftest import PROXY_PORT, USER_PORT

PROBES = [
    pytest.param({"tcpSocket": {"port": USER_PORT, "host": "127.0.0.1"}}, id="tcp"),
    pytest.param({"httpGet": {"path": "/", "port": USER_PORT, "host": "127.0.0.1", "scheme": "HTTP"}}, id="http"),
]


@pytest.fixture
def threads():
    with ThreadPoolExecutor(64) as pool:
        yield pool


@pytest.fixture
def fifos(tmp_path):
    """fifos(n): the FIFOs for which n calls of `wait` wait."""

    def make(count):
        paths = [tmp_path / f"fifo{number}" for number in range(count)]
        for path in paths:
            os.mkfifo(path)
        return paths

    return make


def running(behind, count):
    until(lambda: behind.server.process.output.count("waiting") == count, f"{count} calls to run")


@pytest.mark.parametrize("probe", PROBES)
def test_it_becomes_ready_and_no_probe_runs_the_function(behind, probe):
    both = behind("wait", probe=probe)
    # Before the proxy answers these, it probes the function as the revision says.
    for prober in ("kube-probe/1.30", "Knative-Activator-Probe"):
        headers = {"User-Agent": prober, "K-Network-Probe": "queue"}
        until(lambda headers=headers: both.call(headers=headers).status == 200, f"{prober} to be told that it is ready")
        assert both.call(headers=headers).text == "queue"
    # The proxy passes these on to the function's server.
    assert both.call(headers={"K-Network-Probe": "queue"}).text == "ok\n"
    assert "waiting" not in both.server.process.output


def test_http1(behind):
    both = behind("app::echo")
    answer = both.call("/a%20b?x=1", method="PUT", body=b"\0\xff")
    assert answer.status == 200 and answer.headers["X-Echo"] == "yes"
    assert answer.body.split(b"\n", 3)[:3] == [b"PUT", b"/a%20b?x=1", b"1.1"] and answer.body.endswith(b"\n\0\xff")


def test_http2(behind):
    client = behind("app::echo").http2()
    for number in range(3):
        answer = client.answer(client.request(f"/{number}", body=b"\0\xff"))
        assert answer.status == 200
        assert answer.body.split(b"\n", 3)[:3] == [b"POST", b"/%d" % number, b"2"], "the proxy speaks it to the function, too"


def test_a_revisions_time_limit(behind, fifos, threads):
    both = behind("wait", REVISION_TIMEOUT_SECONDS="1")
    (fifo,) = fifos(1)
    answer = both.call(f"/?fifo={fifo}")
    assert answer.status == 504
    fifo.open("wb").close()  # the function still waits
    assert both.call("/?fifo=/dev/null").status == 200


def test_concurrency_1(behind, fifos, threads):
    both = behind("wait", CONTAINER_CONCURRENCY="1")
    paths = fifos(3)
    calls = [threads.submit(both.call, f"/?fifo={path}") for path in paths]
    for done in range(1, 4):
        running(both, done)
        assert sum(call.done() for call in calls) == done - 1
        # The call that runs is the one that reads its FIFO.
        writer = until(lambda: open_one(paths), "the one that runs")
        os.close(writer)
        until(lambda done=done: sum(call.done() for call in calls) == done, "its answer")
    assert [call.result().status for call in calls] == [200] * 3


def open_one(paths):
    for path in paths:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            continue
    return None


def test_what_is_in_flight_survives_a_stop(behind, fifos, threads):
    both = behind("wait")
    paths = fifos(8)
    calls = [threads.submit(both.call, f"/?fifo={path}") for path in paths[:4]]
    client = both.http2()
    streams = [client.request(f"/?fifo={path}", method="GET") for path in paths[4:]]
    running(both, len(paths))
    both.server.process.terminate()
    both.server.logged('"draining"')
    for path in paths:
        path.open("wb").close()
    assert [call.result(PATIENCE).status for call in calls] == [200] * 4
    assert [client.answer(stream).status for stream in streams] == [200] * 4
    assert both.server.process.exit_code() == 0


@pytest.mark.parametrize("flags", [[], ["-h2c"]], ids=["h1", "h2c"])
def test_a_stop_under_load_loses_nothing(behind, network, tmp_path, flags):
    both = behind("app::echo")
    results = tmp_path / "results"
    attack = network.command(tool("vegeta"), "attack", "-rate=200", "-duration=2s", "-timeout=20s", f"-output={results}", *flags)
    load = subprocess.Popen(attack, stdin=subprocess.PIPE)
    load.stdin.write(f"GET http://127.0.0.1:{PROXY_PORT}/\n".encode())
    load.stdin.close()
    until(lambda: results.exists() and results.stat().st_size > 10_000, "answers")
    both.server.process.terminate()
    assert both.server.process.exit_code() == 0
    assert load.wait(PATIENCE) == 0
    encoded = subprocess.check_output([tool("vegeta"), "encode", "-to=json", results])
    answers = [json.loads(line) for line in encoded.splitlines()]
    assert sum(answer["code"] == 200 for answer in answers) > 10
    # From then on no process listens on the port. The proxy says so, and that the request never arrived.
    failed = [answer for answer in answers if answer["code"] != 200]
    assert failed, "the load has ended too early"
    assert {(answer["code"], "connection refused" in base64.b64decode(answer["body"]).decode()) for answer in failed} == {(502, True)}, failed[:3]
