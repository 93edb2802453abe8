"""Clients that know what they sent: which request was answered, by which build, and whether an older build than allowed answered it.

    with Traffic(dev, [KeptAlive] * 4) as traffic:
        traffic.flows(20)           # waits for 20 more answers
        …                           # a reload
    traffic.check(versions)         # {build: its version}
"""

import itertools
import struct
import threading
from dataclasses import dataclass

import hpack

from support import frames
from support.http_client import call
from support.raw import Raw
from support.waiting import PATIENCE, until


@dataclass(frozen=True)
class Ended:
    """A request that was answered."""

    floor: int  # the newest build that the client knew to serve before it began the request
    build: int
    status: int
    body: str
    expected: str  # the body after the version

    def problem(self, versions):
        """Returns what is wrong with the answer, or None."""
        if self.status != 200:
            return "failed"
        if self.build < self.floor:
            return "answered by an older build"
        return None if self.body == f"{versions[self.build]} {self.expected}" else "a wrong answer"


class Traffic:
    """Sends requests on threads of its own until its end."""

    def __init__(self, dev, clients):
        self.dev = dev
        self.ended = []
        self.errors = []  # requests without an answer, and connections that a server should have kept
        self.begun = 0
        self.repeated = 0  # requests that the server has refused with a GOAWAY
        self.connections = 0
        self._ids = itertools.count()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(client(self),)) for client in clients]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self):
        return not self._stopped.is_set()

    def begin(self):
        """Returns the id of a new request and the build that must answer it, or a newer one."""
        with self._lock:
            self.begun += 1
        return str(next(self._ids)), self.dev.serving

    def end(self, floor, answer, expected):
        """`answer`: with status, headers and text."""
        build = int(answer.headers["x-openfunction-build"] or -1)
        with self._lock:
            self.ended.append(Ended(floor, build, answer.status, answer.text.strip(), expected))

    def count(self, connections=0, repeated=0):
        with self._lock:
            self.connections += connections
            self.repeated += repeated

    def flows(self, more):
        """Waits for that many more answers."""
        target = len(self.ended) + more
        until(lambda: len(self.ended) >= target or self.errors, f"{more} more answers")

    def check(self, versions):
        problems = [(problem, ended) for ended in self.ended if (problem := ended.problem(versions))]
        lost = self.begun - len(self.ended)
        print(
            f"{self.begun} requests over {self.connections} connections, {len(versions) - 1} reloads: "
            f"{lost} lost, {len(problems)} wrong, {self.repeated} repeated after GOAWAY"
        )
        assert (self.errors, problems[:5], lost) == ([], [], 0)

    def _run(self, client):
        try:
            client.run()
        except Exception as error:  # any exception means that the client lost a request or its connection
            self.errors.append(repr(error))


class Client:
    def __init__(self, traffic, path="/now", **query):
        self.traffic = traffic
        self._path = path
        self._query = "".join(f"&{name}={value}" for name, value in query.items())

    def path(self, id):
        return f"{self._path}?id={id}{self._query}"

    def request(self, id):
        return f"GET {self.path(id)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()

    def connect(self):
        self.traffic.count(connections=1)
        return Raw(self.traffic.dev.port)


class NewConnections(Client):
    """Each request has a connection of its own."""

    def run(self):
        while self.traffic.goes_on():
            id, floor = self.traffic.begin()
            self.traffic.count(connections=1)
            self.traffic.end(floor, call(self.traffic.dev.url, self.path(id), method="GET"), id)


class KeptAlive(Client):
    """One connection for all requests. A reload does not end it."""

    def __init__(self, traffic, at_once=1, **others):
        super().__init__(traffic, **others)
        self._at_once = at_once  # requests that are sent before the first one is answered

    def run(self):
        with self.connect() as raw:
            while self.traffic.goes_on():
                begun = [self.traffic.begin() for _ in range(self._at_once)]
                raw.send(b"".join(self.request(id) for id, _ in begun))
                for id, floor in begun:
                    answer = raw.answer()
                    assert answer.headers["connection"] is None, "the server ends the connection"
                    self.traffic.end(floor, answer, id)


