"""Every kind of hostile or careless HTTP/2, frame by frame over a socket: which messages are refused, and which end the connection. All of
them must cost little: few calls of the function, no memory, and no other client's connection.
"""

import socket
import struct

import pytest

from support.frames import (
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, PADDED, PING, POST, PREFACE, PRIORITY, RST_STREAM, SETTINGS,
    Frames, block, data, frame, headers, reset, settings, window_update,
)  # fmt: skip
from support.http_client import Caller
from support.memory import resident_mib
from support.raw import Raw

HELLO = PREFACE + settings()


def replaced(name, value, fields=GET):
    return tuple((each, value if each == name else was) for each, was in fields)


def without(name, fields=GET):
    return tuple(field for field in fields if field[0] != name)


def get(*more, fields=GET):
    return headers(1, (*fields, *more), END_STREAM)


def post(length, *bodies):
    parts = [data(1, body, END_STREAM if body is bodies[-1] else 0) for body in bodies]
    return headers(1, (*POST, (b"content-length", length)), 0 if bodies else END_STREAM) + b"".join(parts)


# Malformed requests: their stream is reset, and the connection stays open.
MALFORMED = {
    **{f"no {name.decode()}": get(fields=without(name)) for name in (b":method", b":scheme", b":path", b":authority")},
    **{f"two {name.decode()}": get(fields=(*GET, (name, value))) for name, value in GET},
    "an empty :path": get(fields=replaced(b":path", b"")),
    "an unknown pseudo field": get(fields=(*GET, (b":protocol", b"x"))),
    "a response's pseudo field": get(fields=(*GET, (b":status", b"200"))),
    "a pseudo field behind a field": get((b"a", b"b"), (b":path", b"/"), fields=without(b":path")),
    "a pseudo field as a trailer": headers(1, POST) + headers(1, [(b":path", b"/")], END_STREAM),
    **{
        f"{name.decode()}: {value.decode()}": get((name, value))
        for name, value in (
            (b"connection", b"close"), (b"keep-alive", b"1"), (b"proxy-connection", b"close"), (b"upgrade", b"h2c"),
            (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"identity"), (b"te", b"gzip"),
        )
    },
    **{
        f"the name {name!r}": get((name, b"b"))
        for name in (b"", b"A", b"a b", b" a", b"a ", b"a:", b"a\0", b"a\r\nb", b"a\x80", b"\xc3\xa4", b"a\x7f")
    },
    **{
        f"the value {value!r}": get((b"a", value))
        for value in (b"b\0", b"b\rc", b"b\nc", b"b\r\nhost: y", b"\0", b" b", b"b ", b"\tb", b"b\t", b"b\x01", b"b\x7f")
    },
    **{
        f":path {path!r}": get(fields=replaced(b":path", path))
        for path in (b"*", b"a", b"http://x/", b"/a#b", b"/a b", b"/\xc3\xa4", b"/%zz", b"/%4", b"/a\\b", b"/ HTTP/1.1\r\nx: y")
    },
    **{
        f":authority {authority!r}": get(fields=replaced(b":authority", authority))
        for authority in (b"", b"u@x", b"x/y", b"x,y", b"x:port", b"x:99999", b"x y", b"[::1", b"x?y")
    },
    **{f":method {method!r}": get(fields=replaced(b":method", method)) for method in (b"", b"G T", b"G\0T", b"GET / HTTP/1.1\r\n")},
    **{f":scheme {scheme!r}": get(fields=replaced(b":scheme", scheme)) for scheme in (b"", b"h ttp", b"1http", b"javascript", b"ftp")},
    **{
        f"{name.decode()} as a trailer": headers(1, POST) + data(1, b"a") + headers(1, [(name, b"x")], END_STREAM)
        for name in (b"content-length", b"transfer-encoding", b"host", b"connection", b"te", b"trailer", b"upgrade", b"expect")
    },
    "another host": get((b"host", b"y")),
    "two hosts": get((b"host", b"x"), (b"host", b"x")),
    "two lengths": headers(1, (*POST, (b"content-length", b"1"), (b"content-length", b"1"))) + data(1, b"a", END_STREAM),
    **{f"length {value!r}": post(value, b"hello") for value in (b"", b"+5", b"-5", b"5,5", b"0x5", b"5 ", b"five", b"9" * 26)},
    "a length without a body": post(b"5"),
    "more than the length": post(b"5", b"hello!"),
    "more than the length, in pieces": post(b"5", b"hel", b"lo!"),
    "less than the length": post(b"5", b"hell"),
    "less than the length, and trailers": headers(1, (*POST, (b"content-length", b"5"))) + data(1, b"a") + headers(1, [(b"a", b"b")], END_STREAM),
}  # fmt: skip


