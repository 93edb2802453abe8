"""Every kind of hostile or careless HTTP/1.1 message, over a socket: each is refused, and never reaches the function.

Each case is sent whole, and in two pieces cut at every byte; the answer must always be the same. After each refused message comes a request
that would be served if the bytes were read differently (request smuggling). It must not be answered.
"""

import re
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
        for value in (
            b"+5", b"-5", b"-0", b"0x5", b"0o5", b"1_0", b"5z", b"1 0", b"", b"5.0", b'"5"', b"5,", b",5", b"9" * 26, b"0" * 25 + b"5",
            b"18446744073709551621", b"1e1", b"5;", b"5\0", b"\x0b5", b"5\x0c", b"\xa05", b"5\x85", "５".encode(), b"5\r\n ", b"5\r\n 6",
        )
    },
    "blank before its colon": post(b"Content-Length : 5", b"hello"),
    "folded behind its name": post(b"Content-Length\r\n : 5", b"hello"),
    "NUL behind its name": post(b"Content-Length\0: 5", b"hello"),
    "two, one of them empty": post(b"Content-Length: 5\r\nContent-Length:", b"hello"),
    "two in other letters": post(b"Content-Length: 5\r\ncONTENT-lENGTH: 0", b"hello"),
    "behind a bare CR": post(b"A: b\rContent-Length: 5", b"hello"),
    "behind a bare LF": post(b"A: b\nContent-Length: 5", b"hello"),
    "0, then chunked": post(b"Content-Length: 0\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    "with an encoding that is unknown": post(b"Content-Length: 5\r\nTransfer-Encoding: xchunked", b"hello"),
    "with an empty encoding": post(b"Transfer-Encoding:\r\nContent-Length: 5", b"hello"),
    "and chunked on HTTP/1.0": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"hello", b"HTTP/1.0"),
}  # fmt: skip

