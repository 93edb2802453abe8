"""Reloads under traffic: each request is answered once, and none by an older build than the newest that its client knew to serve.

`--heavy`: 50 reloads under each kind of traffic instead of 25.
"""

import contextlib
import functools
import random
import re
import select
import shutil
import subprocess
import zlib

import pytest

from support.raw import Raw
from support.tools import missing
from support.traffic import Http2, KeptAlive, NewConnections, Streams, Traffic

KINDS = {
    "new connections": [NewConnections] * 3,
    "kept alive": [KeptAlive] * 3 + [functools.partial(KeptAlive, at_once=2)] * 2,
    "h2c": [Http2] * 3,
    "streams": [functools.partial(Streams, path="/ticks", count=Streams.count, pause=5)] * 4,
    "sleeping coroutines": [functools.partial(KeptAlive, path="/nap", ms=150)] * 4
    + [functools.partial(Http2, path="/nap", ms=100)],
}


@pytest.fixture
def versions(text, source):
    return Versions(text, source)


class Versions:
    """Two texts that take turns, so that each is compiled once."""

    def __init__(self, text, source):
        self._texts = {version: text("traffic.cc", version) for version in ("A", "B")}
        self._source = source
        self.of = {1: "A"}  # build → version

    def first(self):
        return self._texts["A"]

    def reload(self, dev):
        version = "B" if self.of[dev.serving] == "A" else "A"
        self.of[dev.serving + 1] = version
        build = dev.reload(self._source, self._texts[version])
        assert (build, dev.failed, dev.crashed) == (len(self.of), [], [])


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_answered_by_the_newest_build(develop, versions, reloads, kind):
    dev = develop(versions.first())
    dev.serves(1)
    with Traffic(dev, KINDS[kind]) as traffic:
        for _ in range(reloads):
            traffic.flows(20 if kind != "streams" else 2)
            versions.reload(dev)
        traffic.flows(5)
    traffic.check(versions.of)
    assert {ended.build for ended in traffic.ended} >= set(range(1, reloads)), "each build answered"


def test_idle_connections_go_on_in_the_newest_build(develop, versions, reloads):
    dev = develop(versions.first())
    dev.serves(1)
    with contextlib.ExitStack() as ended, Traffic(dev, []) as traffic:
        idle = [ended.enter_context(Raw(dev.port)) for _ in range(200)]
        one = KeptAlive(traffic)

        def ask(raw):
            id, floor = traffic.begin()
            raw.send(one.request(id))
            traffic.end(floor, raw.answer(), id)
            assert traffic.ended[-1].build == dev.serving

        for number in range(reloads):
            for raw in idle[number :: reloads]:
                ask(raw)
            versions.reload(dev)
        for raw in idle:
            ask(raw)
        traffic.count(connections=len(idle))
    traffic.check(versions.of)


class Upload:
    """10 MiB in parts. The client sends one part after each reload."""

    parts = 3

    def __init__(self, traffic, number):
        self._traffic = traffic
        body = random.Random(number).randbytes(10 * 1024 * 1024)
        self._sum = zlib.adler32(body)
        size = -(-len(body) // self.parts)
        self.left = [body[at : at + size] for at in range(0, len(body), size)]
        _, self._floor = traffic.begin()
        self._raw = Raw(traffic.dev.port)
        self._raw.send(f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode())

    def send_part(self):
        self._raw.send(self.left.pop(0))

    def end(self):
        """The connection goes on after the upload, too."""
        self._traffic.end(self._floor, self._raw.answer(), str(self._sum))
        id, floor = self._traffic.begin()
        self._raw.send(KeptAlive(self._traffic).request(id))
        self._traffic.end(floor, self._raw.answer(), id)
        self._raw.__exit__()


def test_uploads_that_reloads_overtake_are_answered(develop, versions, reloads):
    dev = develop(versions.first())
    dev.serves(1)
    with Traffic(dev, []) as traffic:
        uploads = []
        for number in range(reloads):
            uploads.append(Upload(traffic, number))
            for upload in uploads:
                upload.send_part()
            if not uploads[0].left:
                uploads.pop(0).end()
            versions.reload(dev)
        for upload in uploads:
            while upload.left:
                upload.send_part()
            upload.end()
        traffic.count(connections=reloads)
    traffic.check(versions.of)


def test_a_stream_outlives_many_reloads(develop, versions):
    """Also while a second one begins in each build."""
    dev = develop(versions.first())
    dev.serves(1)
    with contextlib.ExitStack() as ended:
        streams = []
        for _ in range(12):
            streams.append(ended.enter_context(Raw(dev.port)))
            streams[-1].send(b"GET /ticks?count=1000000&pause=2 HTTP/1.1\r\nHost: x\r\n\r\n")
            versions.reload(dev)
        for build, stream in enumerate(streams, start=1):
            received, more = b"", 20
            while more > 0:
                came_before = bool(select.select([stream.socket], [], [], 0)[0])
                assert (piece := stream.receive()), f"the stream of build {build} was cut"
                received += piece
                more -= 0 if came_before else piece.count(b"data: ")
            version = versions.of[build].encode()
            ticks = re.findall(rb"data: (\w) (\d+)\n", received)
            assert ticks == [(version, b"%d" % tick) for tick in range(1, len(ticks) + 1)]
    print(f"{len(streams)} streams, 12 reloads: 0 cut")


def test_a_flood_keeps_no_save_waiting(develop, versions):
    """The supervisor hears of each call, and still looks at the files."""
    if shutil.which("wrk") is None:
        missing("wrk is missing: ./dev setup test, or apt-get install wrk")
    dev = develop(versions.first())
    dev.serves(1)
    # It lasts longer than any save would be waited for.
    flood = subprocess.Popen(["wrk", "-t2", "-c64", "-d600s", dev.url + "now"], stdout=subprocess.DEVNULL)
    try:
        dev.says("more requests")
        for _ in range(10):
            versions.reload(dev)
    finally:
        flood.kill()
        flood.wait()
    print("10 reloads during a flood")