@pytest.fixture(scope="module")
def counted(program, functions):
    server = program.serve(functions, "counted", flags=["--slow-reader-timeout", "2s"])
    yield server
    server.process.end()


@pytest.fixture
def good(counted):
    """A client with its own connection. It counts how often the function has run for other clients."""
    with Good(counted.url) as caller:
        yield caller


class Good(Caller):
    def __init__(self, url):
        super().__init__(url)
        self._calls = 0
        self._before = 0

    def __enter__(self):
        self._before = self.call()
        self._calls = 0
        return self

    def call(self):
        answer = super().call()
        assert answer.status == 200
        self._calls += 1
        return int(answer.body)

    def calls_of_others(self):
        return self.call() - self._before - self._calls


def talk(server, *pieces):
    """Sends these pieces, and then a well-formed request. Returns the server's frames."""
    with Raw(server.port) as raw:
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            raw.send(piece)
        raw.send(headers(3, GET, END_STREAM))
        frames = Frames(raw)
        frames.until(DATA, 3)
        return frames


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_ends_its_stream_and_nothing_else(counted, good, sent):
    cuts = range(len(HELLO), len(HELLO + sent))
    for cut in cuts:
        frames = talk(counted, (HELLO + sent)[:cut], (HELLO + sent)[cut:])
        assert frames.find(RST_STREAM, 1).code == 1, f"cut at {cut}"
        assert frames.find(HEADERS, 1) is None and frames.find(GOAWAY) is None
    assert good.calls_of_others() == len(cuts), "the well-formed ones"


LARGE = b"x" * 10_000


def large(count):
    """A head of `count` times 10 KB, in `count` frames."""
    parts = [frame(CONTINUATION, 0, 1, block([(b"x-large", LARGE)])) for _ in range(count)]
    return frame(HEADERS, END_STREAM, 1, block(GET)) + b"".join(parts) + frame(CONTINUATION, END_HEADERS, 1)


def test_a_head_too_large_is_told_so(counted, good):
    frames = talk(counted, HELLO + large(7))
    assert frames.find(RST_STREAM, 1) is not None or b"431" in frames.find(HEADERS, 1).payload
    assert frames.find(GOAWAY) is None
    assert good.calls_of_others() == 1


def test_a_good_request_however_it_is_cut(counted):
    sent = HELLO + get()
    for cut in range(len(sent)):
        with Raw(counted.port) as raw:
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.send(sent[:cut])
            raw.send(sent[cut:])
            assert Frames(raw).until(DATA, 1).payload.isdigit(), f"cut at {cut}"


def test_more_than_a_hundred_requests_at_once(counted):
    """Requests above the hundred may be sent again (RFC 9113 §8.7); the hundred are answered."""
    ids = range(1, 401, 2)
    with Raw(counted.port) as raw:
        raw.send(HELLO + b"".join(headers(number, POST) for number in ids))
        frames = Frames(raw)
        for number in ids[100:]:
            assert frames.until(RST_STREAM, number).code == 7
        for number in ids[:100]:
            raw.send(data(number, b"x", END_STREAM))
        for number in ids[:100]:
            assert frames.until(DATA, number).payload.isdigit()
        assert frames.find(GOAWAY) is None
        raw.send(headers(401, GET, END_STREAM))
        frames.until(DATA, 401)