ENCODINGS = {
    **{
        "encoding " + repr(value): encoding(b"Transfer-Encoding:" + value)
        for value in (
            b" xchunked", b" gzip", b" identity", b"", b" chunked, gzip", b" chunked, chunked", b" , chunked",
            b" chunked;q=1", b" \x0bchunked", b" chunked\x0b", b" chunked\0", b" \0chunked", b" \xa0chunked", b" chunked\xa0",
            b" chunked, identity", b' "chunked"', b" chunked,", b" chunked,,", b" chunked chunked", b" chunke", b" \x85chunked",
            b" chunked\x0c", b" \xe2\x80\x8bchunked", "chun\u212aed".encode(), b" chunked; ", b" chunked;", b" (x)chunked", b" gzip,, chunked",
            b" identity, identity", b" 'chunked", b" chunked=x", b" chunked\t;", b" chunked\x7f", b" trailers",
        )
    },
    "empty, then chunked": encoding(b"Transfer-Encoding:\r\nTransfer-Encoding: chunked"),
    "chunked, then empty": encoding(b"Transfer-Encoding: chunked\r\nTransfer-Encoding:"),
    "chunked, then identity": encoding(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    "chunked, then gzip": encoding(b"Transfer-Encoding: chunked\r\ntransfer-encoding: gzip"),
    "tab before the colon": encoding(b"Transfer-Encoding\t: chunked"),
    "folded by a tab": encoding(b"Transfer-Encoding:\r\n\tchunked"),
    "folded behind its name": encoding(b"Transfer-Encoding\r\n : chunked"),
    "folded within": encoding(b"Transfer-Encoding: chun\r\n ked"),
    "behind a bare CR": encoding(b"A: b\rTransfer-Encoding: chunked"),
    "behind a bare LF": encoding(b"A: b\nTransfer-Encoding: chunked"),
    "NUL before its name": encoding(b"\0Transfer-Encoding: chunked"),
    "another encoding on HTTP/1.0": encoding(b"Transfer-Encoding: gzip, chunked", b"HTTP/1.0"),
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
            b"5;a=\nb", b"5;a=\0", b"5;" + b"a" * 9000, b"5\t", b"5 ;a", b"5;;a", b"5;=b", b"5;a=", b'5;a="b', b'5;a="b"c', b'5;a="\r\n"',
            b'5;a="\n"', b'5;a="\0"', b"5;a b", b"5;a=b c", b"5;a;", b"5; ", b"5;(a)", b"5;a=\x7f", b"5\0", b"\x005", b"5,5", b"5.0", b'"5"',
            b";a", b"\xb2", "５".encode(), b"5\x0b", b"5\xa0", b"g", b"0" * 17 + b"5", b"8" + b"0" * 15, b"5\r\n5", b"5e0g", b"0x", b"--5",
        )
    },
    "LF alone behind a size": chunked(b"5\nhello\r\n0\r\n\r\n"),
    "CR alone behind a size": chunked(b"5\rhello\r\n0\r\n\r\n"),
    "LF alone behind data": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "CR alone behind data": chunked(b"5\r\nhello\r0\r\n\r\n"),
    "LF alone at the end": chunked(b"0\r\n\n"),
    "data longer than its size": chunked(b"4\r\nhello\r\n0\r\n\r\n"),
    "no CRLF behind data": chunked(b"5\r\nhello0\r\n\r\n"),
    "data shorter than its size": chunked(b"6\r\nhello\r\n0\r\n\r\n"),
    "two line ends behind data": chunked(b"5\r\nhello\r\n\r\n0\r\n\r\n"),
    "two CR behind a size": chunked(b"5\r\r\nhello\r\n0\r\n\r\n"),
    "two CR behind data": chunked(b"5\r\nhello\r\r\n0\r\n\r\n"),
    "LF CR behind data": chunked(b"5\r\nhello\n\r0\r\n\r\n"),
    "a blank before the next size": chunked(b"5\r\nhello\r\n 0\r\n\r\n"),
    "a line end before the first size": chunked(b"\r\n5\r\nhello\r\n0\r\n\r\n"),
    "LF alone behind the last size": chunked(b"0\n\r\n"),
    "CR alone at the end": chunked(b"0\r\n\rX"),
    "a last size with a sign": chunked(b"5\r\nhello\r\n-0\r\n\r\n"),
    "a last size like C's": chunked(b"5\r\nhello\r\n0x0\r\n\r\n"),
    "a request instead of a size": chunked(b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a request instead of the end": chunked(b"5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
    "a trailer without a colon": chunked(b"0\r\nbad\r\n\r\n"),
    "a trailer without a name": chunked(b"0\r\n: x\r\n\r\n"),
    "a blank before a trailer's colon": chunked(b"0\r\na : x\r\n\r\n"),
    "a folded trailer": chunked(b"0\r\na: x\r\n y\r\n\r\n"),
    **{
        f"{name.decode()} as a trailer": chunked(b"5\r\nhello\r\n0\r\n" + name + b": 5\r\n\r\n")
        for name in (b"Content-Length", b"Transfer-Encoding", b"Host", b"Connection", b"TE", b"Trailer", b"Upgrade", b"Expect")
    },
    "a NUL in a trailer": chunked(b"0\r\na: \0\r\n\r\n"),
    "a NUL in a trailer's name": chunked(b"0\r\na\0: b\r\n\r\n"),
    "a bare CR in a trailer": chunked(b"0\r\na: b\rc\r\n\r\n"),
    "a bare LF in a trailer": chunked(b"0\r\na: b\nc: d\r\n\r\n"),
    "a DEL in a trailer": chunked(b"0\r\na: \x7f\r\n\r\n"),
    "a trailer's name that is no token": chunked(b"0\r\na(b): c\r\n\r\n"),
    "a trailer's name beyond ASCII": chunked(b"0\r\n\x80: b\r\n\r\n"),
    "a blank before the first trailer": chunked(b"0\r\n a: b\r\n\r\n"),
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
    "a tab before the first field": b"GET / HTTP/1.1\r\n\tHost: x\r\n\r\n",
    "a first line of blanks": b"GET / HTTP/1.1\r\n  \r\nHost: x\r\n\r\n",
    "a line of blanks": field(b" "),
    "folded into nothing": field(b"A:\r\n \r\n b"),
    "LF alone at the end": b"GET / HTTP/1.1\r\nHost: x\r\n\n",
    "LF alone behind the request line": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "CR alone at the end": b"GET / HTTP/1.1\r\nHost: x\r\n\rX",
    "CR CR LF": field(b"A: b\r"),
    "LF CR": b"GET / HTTP/1.1\r\nHost: x\n\rA: b\r\n\r\n",
    **{
        f"the name {name!r}": field(name + b": c")
        for name in (b"a b", b"\x0ba", b"a\x0c", b"\xa0a", b'a"', b"a/b", b"{a}", b"a@b", b"[a]", b"a=b", b"a,b", b"a;b", b"a\\b", b"<a>", b"a?", b"\x7fa", b"\x80")
    },
    **{f"the value {value!r}": field(b"A: b" + value + b"c") for value in (b"\x0b", b"\x0c", b"\x1b", b"\x1f", b"\x08", b"\r\0", b"\n ")},
}  # fmt: skip

