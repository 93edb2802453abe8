"""A rolling stop: a proxy learns late that its server stops, and goes on sending requests to it. No request fails.

`--heavy` runs the long form: 1,000 requests a second, and a proxy that is 3 s late.
"""

import base64
import json
import re
import subprocess
from dataclasses import dataclass

import pytest

from support.http_client import call
from support.process import Process
from support.tools import tool
from support.waiting import until

SOURCE = r"""
#include <ofn/function.h>
#include <cstdlib>
std::string name(const ofn::Request&) { return std::getenv("NAME"); }
OFN_FUNCTION(name)
"""


@dataclass(frozen=True)
class Load:
    rate: int  # requests a second
    seconds: int  # more than the proxy is late by
    late: str
    delay: str


@pytest.fixture
def load(request):
    if request.config.getoption("--heavy"):
        return Load(rate=1000, seconds=10, late="3s", delay="5s")
    return Load(rate=200, seconds=3, late="600ms", delay="2s")


@pytest.fixture(scope="module")
def named(shared_from):
    return shared_from(SOURCE)


@pytest.fixture
def servers(serve, named, load):
    """Two servers: the one that stops, and its successor."""
    return [serve("name", "--drain-delay", load.delay, source=named, environment={"NAME": name}) for name in ("old", "new")]


@pytest.fixture
def proxy_before(tmp_path):
    """proxy_before(server, protocol): the proxy's process and its URL."""
    started = []

    def start(server, protocol):
        command = [tool("late-proxy"), "-to", server.url, "-server", protocol]
        started.append(Process(command, {"HOME": str(tmp_path)}))
        address = started[-1].line(lambda line: re.search(r"listening on (\S+)", line), "the proxy's address")[1]
        return started[-1], f"http://{address}/"

    yield start
    for process in started:
        process.end()


class Attack:
    """Requests at a constant rate. They have bodies, which the proxy does not send a second time."""

    def __init__(self, url, load, folder):
        self._results = folder / "results"
        body = folder / "body"
        body.write_bytes(b"x")
        command = [tool("vegeta"), "attack", f"-rate={load.rate}", f"-duration={load.seconds}s", "-timeout=20s", f"-output={self._results}"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        self._process.stdin.write(f"POST {url}\n@{body}\n".encode())
        self._process.stdin.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def wait_until_it_runs(self):
        until(lambda: self._results.exists() and self._results.stat().st_size > 10_000, "answers")

    def answers(self):
        """Waits for its end; returns the status and the body of each answer, in the order of the requests."""
        assert self._process.wait(60) == 0
        encoded = subprocess.check_output([tool("vegeta"), "encode", "-to=json", self._results])
        records = sorted(map(json.loads, encoded.splitlines()), key=lambda record: record["seq"])
        return [(record["code"], record["error"] or base64.b64decode(record["body"] or "").decode()) for record in records]


@pytest.mark.parametrize("protocol", ["h1", "h2c"])
def test_no_request_fails_while_a_proxy_learns_late(servers, proxy_before, load, tmp_path, protocol):
    old, new = servers
    proxy, url = proxy_before(old, protocol)
    with Attack(url, load, tmp_path) as attack:
        attack.wait_until_it_runs()
        assert call(url, f"/late-proxy/learn?to={new.url}&after={load.late}", method="POST").status == 200
        old.process.terminate()
        old.logged('"stopping soon"')
        assert "sends to" not in proxy.output, "the proxy was not late"
        proxy.line(lambda line: "sends to" in line, "the proxy to learn of the stop")
        assert '"draining"' not in old.process.output, "the proxy was later than the delay"
        assert old.process.exit_code() == 0
        answers = attack.answers()
    failed = [answer for answer in answers if answer not in ((200, "old"), (200, "new"))]
    count = {name: answers.count((200, name)) for name in ("old", "new")}
    print(f"{protocol}: {len(answers)} requests, {count}, {len(failed)} failed")
    assert failed == []
    assert all(count.values()), count