def once(first, then):
    """Sends `then` on every stream, and `first` before it on the first stream."""
    return lambda number: (*(first if number == 1 else ()), *then)


WITH_LENGTH = (*POST, (b"content-length", b"1"))

# Each makes the frames for the number of a new stream; they are sent again and again.
ABUSES = {
    "rapid reset": lambda number: (headers(number, GET, END_STREAM), reset(number)),
    "rapid reset of open requests": lambda number: (headers(number, POST), reset(number)),
    "window overflow": lambda number: (headers(number, POST), window_update(number, 0x7FFFFFFF)),
    "window overflow of whole requests": lambda number: (headers(number, GET, END_STREAM) + window_update(number, 0x7FFFFFFF),),
    "empty window update": lambda number: (headers(number, POST), window_update(number, 0)),
    "length mismatch": lambda number: (headers(number, WITH_LENGTH), data(number, b"abc", END_STREAM)),
    "DATA on a half-closed stream": lambda number: (headers(number, GET, END_STREAM) + data(number, b"x", END_STREAM),),
    "HEADERS on a half-closed stream": lambda number: (headers(number, GET, END_STREAM) + headers(number, GET, END_STREAM),),
    "a stream that depends on itself": lambda number: (
        headers(number, POST) + frame(PRIORITY, 0, number, struct.pack(">IB", number, 0)),
    ),
    "malformed HEADERS": lambda number: (headers(number, GET[:1], END_STREAM),),
    "malformed HEADERS with bodies": lambda number: (headers(number, GET[:1]), data(number, b"x" * 100, END_STREAM)),
    "heads of too many fields": lambda number: (frame(HEADERS, END_HEADERS | END_STREAM, number, block(GET) + b"\xa0" * 200),),
    "HEADERS of a stream that was reset": once([headers(1, POST) + window_update(1, 0x7FFFFFFF)], [headers(1, GET, END_STREAM)]),
    "streams beyond the limit": lambda number: (headers(number, POST),),
    "PING": lambda number: (frame(PING, 0, 0, b"12345678"),),
    "acknowledged PING": lambda number: (frame(PING, ACK, 0, b"12345678"),),
    "SETTINGS": lambda number: (settings(),),
    "SETTINGS that change the window": lambda number: (settings(initial_window_size=number),),
    "SETTINGS that change the table": lambda number: (settings(header_table_size=number % 4096),),
    "PRIORITY": lambda number: (frame(PRIORITY, 0, number, b"\0\0\0\0\1"),),
    "WINDOW_UPDATE of one": lambda number: (window_update(0, 1),),
    "WINDOW_UPDATE of one on a stream": once([headers(1, POST)], [window_update(1, 1)]),
    "an answer taken byte by byte": once([settings(initial_window_size=0), headers(1, GET, END_STREAM)], [window_update(1, 1)]),
    "empty DATA": once([headers(1, POST)], [data(1, b"")]),
    "DATA of one byte": once([headers(1, POST)], [data(1, b"x")]),
    "padding": once([headers(1, POST)], [frame(DATA, PADDED, 1, b"\xff" + bytes(255))]),
    "unknown frames": lambda number: (frame(0xBB, 0, 0, b"x"),),
    "unknown frames on streams": lambda number: (frame(0xBB, 0, number, b"x"),),
    "CONTINUATION": once([frame(HEADERS, 0, 1, block(GET))], [frame(CONTINUATION, 0, 1)]),
    "CONTINUATION with fields": once([frame(HEADERS, 0, 1, block(GET))], [frame(CONTINUATION, 0, 1, block([(b"a", b"b")]))]),
    "RST_STREAM of a closed stream": once([headers(1, GET, END_STREAM)], [reset(1)]),
}
# The parts of these are also sent separately: each request is answered before the rest follows.
DRIPPED = {
    name: ABUSES[name]
    for name in ("rapid reset", "rapid reset of open requests", "window overflow", "empty window update", "length mismatch", "malformed HEADERS",
                 "heads of too many fields")
}
ENOUGH = 100_000