HOSTS = {
    "none": host(),
    "two": host(b"Host: x", b"Host: y"),
    "two that agree": host(b"Host: x", b"Host: x"),
    "two on 1.0": host(b"Host: x", b"Host: x", version=b"HTTP/1.0"),
    **{
        "host " + repr(value): host(b"Host: " + value)
        for value in (
            b"x, y", b"user@x", b"x/path", b"x:port", b"x:99999", b"x:-1", b"x\0", b"", b"x y", b"x?y", b"x#y", b"[::1", b"x,", b",x", b"@x", b"u:p@x",
            b"x:80:80", b":80", b"x:+80", b"x:8 0", b"x:80abc", b"x:0x50", b"[x]", b"[]", b"[::1]x", b"[::1]:x", b"::1", b"[:::]", b"[1:2]", b"[12345::1]",
            b"[::1%25lo]", b"[::256.0.0.1]", b"x\\y", b"x\ty", b"<x>", b"x%", b"x%zz", "ä".encode(), b"\xa0x", b"http://x", b"//x", b"x/", b"x\r\n y",
            b"x\x7f", b'"x"', b"{x}",
        )
    },
    "two, one of them empty": host(b"Host: x", b"Host:"),
    "two in other letters": host(b"Host: x", b"hOST: y"),
    "blank before its colon": host(b"Host : x"),
    "none, but in the target": b"GET http://x/ HTTP/1.1\r\n\r\n",
    "two, and one in the target": b"GET http://x/ HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "a bad one, and one in the target": b"GET http://x/ HTTP/1.1\r\nHost: x y\r\n\r\n",
    "a bad one on 1.0": host(b"Host: x/y", version=b"HTTP/1.0"),
}  # fmt: skip

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
        for version in (
            b"HTTP/1", b"HTTP/01.01", b"HTTP/1.32", b"http/1.1", b"HTTP/1.1x", b"HTTP/ 1.1", b"HTP/1.1", b"HTTP/1,1", b"HTTP/", b"1", b"1.1", b"HTTP/1.10",
            b"HTTP/1.1.1", b"HTTP/1.", b"HTTP/.1", b"HTTP/0.9", b"HTTP/0.0", b"HTTP/+1.1", b"HTTP/-1.1", b"HTTP/1.1\x0b", b"HTTP/1.1\0", b"HTTP/1 .1",
            b"Http/1.1", b"HTTPS/1.1", b"HTTP\\1.1", b"HTTP/11.1", b"HTTP/1.a", "HTTP/１.1".encode(), b"HTTP/1.1 x", b"HTTP/1.1\t", b"\tHTTP/1.1",
        )
    },
    "a method that is no token": get(method=b"G(T"),
    "a NUL in the method": get(method=b"G\0T"),
    **{f"method {method!r}": get(method=method) for method in (b'"GET"', b"GET:", b"GET,", b"G@T", b"GET\x0b", b"\xc3\x84", b"\xef\xbb\xbfGET", b"{}", b"\0GET")},
    **{f"{byte!r} for a blank": b"GET" + byte + b"/ HTTP/1.1\r\nHost: x\r\n\r\n" for byte in (b"\x0b", b"\x0c", b"\xa0", b"\0", b"\r", b"\n")},
    "CR alone behind the line": b"GET / HTTP/1.1\rHost: x\r\n\r\n",
    "a line end before the version": b"GET /\r\n HTTP/1.1\r\nHost: x\r\n\r\n",
    "two targets": get(b"/ /smuggled"),
    "no method": b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    **{
        "target " + repr(target): get(target)
        for target in (b"/\0", b"/\x01", b"/\x7f", "/ä".encode(), b"/a#b", b"/a\\b", b"/%zz", b"/%", b"/%4", b"!", b"a", b"*", b"http://", b"x:80",
                       b"/\x85", b"/\xff", b"/<", b"/>", b'/"', b"/a?b#c", b"?a", b"#", b"../", b"\\", b"http:/x/", b"http:x",
                       b"http:///x", b"http://?x", b"http://u@x/", b"http://x:99999/", b"http://x:y/", b"http://x#y", b"http://x\\y", b"http://x,y/",
                       b"http://[x]/", b"ftp://x/", b"httpss://x/", b"javascript:x", b"/%u0041", b"/\x1b", b"/{a}", b"/a^b", b"%2f", b";/", b"**", b"*/")
    },
    "a TLS hello": bytes.fromhex("16030100a5010000a10303") + bytes(range(32)) * 2 + b"\r\n\r\n",
    "binary": bytes(range(128, 256)) + b"\r\n\r\n",
    "binary of another kind": b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\r\n\r\n",
    "UTF-16": "GET / HTTP/1.1\r\nHost: x\r\n\r\n".encode("utf-16"),
    "PROXY's protocol": b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + get(),
    "PROXY's protocol, binary": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12) + get(),
    "JSON": b'{"a": 1}\r\n\r\n',
    "an answer": b"HTTP/1.1 200 OK\r\nHost: x\r\n\r\n",
    "HTTP/2's preface, in lower case": b"pri * http/2.0\r\n\r\nsm\r\n\r\n",
    "a piece of HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\n",
    "two empty lines first": b"\r\n\r\n" + get(),
    "an empty line with a blank first": b" \r\n" + get(),
    "CR alone first": b"\r" + get(),
    "OPTIONS of stars": get(b"**", method=b"OPTIONS"),
    "a bare LF first": b"\n" + get(),
}  # fmt: skip

