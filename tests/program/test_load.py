"""Under load: thousands of slow sockets, third-party attack tools, and a stop during the load.

`--heavy` runs the long forms.
"""

import json
import os
import re
import resource
import shutil
import socket
import subprocess

import pytest

from support.http_client import Caller, call
from support.tools import missing, tool
from support.waiting import PATIENCE, until

SLOW = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "


@pytest.fixture
def sockets(request):
    """The number of slow sockets; the system's limit for the server and for the test bounds it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield min(10_000 if request.config.getoption("--heavy") else 2_000, before[1] - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_slow_sockets_by_the_thousand_hurt_nobody(serve, sockets):
    server = serve("app::echo", "--head-timeout", "60s")
    slow = []
    try:
        for _ in range(sockets):
            slow.append(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
            slow[-1].send(SLOW)
        with Caller(server.url) as kept:
            for number in range(200):
                assert kept.call(f"/{number}").status == 200
                if number % 10 == 0:
                    assert call(server.url).status == 200, "over a new connection"
                slow[number].send(b"x")
        assert "new connections wait" not in server.process.output
    finally:
        for each in slow:
            each.close()
    with Caller(server.url) as kept:
        until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) < 100, "the server to close them, too")
        assert kept.call("/").status == 200


def slowhttptest(server, *flags, seconds):
    program = shutil.which("slowhttptest")
    if program is None:
        missing("slowhttptest is missing: ./dev setup test, or apt-get install slowhttptest")
    command = [program, "-c", "200", "-r", "200", "-l", str(seconds), "-p", "3", "-u", server.url, *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_slowhttptest_in_all_its_modes(serve, request):
    """Slow heads, slow bodies, range headers and slow readers, all at once, while good clients are served."""
    seconds = 30 if request.config.getoption("--heavy") else 4
    server = serve("app::echo")
    modes = [["-H", "-i", "1"], ["-B", "-i", "1", "-s", "8192"], ["-R"], ["-X", "-w", "1", "-y", "8", "-n", "1", "-z", "4"]]
    attacks = [slowhttptest(server, *mode, seconds=seconds) for mode in modes]
    served = 0
    with Caller(server.url) as kept:
        while any(attack.poll() is None for attack in attacks):
            assert kept.call("/").status == 200 and call(server.url).status == 200
            served += 2
    assert served > 10
    for mode, attack in zip(modes, attacks, strict=True):
        output, _ = attack.communicate(timeout=PATIENCE)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
        assert re.search(r"service available:\s+YES", plain), f"{mode}: {plain[-800:]}"
    assert server.process.is_running()


@pytest.mark.parametrize("flags", [[], ["-h2c"]], ids=["h1", "h2c"])
def test_a_stop_under_load_fails_nothing_that_was_begun(serve, tmp_path, request, flags):
    server = serve("app::echo")
    results = tmp_path / "results"
    duration = "30s" if request.config.getoption("--heavy") else "2s"
    attack = [tool("vegeta"), "attack", "-rate=300", f"-duration={duration}", "-timeout=20s", f"-output={results}", *flags]
    with subprocess.Popen(attack, stdin=subprocess.PIPE) as load:
        load.stdin.write(f"GET {server.url}\n".encode())
        load.stdin.close()
        until(lambda: results.exists() and results.stat().st_size > 20_000, "answers")
        server.process.terminate()
        assert server.process.exit_code() == 0
        assert load.wait(60) == 0
    encoded = subprocess.check_output([tool("vegeta"), "encode", "-to=json", results])
    answers = [json.loads(line) for line in encoded.splitlines()]
    assert sum(answer["code"] == 200 for answer in answers) > 10
    # The failed calls never began, because no process listened any more.
    failed = {answer["error"] for answer in answers if answer["code"] != 200}
    assert failed and all("connection refused" in error for error in failed), failed
