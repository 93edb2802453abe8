"""A bad network between the program and its sidecar: it delays, splits, drops and cuts. Then it recovers."""

import pytest

from support.http_client import call
from support.ledger import Ledger
from support.program import binding, topic


@pytest.fixture
def link(toxiproxy, sidecar):
    return toxiproxy.link(sidecar.port)


# Each fault: True if it can make calls fail, its type, its direction and its attributes.
TOXICS = {
    "delayed answers": (False, "latency", "downstream", {"latency": 30, "jitter": 30}),
    "delayed calls": (False, "latency", "upstream", {"latency": 30, "jitter": 30}),
    "calls in small pieces": (False, "slicer", "upstream", {"average_size": 700, "size_variation": 600, "delay": 10}),
    "answers in small pieces": (False, "slicer", "downstream", {"average_size": 3, "size_variation": 2, "delay": 10}),
    "a narrow way": (False, "bandwidth", "upstream", {"rate": 4000}),
    "cut in the middle of the calls": (True, "limit_data", "upstream", {"bytes": 110_000}),
    "cut in the middle of the answers": (True, "limit_data", "downstream", {"bytes": 700}),
    "reset by the peer": (True, "reset_peer", "downstream", {"timeout": 20}),
    "swallowed calls": (True, "timeout", "upstream", {"timeout": 0}),
    "swallowed answers": (True, "timeout", "downstream", {"timeout": 0}),
}


@pytest.mark.parametrize(("can_fail", "type", "stream", "attributes"), TOXICS.values(), ids=TOXICS.keys())
def test_ledger(sidecar, link, serve, can_fail, type, stream, attributes):
    # Limits are short only where calls fail by them: a busy machine may be slower.
    flags = ["--sidecar-timeout", "200ms", "--timeout", "2s"] if can_fail else []
    server = serve(link, binding("archive"), topic("events"), flags=flags)
    with Ledger(server.url) as ledger:
        ledger.wait_for_acknowledged(10)
        with link.toxic(type, stream, **attributes):
            ledger.wait_for_answers(40)
        # After the fault, calls succeed again: the program has replaced the connection if it was broken.
        ledger.wait_for_acknowledged(10)
    ledger.check(sidecar.landed())
    failed = ledger.statuses.total() - ledger.statuses[200]
    assert (failed > 0) == can_fail, ledger.statuses


def test_ledger_of_a_network_that_comes_and_goes(sidecar, link, serve):
    server = serve(link, binding("archive"), topic("events"), flags=["--sidecar-timeout", "200ms"])
    with Ledger(server.url) as ledger:
        for _ in range(3):
            ledger.wait_for_acknowledged(10)
            link.cut()
            ledger.wait_for_answers(16)
            link.mend()
        ledger.wait_for_acknowledged(10)
    ledger.check(sidecar.landed())
    assert ledger.statuses[503] > 0


def test_down_and_up_again(sidecar, link, serve):
    server = serve(link, binding("files", "archive"), flags=["--sidecar-timeout", "200ms"])
    with Ledger(server.url, callers=1) as ledger:
        ledger.wait_for_acknowledged(1)
    link.cut()
    answer = call(server.url, body=b"during\0")
    assert (answer.status, "files" in answer.text) == (503, True)
    link.mend()
    with Ledger(server.url, callers=1) as ledger:
        ledger.wait_for_acknowledged(1)
    assert b"during\0" not in sidecar.landed()


def test_an_unanswered_call_that_has_landed_is_not_acknowledged_and_not_repeated(sidecar, link, serve):
    server = serve(link, binding("files", "archive"), flags=["--timeout", "2s"])
    assert call(server.url, body=b"before\0").status == 200
    with link.toxic("timeout", "downstream", timeout=0):
        answer = call(server.url, body=b"landed\0")
    assert (answer.status, "files" in answer.text) == (504, True)
    assert sorted(sidecar.landed()) == [b"before\0", b"landed\0"]
