"""Every kind of hostile or careless HTTP/1.1 message, over a socket: what is refused, and that it never reaches the function.

Each case is sent whole, and in two pieces cut at every byte: the answer is always the same. Behind each refusal lies a
request that would be served if the bytes were understood otherwise (request smuggling): it must not be answered.
"""

import socket

import pytest

from support.raw import Raw

NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def get(target=b"/", version=b"HTTP/1.1", method=b"GET"):
    return method + b" " + target + b" " + version + b"\r\nHost: x\r\n\r\n"


def post(fields, body=b"", version=b"HTTP/1.1", host=b"Host: x\r\n"):
    return b"POST / " + version + b"\r\n" + host + fields + b"\r\n\r\n" + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body)


def length(value):
    return post(b"Content-Length: " + value, b"hello" + NEXT)


def encoding(field, version=b"HTTP/1.1"):
    return post(field, b"5\r\nhello\r\n0\r\n\r\n", version)


def host(*lines, version=b"HTTP/1.1"):
    return b"GET / " + version + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def field(line):
    return b"GET / HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n"


LENGTHS = {
    "length, then chunked": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    "chunked, then length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n"),
    "two that differ": post(b"Content-Length: 5\r\nContent-Length: 6", b"hello"),
    "two that agree": post(b"Content-Length: 5\r\nContent-Length: 5", b"hello"),
    "a list that differs": length(b"5, 6"),
    "a list that agrees": length(b"5, 5"),
    **{
        "length " + repr(value): length(value)
        for value in (b"+5", b"-5", b"-0", b"0x5", b"0o5", b"1_0", b"5z", b"1 0", b"", b"5.0", b'"5"', b"5,", b",5", b"9" * 26)
    },
    "blank before its colon": post(b"Content-Length : 5", b"hello"),
}