def abuse(server, make, good, reads=True, apart=False, at_once=100, most=ENOUGH):
    """Repeats the abuse until the connection ends. Returns the server's frames and the number of repetitions."""
    with Raw(server.port) as raw:
        raw.send(HELLO)
        frames = Frames(raw)
        done = 0
        try:
            while done < most and not frames.find(GOAWAY) and not frames.ended:
                parts = [part for number in range(done, done + at_once) for part in make(2 * number + 1)]
                for part in parts if apart else [b"".join(parts)]:
                    raw.send(part)
                    good.call()
                done += at_once
                if reads:
                    frames.take()
        except ConnectionError:
            pass
        return frames.rest(), done


def check(server, make, good, **how):
    before = resident_mib(server)
    said, done = abuse(server, make, good, **how)
    # The connection ends, and the server has not sent a frame for each repetition.
    assert not said or any(each.kind == GOAWAY for each in said)
    assert len(said) < 2_000
    assert good.calls_of_others() <= 200
    assert resident_mib(server) < before + 8
    return done


@pytest.mark.parametrize("make", ABUSES.values(), ids=ABUSES)
def test_abuse_ends_the_connection(counted, good, make):
    assert check(counted, make, good) < ENOUGH


@pytest.mark.parametrize("make", DRIPPED.values(), ids=DRIPPED)
def test_abuse_with_pauses_ends_the_connection(counted, good, make):
    assert check(counted, make, good, apart=True, at_once=1) < ENOUGH


@pytest.mark.parametrize("make", ABUSES.values(), ids=ABUSES)
def test_abuse_by_who_reads_nothing_ends_the_connection(counted, good, make):
    """The client may continue to send, but the server has closed its end and reads nothing more."""
    check(counted, make, good, reads=False, at_once=1000, most=20_000)


# A field of 4 KB that HPACK's table keeps, and that the client then names again and again, with one byte each time.
BOMB = block(GET) + b"\x40" + block([(b"x-bomb", b"y" * 3_900)])[1:]
BOMBS = {
    "small": (BOMB + b"\xbe" * 20, HEADERS),  # 80 KB
    "large": (BOMB + b"\xbe" * 12_000, GOAWAY),  # 48 MB
    "of a field that everybody has": (block(GET) + b"\xa0" * 16_000, GOAWAY),
}


@pytest.mark.parametrize(("bomb", "answer"), BOMBS.values(), ids=BOMBS)
def test_an_hpack_bomb_takes_no_memory(counted, good, bomb, answer):
    before = resident_mib(counted)
    for _ in range(50):
        with Raw(counted.port) as raw:
            raw.send(HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, bomb))
            frames = Frames(raw)
            frames.until(answer, 1 if answer == HEADERS else 0)
            if answer == HEADERS:
                raw.send(headers(3, GET, END_STREAM))
                assert frames.until(DATA, 3).payload.isdigit()
    assert good.calls_of_others() == (50 if answer == HEADERS else 0)
    assert resident_mib(counted) < before + 4