@dataclass
class H2Answer:
    status: int = 0
    headers: dict = None
    body: bytes = b""

    @property
    def text(self):
        return self.body.decode()


class Http2(Client):
    """Some streams at a time. After a GOAWAY it begins no stream on that connection, and repeats only those that the server names as not
    processed (RFC 9113 §6.8)."""

    streams = 4

    def run(self):
        refused = []
        while refused or self.traffic.goes_on():
            with self.connect() as raw:
                refused = _H2Connection(self, raw).run(refused)


class _H2Connection:
    def __init__(self, client, raw):
        self._client = client
        self._traffic = client.traffic
        self._raw = raw
        self._frames = frames.Frames(raw)
        self._decoder = hpack.Decoder()
        self._next = 1
        self._open = {}  # stream → (id, floor, answer)
        self._refused = []
        self._is_leaving = False
        raw.send(frames.PREFACE + frames.settings())

    def run(self, repeated):
        """Returns the ids that must be repeated on another connection."""
        for id in repeated:
            self._send(id, self._traffic.dev.serving)
        while self._open or (not self._is_leaving and self._traffic.goes_on()):
            while self._traffic.goes_on() and not self._is_leaving and len(self._open) < self._client.streams:
                self._send(*self._traffic.begin())
            self._frames.take(PATIENCE)
            for frame in self._frames.seen:
                self._take(frame)
            self._frames.seen.clear()
            assert not (self._frames.ended and self._open), f"closed before the answers to {self._open}"
            if self._frames.ended:
                break
        return self._refused

    def _send(self, id, floor):
        fields = dict(frames.GET) | {b":path": self._client.path(id).encode()}
        self._open[self._next] = (id, floor, H2Answer())
        self._raw.send(frames.headers(self._next, fields.items(), frames.END_STREAM))
        self._next += 2

    def _take(self, frame):
        if frame.kind == frames.HEADERS:
            fields = {name.lower(): value for name, value in self._decoder.decode(frame.payload)}
            answer = self._open[frame.stream][2]
            answer.status, answer.headers = int(fields[":status"]), fields
        elif frame.kind == frames.DATA:
            self._open[frame.stream][2].body += frame.payload
            if frame.payload:
                self._raw.send(frames.window_update(0, len(frame.payload)))
        elif frame.kind == frames.GOAWAY:
            last, code = struct.unpack(">II", frame.payload[:8])
            assert code == 0, frame
            self._is_leaving = True
            for stream in [stream for stream in self._open if stream > last]:
                self._refused.append(self._open.pop(stream)[0])
                self._traffic.count(repeated=1)
        elif frame.kind == frames.RST_STREAM:
            raise AssertionError(f"reset: {self._open[frame.stream]}")
        elif frame.kind == frames.PING and not frame.flags & frames.ACK:
            self._raw.send(frames.frame(frames.PING, frames.ACK, 0, frame.payload))
        elif frame.kind == frames.SETTINGS and not frame.flags & frames.ACK:
            self._raw.send(frames.frame(frames.SETTINGS, frames.ACK))
        if frame.kind in (frames.HEADERS, frames.DATA) and frame.flags & frames.END_STREAM:
            id, floor, answer = self._open.pop(frame.stream)
            self._traffic.end(floor, answer, id)


class Streams(Client):
    """Reads one stream of events after another. Each must be whole, and of one build."""

    count = 30

    def run(self):
        with self.connect() as raw:
            while self.traffic.goes_on():
                id, floor = self.traffic.begin()
                raw.send(self.request(id))
                answer = raw.answer()
                data = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
                version = data[0].split()[0]
                assert data == [f"{version} {tick}" for tick in range(1, self.count + 1)]
                self.traffic.end(floor, H2Answer(answer.status, answer.headers, f"{version} {id}".encode()), id)