ENCODINGS = {
    **{
        "encoding " + repr(value): encoding(b"Transfer-Encoding:" + value)
        for value in (
            b" xchunked", b" gzip", b" identity", b"", b" chunked, gzip", b" chunked, chunked", b" , chunked",
            b" chunked;q=1", b" \x0bchunked", b" chunked\x0b", b" chunked\0", b" \0chunked", b" \xa0chunked", b" chunked\xa0",
            b" chunked, identity", b' "chunked"',
        )
    },
    "twice": encoding(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    "blank before the colon": encoding(b"Transfer-Encoding : chunked"),
    "folded": encoding(b"Transfer-Encoding:\r\n chunked"),
    "on HTTP/1.0": encoding(b"Transfer-Encoding: chunked", b"HTTP/1.0"),
}  # fmt: skip

CHUNKS = {
    **{
        "size " + repr(size): chunked(size + b"\r\nhello\r\n0\r\n\r\n")
        for size in (
            b"", b"0x5", b"+5", b"-5", b"0_5", b" 5", b"5 ", b"\t5", b"5g", b"f" * 17, b"1" + b"0" * 16, b"5;", b"5;\0", b"5;a=\rb",
            b"5;a=\nb", b"5;a=\0", b"5;" + b"a" * 9000,
        )
    },
    "LF alone behind a size": chunked(b"5\nhello\r\n0\r\n\r\n"),
    "CR alone behind a size": chunked(b"5\rhello\r\n0\r\n\r\n"),
    "LF alone behind data": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "CR alone behind data": chunked(b"5\r\nhello\r0\r\n\r\n"),
    "LF alone at the end": chunked(b"0\r\n\n"),
    "data longer than its size": chunked(b"4\r\nhello\r\n0\r\n\r\n"),
    "no CRLF behind data": chunked(b"5\r\nhello0\r\n\r\n"),
    "a trailer without a colon": chunked(b"0\r\nbad\r\n\r\n"),
    "a trailer without a name": chunked(b"0\r\n: x\r\n\r\n"),
    "a blank before a trailer's colon": chunked(b"0\r\na : x\r\n\r\n"),
    "a folded trailer": chunked(b"0\r\na: x\r\n y\r\n\r\n"),
    "a NUL in a trailer": chunked(b"0\r\na: \0\r\n\r\n"),
}  # fmt: skip

FIELDS = {
    "blank before the colon": field(b"A : b"),
    "tab before the colon": field(b"A\t: b"),
    "no name": field(b": b"),
    "no colon": field(b"Ab"),
    "a name that is no token": field(b"A(b): c"),
    "a name in UTF-8": field("ä: b".encode()),
    "a NUL in a name": field(b"A\0: b"),
    "a NUL in a value": field(b"A: b\0c"),
    "a CR in a value": field(b"A: b\rc"),
    "a control in a value": field(b"A: b\x01c"),
    "a DEL in a value": field(b"A: b\x7fc"),
    "LF alone": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "LF alone everywhere": b"GET / HTTP/1.1\nHost: x\n\n",
    "folded": field(b"A: b\r\n c"),
    "folded by a tab": field(b"A: b\r\n\tc"),
    "a blank before the first field": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
}

HOSTS = {
    "none": host(),
    "two": host(b"Host: x", b"Host: y"),
    "two that agree": host(b"Host: x", b"Host: x"),
    "two on 1.0": host(b"Host: x", b"Host: x", version=b"HTTP/1.0"),
    **{
        "host " + repr(value): host(b"Host: " + value)
        for value in (b"x, y", b"user@x", b"x/path", b"x:port", b"x:99999", b"x:-1", b"x\0", b"", b"x y", b"x?y", b"x#y", b"[::1")
    },
}

REQUEST_LINES = {
    "two blanks": b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "two blanks before the version": b"GET /  HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tab": b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a trailing blank": b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    "a leading blank": b" GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "another protocol's version": get(b"word", b"FOO/1.1"),
    "three words": get(b"word", b"FOO"),
    "three words of an unknown method": get(b"word", b"FOO/1.1", b"FOO"),
    "no target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    **{
        "version " + repr(version): get(version=version)
        for version in (b"HTTP/1", b"HTTP/01.01", b"HTTP/1.32", b"http/1.1", b"HTTP/1.1x", b"HTTP/ 1.1", b"HTP/1.1", b"HTTP/1,1", b"HTTP/")
    },
    "a method that is no token": get(method=b"G(T"),
    "a NUL in the method": get(method=b"G\0T"),
    "no method": b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    **{
        "target " + repr(target): get(target)
        for target in (b"/\0", b"/\x01", b"/\x7f", "/ä".encode(), b"/a#b", b"/a\\b", b"/%zz", b"/%", b"/%4", b"!", b"a", b"*", b"http://", b"x:80")
    },
    "a TLS hello": bytes.fromhex("16030100a5010000a10303") + bytes(range(32)) * 2 + b"\r\n\r\n",
    "binary": bytes(range(128, 256)) + b"\r\n\r\n",
    "two empty lines first": b"\r\n\r\n" + get(),
    "a bare LF first": b"\n" + get(),
}  # fmt: skip

