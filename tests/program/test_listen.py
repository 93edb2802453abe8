"""The address on which the program listens, and its error if it cannot: exit 5."""

import os
import re
import socket

import pytest

from support.http_client import call


@pytest.fixture
def listen(program, functions):
    """listen(*flags, …): a process that shall listen as the flags and variables say."""
    started = []

    def run(*flags, **environment):
        started.append(program.run(["--source", functions, "--target", "app::echo", *flags], environment))
        return started[-1]

    yield run
    for process in started:
        process.end()


def port_of(process):
    """Returns the port in the line `listening`, for any host."""
    return int(process.line(lambda line: re.search(r'"listening".*"url":"http://[^"]*:(\d+)/"', line), "its URL", 60)[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_in_use_names_who_holds_it(program, functions, host):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        arguments = ["--source", functions, "--target", "wait", "--host", host, "--port", port]
        done = program.run_to_end(arguments)
    assert done.code == 5
    assert f":{port}: the port is in use" in done.stderr
    assert f"(pid {os.getpid()})" in done.stderr, "this test holds it"


def test_a_second_server_names_the_first(listen, program, functions):
    first = listen("--host", "127.0.0.1", "--port", "0")
    port = port_of(first)
    done = program.run_to_end(["--source", functions, "--target", "wait", "--host", "127.0.0.1", "--port", port])
    assert done.code == 5 and f"functions-framew (pid {first.pid})" in done.stderr or f"(pid {first.pid})" in done.stderr
    assert call(f"http://127.0.0.1:{port}/").status == 200


ELSEWHERE = [("192.0.2.1", "no such address"), ("no-such-host.invalid", "no-such-host.invalid")]


@pytest.mark.parametrize(("host", "words"), ELSEWHERE)
def test_an_address_that_is_not_ours(program, functions, host, words):
    done = program.run_to_end(["--source", functions, "--target", "wait", "--host", host, "--port", "0"])
    assert done.code == 5 and words in done.stderr and host in done.stderr
    assert "--host" in done.stderr, "who named it"


@pytest.mark.skipif(not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"), reason="no IPv6 here")
def test_two_colons_are_dual_stack(listen):
    port = port_of(listen("--host", "::", "--port", "0"))
    assert call(f"http://127.0.0.1:{port}/").status == 200
    assert call(f"http://[::1]:{port}/").status == 200


@pytest.mark.parametrize(("address", "others", "reachable"), [
    ("127.0.0.1:0", {}, "127.0.0.1"),
    ("127.0.0.2:1", {"PORT": "0"}, "127.0.0.2"),
    ("127.0.0.2:0", {"HOST": "127.0.0.1"}, "127.0.0.1"),
])  # fmt: skip
def test_listen_address(listen, address, others, reachable):
    """LISTEN_ADDRESS, which HOST and PORT override."""
    port = port_of(listen(LISTEN_ADDRESS=address, **others))
    assert call(f"http://{reachable}:{port}/").status == 200
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.3", port)) != 0, "it listens nowhere else"


def test_a_listen_address_that_is_not_ours(program, functions):
    done = program.run_to_end(["--source", functions, "--target", "wait"], {"LISTEN_ADDRESS": "192.0.2.1:0"})
    assert done.code == 5 and "192.0.2.1" in done.stderr and "LISTEN_ADDRESS" in done.stderr


HOSTS = [("127.0.0.1", True), ("0.0.0.0", True), ("localhost", True), ("127.0.0.2", False)]


@pytest.mark.parametrize(("host", "reachable"), HOSTS)
def test_it_listens_there_and_nowhere_else(listen, host, reachable):
    port = port_of(listen("--host", host, "--port", "0"))
    with socket.socket() as probe:
        assert (probe.connect_ex(("127.0.0.1", port)) == 0) == reachable
