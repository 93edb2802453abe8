"""Uploads beyond `ulimit -v` and `ulimit -d`, with default flags: no allocation that a client's bytes cause ends the process.

A request for which there is no memory is answered 503, and all others are served.
"""

import pytest

from support.crowd import Crowd
from support.good_caller import GoodCaller
from support.http_client import call
from support.memory import is_sanitized
from support.memory_loads import complete_uploads, echoed_uploads, parallel_uploads
from support.program import Program

# In kB, as the shell counts. The lowest limit is only a little above the memory that two loops and the code map.
_LIMITS = [("v", 200_000), ("d", 200_000), ("v", 1_000_000), ("d", 1_000_000)]


@pytest.fixture
def limited(program, functions, tmp_path):
    """limited(letter, kib): the program, which serves under this limit of the shell."""
    servers = []

    def serve(letter, kib):
        prefix = ["/bin/sh", "-c", f'ulimit -{letter} "$0" && exec "$@"', str(kib)]
        servers.append(Program(program.path, tmp_path, prefix=prefix).serve(functions, "load"))
        return servers[-1]

    yield serve
    for server in servers:
        server.process.end()


@pytest.mark.parametrize("load", [parallel_uploads, complete_uploads, echoed_uploads])
@pytest.mark.parametrize(("letter", "kib"), _LIMITS)
def test_what_cannot_be_had_is_answered_and_the_process_lives(program, limited, letter, kib, load):
    if is_sanitized(program.path):
        pytest.skip("a sanitizer ends the process where memory is short")
    server = limited(letter, kib)
    assert call(server.url).status == 200
    with GoodCaller(server.port) as caller, Crowd(server.port) as crowd:
        told = load(crowd, connections=100)
        statuses = {peer.status for peer in crowd.peers}
    print(f"\n{load.__name__} under ulimit -{letter} {kib}: {told}\n  {caller.result}")
    assert server.process.is_running()
    assert statuses <= {200, 503}
    assert caller.result.wrong == {} and caller.result.good > 0
    assert call(server.url, body=bytes(1_000_000)).status == 200