# Answered otherwise than 400.
OTHERS = {
    "chunked behind another encoding": (encoding(b"Transfer-Encoding: gzip, chunked"), 501),
    "HTTP/9.9": (get(version=b"HTTP/9.9"), 505),
    "HTTP/2.0": (get(version=b"HTTP/2.0"), 505),
    "a target too long": (get(b"/" + b"a" * 70_000), 414),
    "a method too long": (get(method=b"A" * 70_000), (400, 414, 501)),
    "CONNECT": (b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", (405, 501)),
    "too many fields": (field(b"\r\n".join(b"A%d: b" % number for number in range(101))), 431),
    "a field too large": (field(b"A: " + b"b" * 70_000), 431),
    "trailers too large": (chunked(b"0\r\na: " + b"b" * 70_000 + b"\r\n\r\n"), 431),
    "an unknown expectation": (post(b"Expect: 200-ok\r\nContent-Length: 0"), 417),
    "a length over the limit": (post(b"Content-Length: 10485761"), 413),
}

REFUSED = {
    f"{kind}: {name}": (data, 400)
    for kind, cases in (
        ("length", LENGTHS), ("transfer-encoding", ENCODINGS), ("chunk", CHUNKS), ("field", FIELDS), ("host", HOSTS), ("request line", REQUEST_LINES)
    )
    for name, data in cases.items()
} | OTHERS  # fmt: skip

SERVED = {
    "a length with leading zeros": post(b"Content-Length: 005", b"hello"),
    "CHUNKED in upper case": encoding(b"TRANSFER-ENCODING: CHUNKED"),
    "an extension": chunked(b"5;name=value;other\r\nhello\r\n0\r\n\r\n"),
    "a size in upper case, with zeros": chunked(b"000A\r\nhellohello\r\n00\r\n\r\n"),
    "framing fields as trailers": chunked(b"5\r\nhello\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: gzip\r\n\r\n"),
    "obs-text in a value": field(b"A: \xe4\xff"),
    "tabs in a value": field(b"A:\tb\tc\t"),
    "HTTP/1.2": get(version=b"HTTP/1.2"),
    "absolute form": get(b"http://x/path?q"),
    "OPTIONS *": get(b"*", method=b"OPTIONS"),
    "one empty line first": b"\r\n" + get(),
    "a long target": get(b"/" + b"a" * 8_000),
    "an unknown method": get(method=b"BREW!"),
    "a port": host(b"Host: x:8080"),
    "an IPv6 host": host(b"Host: [::1]:80"),
}

# Served, and closed behind the answer.
SERVED_AND_CLOSED = {"HTTP/1.0 without a host": b"GET / HTTP/1.0\r\n\r\n"}


@pytest.fixture(scope="module")
def echo(program, functions):
    server = program.serve(functions, "app::echo")
    yield server
    server.process.end()


def cuts(data):
    """Where to cut: everywhere; in a long message around its borders and in steps."""
    return range(1, len(data)) if len(data) < 300 else [*range(1, 60), *range(60, len(data) - 40, 9973), *range(len(data) - 40, len(data))]


def conversation(server, *pieces):
    """Everything that the server says to these pieces, up to its end; a reset is an error."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while more := connection.recv(65536):
            said += more
        return said


def shape(said):
    """What counts of an answer: the ids and lengths of bodies differ."""
    lines = said.split(b"\r\n")
    return (lines[0], said.count(b"HTTP/1.1 "), b"Connection: close" in lines)


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(echo, data, status):
    whole = conversation(echo, data + NEXT)
    first, answers, closes = shape(whole)
    assert int(first.split()[1]) in (status if isinstance(status, tuple) else (status,)), whole
    assert answers == 1 and b"smuggled" not in whole
    assert closes or int(first.split()[1]) == 417  # a refused expectation harms no framing
    for cut in cuts(data):
        assert shape(conversation(echo, data[:cut], data[cut:] + NEXT)) == shape(whole), f"cut at {cut}"


@pytest.mark.parametrize("data", SERVED.values(), ids=SERVED.keys())
def test_served(echo, data):
    whole = conversation(echo, data + NEXT)
    assert shape(whole)[:2] == (b"HTTP/1.1 200 OK", 2), whole
    assert b"\n/smuggled\n" in whole
    for cut in cuts(data):
        # Whether the last answer says "close" depends on when our end of input is seen.
        assert shape(conversation(echo, data[:cut], data[cut:] + NEXT))[:2] == shape(whole)[:2], f"cut at {cut}"


@pytest.mark.parametrize("data", SERVED_AND_CLOSED.values(), ids=SERVED_AND_CLOSED.keys())
def test_served_and_closed(echo, data):
    assert shape(conversation(echo, data + NEXT)) == (b"HTTP/1.1 200 OK", 1, True)


def test_a_get_with_a_body_then_a_get(echo):
    with Raw(echo.port) as raw:
        raw.send(b"GET /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + NEXT)
        assert "/one" in raw.answer().text
        assert "/smuggled" in raw.answer().text


def test_a_million_chunks_of_one_byte(echo):
    """Their framing is five times their data: more than a body may spend on it."""
    with Raw(echo.port) as raw:
        raw.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(100):
                raw.send(b"1\r\na\r\n" * 10_000)
            raw.send(b"0\r\n\r\n")
        except OSError:
            pass
        assert raw.answer().status == 400
    assert b"200 OK" in conversation(echo, get())