# These bytes are not HTTP/2 or break its framing. The server answers with GOAWAY or closes.
BROKEN = {
    "HTTP/1.1 behind the preface": PREFACE + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another frame than SETTINGS first": PREFACE + frame(PING, 0, 0, b"12345678"),
    "a frame too large": HELLO + frame(DATA, 0, 1, bytes(16_385)),
    "HEADERS on stream 0": HELLO + headers(0, GET, END_STREAM),
    "an even stream": HELLO + headers(2, GET, END_STREAM),
    "a stream below the last": HELLO + headers(5, POST) + headers(3, POST),
    "DATA on an idle stream": HELLO + data(1, b"x"),
    "RST_STREAM of an idle stream": HELLO + reset(1),
    "WINDOW_UPDATE of an idle stream": HELLO + window_update(1, 1),
    "PUSH_PROMISE": HELLO + frame(5, END_HEADERS, 1, b"\0\0\0\2" + block(GET)),
    "CONTINUATION of nothing": HELLO + frame(CONTINUATION, END_HEADERS, 1, block(GET)),
    "a frame within a head": HELLO + frame(HEADERS, 0, 1, block(GET)) + frame(PING, 0, 0, b"12345678"),
    "another stream's CONTINUATION": HELLO + frame(HEADERS, 0, 1, block(GET)) + frame(CONTINUATION, END_HEADERS, 3),
    "a PING of seven bytes": HELLO + frame(PING, 0, 0, b"1234567"),
    "a PING on a stream": HELLO + frame(PING, 0, 1, b"12345678"),
    "SETTINGS of five bytes": HELLO + frame(SETTINGS, 0, 0, b"12345"),
    "SETTINGS on a stream": HELLO + frame(SETTINGS, 0, 1),
    "SETTINGS acknowledged with a value": HELLO + frame(SETTINGS, ACK, 0, bytes(6)),
    "a window too large": HELLO + settings(initial_window_size=0x80000000),
    "a frame size too small": HELLO + settings(max_frame_size=16_383),
    "the connection's window overflows": HELLO + window_update(0, 0x7FFFFFFF),
    "an empty WINDOW_UPDATE": HELLO + window_update(0, 0),
    "an index that HPACK has not": HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\x80\x01"),
    "a table larger than allowed": HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xe2\x1f" + block(GET)),
    "an HPACK number without end": HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x7f" + b"\xff" * 20),
    "Huffman's end of string": HELLO + frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x84\xff\xff\xff\xff\x00"),
    "padding longer than its frame": HELLO + frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\xff" + block(GET)),
    "more CONTINUATION than any head needs": HELLO + large(9),
}  # fmt: skip


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_framing_ends_the_connection(counted, good, sent):
    for cut in (0, *range(len(PREFACE) + 1, len(sent))) if len(sent) < 300 else (0, len(sent) - 1):
        with Raw(counted.port) as raw:
            raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.send(sent[:cut])
            raw.send(sent[cut:])
            said = Frames(raw).rest()
            assert said[-1].kind == GOAWAY and said[-1].code != 0, f"cut at {cut}: {said}"
    assert good.calls_of_others() == 0


def test_a_stop_says_goodbye_twice(serve, fifo, release):
    """The first GOAWAY announces the end and excludes no stream. When the client has seen it, the second names the last stream (RFC 9113
    §6.8)."""
    server = serve("wait")
    waiting = replaced(b":path", b"/?fifo=%s" % str(fifo).encode())
    with Raw(server.port) as raw:
        raw.send(HELLO + headers(1, waiting, END_STREAM))
        server.logged("waiting")
        server.process.terminate()
        frames = Frames(raw)
        assert frames.until(GOAWAY).payload == struct.pack(">II", 0x7FFFFFFF, 0)
        ping = frames.until(PING)
        # A request that is on its way at that time is served.
        raw.send(headers(3, replaced(b":path", b"/?fifo=/dev/null"), END_STREAM) + frame(PING, ACK, 0, ping.payload))
        frames.until(HEADERS, 3)
        release(fifo)
        assert frames.until(DATA, 1).payload == b"released\n"
        goodbyes = [each.payload for each in frames.rest() if each.kind == GOAWAY]
        assert goodbyes == [struct.pack(">II", 0x7FFFFFFF, 0), struct.pack(">II", 3, 0)]
    assert server.process.exit_code() == 0