# These are refused with another status than 400.
OTHERS = {
    "chunked behind another encoding": (encoding(b"Transfer-Encoding: gzip, chunked"), 501),
    "HTTP/9.9": (get(version=b"HTTP/9.9"), 505),
    "HTTP/2.0": (get(version=b"HTTP/2.0"), 505),
    "HTTP/3.0": (get(version=b"HTTP/3.0"), 505),
    "chunked in a second line, behind another": (encoding(b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked"), 501),
    "identity, chunked": (encoding(b"Transfer-Encoding: identity, chunked"), 501),
    "a query too long": (get(b"/?" + b"a" * 70_000), 414),
    "an escape in a host, where a target must end": (get(b"http://" + b"a" * 16_377 + b"%"), 414),
    "an escape in a path, where a target must end": (get(b"/" + b"a" * 16_383 + b"%"), 414),
    "CONNECT of a path": (get(method=b"CONNECT"), (405, 501)),
    "a name too large": (field(b"a" * 70_000 + b": b"), 431),
    "a field without an end": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 70_000, 431),
    "a request line without an end": (b"GET /" + b"a" * 70_000, 414),
    "too many trailers": (chunked(b"0\r\n" + b"a: b\r\n" * 101 + b"\r\n"), 431),
    "an expectation and another": (post(b"Expect: 100-continue, x\r\nContent-Length: 0"), 417),
    "an expectation, then another": (post(b"Expect: 100-continue\r\nExpect: x\r\nContent-Length: 0"), 417),
    "a length far over the limit": (post(b"Content-Length: " + b"9" * 19), 413),
    "a chunk over the limit": (chunked(b"a00001\r\n"), 413),
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
    "a length between tabs": post(b"Content-Length:\t5\t", b"hello"),
    "chunked between tabs": encoding(b"Transfer-Encoding:\tchunked \t"),
    "chunked close to its colon": encoding(b"transfer-encoding:chunked"),
    "chunked on a GET": b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "an empty chunked body": chunked(b"0\r\n\r\n"),
    "an extension in quotes": chunked(b'5;a="b;\\"\xff"\r\nhello\r\n0;c="d"\r\n\r\n'),
    "line ends as data": chunked(b"9\r\n\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n"),
    "a request as data": chunked(b"%x\r\n" % len(NEXT) + NEXT.replace(b"smuggled", b"1" * 8) + b"\r\n0\r\n\r\n"),
    "a request as a body": post(b"Content-Length: %d" % len(NEXT), NEXT.replace(b"smuggled", b"1" * 8)),
    "an expectation that is met already": post(b"Expect: 100-continue\r\nContent-Length: 5", b"hello"),
    "fields that only look like framing": field(b"Content_Length: 5\r\nX-Transfer-Encoding: chunked\r\nTE: trailers"),
    "framing that Connection names": post(b"Connection: content-length\r\nContent-Length: 5", b"hello"),
    "an empty value": field(b"A:\r\nB: "),
    "HTTP/1.9": get(version=b"HTTP/1.9"),
    "a method in lower case": get(method=b"get"),
    "a query with bare percent signs": get(b"/?q=100%&r=%4z&s=%"),
    "a query with a backslash": get(b"/?q=C:\\temp"),
    "a query with all that browsers and curl send raw": get(b"/?[]{}|^`\"<>'\xc3\xa4"),
    "an absolute form without a path": get(b"HTTPS://x?q"),
    "an IPv6 target": get(b"http://[::1]:80/"),
    "a target of NUL, escaped": get(b"/%00"),
    "two slashes": get(b"//x/"),
    "an IPv4 within an IPv6 host": host(b"Host: [::ffff:10.0.0.1]"),
    "a length with leading zeros": post(b"Content-Length: 005", b"hello"),
    "CHUNKED in upper case": encoding(b"TRANSFER-ENCODING: CHUNKED"),
    "an extension": chunked(b"5;name=value;other\r\nhello\r\n0\r\n\r\n"),
    "a size in upper case, with zeros": chunked(b"000A\r\nhellohello\r\n00\r\n\r\n"),
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

# These are served, and the connection is closed after the answer.
SERVED_AND_CLOSED = {"HTTP/1.0 without a host": b"GET / HTTP/1.0\r\n\r\n"}


@pytest.fixture(scope="module")
def echo(program, functions):
    server = program.serve(functions, "app::echo")
    yield server
    server.process.end()


def cuts(data):
    """The places at which to cut: all; in a long message those near its ends, and some between."""
    return range(1, len(data)) if len(data) < 300 else [*range(1, 60), *range(60, len(data) - 40, 9973), *range(len(data) - 40, len(data))]


def conversation(server, *pieces):
    """Sends the pieces. Returns everything that the server sends until it closes; a reset is an error."""
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
    """The parts of an answer that must be equal. Ids, lengths of bodies, and whether the server asked for the body, may differ."""
    said = said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    lines = said.split(b"\r\n")
    return (lines[0], said.count(b"HTTP/1.1 "), b"Connection: close" in lines)


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(echo, data, status):
    whole = conversation(echo, data + NEXT)
    first, answers, closes = shape(whole)
    assert int(first.split()[1]) in (status if isinstance(status, tuple) else (status,)), whole
    assert answers == 1 and b"smuggled" not in whole
    assert closes or int(first.split()[1]) == 417  # a refused expectation does not make the framing ambiguous
    for cut in cuts(data):
        assert shape(conversation(echo, data[:cut], data[cut:] + NEXT)) == shape(whole), f"cut at {cut}"


@pytest.mark.parametrize("data", SERVED.values(), ids=SERVED.keys())
def test_served(echo, data):
    whole = conversation(echo, data + NEXT)
    assert shape(whole)[:2] == (b"HTTP/1.1 200 OK", 2), whole
    assert b"\n/smuggled\n" in whole
    for cut in cuts(data):
        # The last answer says "close" or not, depending on when the server sees the end of our input.
        assert shape(conversation(echo, data[:cut], data[cut:] + NEXT))[:2] == shape(whole)[:2], f"cut at {cut}"


@pytest.mark.parametrize("data", SERVED_AND_CLOSED.values(), ids=SERVED_AND_CLOSED.keys())
def test_served_and_closed(echo, data):
    assert shape(conversation(echo, data + NEXT)) == (b"HTTP/1.1 200 OK", 1, True)


SEVERAL = (
    b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\r\n"
    b"PUT /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\na: b\r\n\r\n"
    b"GET /3 HTTP/1.1\r\nHost: x\r\n\r\n"
    b"HEAD /4 HTTP/1.1\r\nHost: x\r\n\r\n"
    b"GET /5 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
)


def test_several_at_once_are_answered_in_order_however_they_are_cut(echo):
    for cut in range(len(SEVERAL)):
        said = conversation(echo, SEVERAL[:cut], SEVERAL[cut:])
        assert re.findall(rb"\n(/\d)\n", said) == [b"/1", b"/2", b"/3", b"/5"] and said.count(b"HTTP/1.1 200 OK") == 5, f"cut at {cut}"


UNFINISHED = {
    "a head": get(b"/path?query"),
    "a body": post(b"Content-Length: 5", b"hello"),
    "chunks": chunked(b"5;a=b\r\nhello\r\n0\r\na: b\r\n\r\n"),
}


@pytest.mark.parametrize("data", UNFINISHED.values(), ids=UNFINISHED)
def test_what_the_caller_does_not_finish_is_told_and_never_runs(echo, data):
    for cut in range(1, len(data)):
        first, answers, closes = shape(conversation(echo, data[:cut]))
        assert (first.split()[1], answers, closes) == (b"408", 1, True), f"cut at {cut}"


def test_a_get_with_a_body_then_a_get(echo):
    with Raw(echo.port) as raw:
        raw.send(b"GET /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + NEXT)
        assert "/one" in raw.answer().text
        assert "/smuggled" in raw.answer().text


def test_a_million_chunks_of_one_byte(echo):
    """The framing of these chunks is five times their data, which is more than a body may use."""
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
