"""The memory that stays in use after large bodies."""

from support.http_client import call, start_call
from support.memory import resident_mib
from support.waiting import until

BODY = b"x" * (3 << 20)  # small enough for the heap


def test_the_memory_of_large_bodies_is_given_back(serve):
    server = serve("app::echo")
    call(server.url)
    before = resident_mib(server)
    for answer in [start_call(server.url, body=BODY) for _ in range(64)]:
        assert answer.result().body.endswith(BODY)
    until(lambda: resident_mib(server) < before + 8, "the memory of large bodies to be given back")
