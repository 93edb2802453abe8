"""Loads by which clients make a server keep memory. Each takes a Crowd, and returns a line about its result.

By default they last seconds; `size` (1 by default) makes them longer, and some of them larger. They use only the standard library,
because bench/soak.py uses them too. The server answers `/?size=N` with N bytes, and other requests with the number of bytes that came.
"""

import time
from collections import Counter

from support.frames import DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, frame, settings, window_update

_MB = 1_000_000
_BODY = bytes(10 * _MB)
_POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
_CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
_GET = b"GET /?size=%d HTTP/1.1\r\nHost: x\r\n\r\n"


def _statuses(peers):
    told = Counter(str(peer.status or ("ended" if peer.ended else "no answer yet")) for peer in peers)
    return ", ".join(f"{count} × {status}" for status, count in sorted(told.items()))


def idle_uploads(crowd, size=1):
    """One connection after the other sends 10 MB, gets its answer, and stays open."""
    peers = []
    for _ in range(40):
        peers.append(crowd.open(_POST % len(_BODY), _BODY))
        crowd.run(lambda: peers[-1].settled, 30)
    crowd.run(seconds=size)
    return _statuses(peers)


def parallel_uploads(crowd, size=1, connections=300):
    """300 connections send 9.5 MB at the same time, every second one chunked: first a half, and after a while the rest."""
    length = 9_500_000
    first, rest = memoryview(_BODY)[:length // 2], memoryview(_BODY)[length // 2:length]
    whole = [crowd.open(_POST % length, first) for _ in range(connections // 2)]
    pieces = [crowd.open(_CHUNKED, b"%x\r\n" % length, first) for _ in range(connections // 2)]
    peers = whole + pieces
    crowd.run(lambda: all(peer.sent or peer.settled for peer in peers), 10)
    crowd.run(seconds=2 * size)
    held = _statuses(peers)
    for peer in whole:
        peer.send(rest)
    for peer in pieces:
        peer.send(rest, b"\r\n0\r\n\r\n")
    crowd.run(lambda: all(peer.settled for peer in peers), 30)
    return f"half sent: {held}; then {_statuses(peers)}"


def complete_uploads(crowd, size=1, connections=300):
    """300 connections send 9.5 MB at the same time, without a pause, and stay."""
    length = 9_500_000
    body = memoryview(_BODY)[:length]
    peers = [crowd.open(_POST % length, body) for _ in range(connections)]
    crowd.run(lambda: all(peer.settled for peer in peers), 30 * size)
    crowd.run(seconds=size)  # the uploads alone may be over before a good caller has had ten answers
    return _statuses(peers)


def stalled_pieces(crowd, size=1, connections=600):
    """600 connections send 300 kB of a body that has no end, every second one chunked, and then nothing. For a function that takes all of it."""
    first = memoryview(_BODY)[:300_000]
    peers = [crowd.open(_POST % (1 << 40), first) for _ in range(connections // 2)]
    peers += [crowd.open(_CHUNKED, b"10000000\r\n", first) for _ in range(connections // 2)]
    crowd.run(lambda: all(peer.sent or peer.settled for peer in peers), 10)
    crowd.run(seconds=2 * size)
    return _statuses(peers)


def echoed_uploads(crowd, size=1, connections=100):
    """300 connections send 5 MB and get it back; the function copies it."""
    body = memoryview(_BODY)[:5 * _MB]
    peers = [crowd.open(b"POST /?echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body), body) for _ in range(connections)]
    crowd.run(lambda: all(peer.ended or (peer.status or 200) != 200 or peer.received > len(body) for peer in peers), 30 * size)
    return _statuses(peers)


# Static table (RFC 7541, appendix A): :method GET, POST; :scheme http; :path /. `:authority x` as a literal that is not indexed.
_GET_BLOCK, _POST_BLOCK, _AUTHORITY = b"\x82", b"\x83", b"\x01\x01x"
_ENTRY = b"\x40\x01e" + b"\x7f" + bytes([(4000 - 127) % 128 + 128, (4000 - 127) // 128]) + b"v" * 4000
_REFERENCE = b"\xbe"  # to the newest entry of the dynamic table


def amplified_heads(crowd, size=1, connections=60):
    """Connections with 100 open streams, each with a head of 60 kB that the client sent in 30 bytes."""
    start = PREFACE + settings()
    block = _POST_BLOCK + b"\x86\x84" + _AUTHORITY
    heads = [frame(HEADERS, END_HEADERS, 1, block + _ENTRY)]
    heads += [frame(HEADERS, END_HEADERS, 2 * i + 1, block + 15 * _REFERENCE) for i in range(1, 100)]
    sent = start + b"".join(heads)
    peers = [crowd.open(sent) for _ in range(connections * size)]
    crowd.run(lambda: all(peer.sent or peer.ended for peer in peers), 10)
    crowd.run(seconds=3 * size)
    return f"{len(peers)} connections, {sum(peer.ended for peer in peers)} of them ended"


def _path(text):
    return b"\x04" + bytes([len(text)]) + text


def unread_answers(crowd, size=1, answer=16_000, connections=110, streams=100, dribble=None):
    """HTTP/2 with a window of 0: requests answers on all streams. `dribble`: how often it gives each stream a window of 1 byte."""
    path = b"/?size=%d" % answer
    sent = [PREFACE + settings(initial_window_size=0)]
    sent += [frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, _GET_BLOCK + b"\x86" + _path(path) + _AUTHORITY) for i in range(streams)]
    # Not all at once, because more calls than may run and wait would be an overload, whatever happens to their answers.
    peers = []
    while len(peers) < connections:
        peers += [crowd.open(b"".join(sent)) for _ in range(min(10, connections - len(peers)))]
        crowd.run(lambda: all(peer.sent or peer.ended for peer in peers), 10)
        crowd.run(seconds=0.05)
    drops = b"".join(window_update(2 * i + 1, 1) for i in range(streams))
    # Otherwise the connection's window of 65,535 bytes would be used up, one byte for each drop.
    end = time.monotonic() + (4 if dribble is None else 3 * dribble) * size
    while (left := end - time.monotonic()) > 0:
        crowd.run(seconds=min(left, dribble or left))
        if dribble:
            for peer in peers:
                peer.send(drops)
    return f"{connections} connections × {streams} answers of {answer} bytes, {sum(peer.ended for peer in peers)} connections ended"


def small_unread_answers(crowd, size=1):
    return unread_answers(crowd, size)


def small_dribbled_answers(crowd, size=1):
    return unread_answers(crowd, size, dribble=min(size, 4))


def large_unread_answers(crowd, size=1):
    return unread_answers(crowd, size, answer=_MB, connections=2, streams=70)


def large_dribbled_answers(crowd, size=1):
    return unread_answers(crowd, size, answer=_MB, connections=2, streams=70, dribble=min(size, 4))


def unfinished_heads(crowd, size=1):
    """2,500 heads of 60 kB that never end."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 6_000) for i in range(10))
    peers = []
    for _ in range(10):
        peers += [crowd.open(head) for _ in range(250)]
        crowd.run(lambda: all(peer.sent or peer.ended for peer in peers), 5)
    crowd.run(seconds=2 * size)
    return _statuses(peers)


def slow_readers(crowd, size=1):
    """300 connections request 1 MB over HTTP/1.1 and read almost nothing."""
    peers = [crowd.open(_GET % _MB, reads=False, receive_buffer=4096) for _ in range(300)]
    for _ in range(3 * size):
        crowd.run(seconds=1)
        for peer in peers:
            if not peer.ended:
                peer.turn(1)  # a read of a few kB
    return f"{len(peers)} readers, {sum(peer.ended for peer in peers)} of them ended"


def pipelined_answers(crowd, size=1):
    """1,000 connections request 50 answers of 15 kB each at the same time, and read none. Each answer is too small to count as large."""
    peers = [crowd.open(50 * (_GET % 15_000), reads=False, receive_buffer=4096) for _ in range(1_000)]
    crowd.run(lambda: all(peer.sent or peer.ended for peer in peers), 5)
    crowd.run(seconds=2 * size)
    return f"{len(peers)} readers"


def stopped_bodies(crowd, size=1):
    """HTTP/2: 100 open streams on each connection, each with as much of a body as its window allows."""
    block = _POST_BLOCK + b"\x86\x84" + _AUTHORITY
    body = memoryview(_BODY)[:16_384]
    pieces = []
    for i in range(100):
        stream = 2 * i + 1
        pieces.append(frame(HEADERS, END_HEADERS, stream, block))
        pieces.append(frame(DATA, 0, stream, bytes(body[:600])))
    sent = PREFACE + settings() + b"".join(pieces)
    peers = [crowd.open(sent) for _ in range(300)]
    crowd.run(lambda: all(peer.sent or peer.ended for peer in peers), 10)
    crowd.run(seconds=2 * size)
    return f"{len(peers)} connections, {sum(peer.ended for peer in peers)} of them ended"


def come_and_go(crowd, size=1):
    """Thousands connect at the same time, a third of them send a request, and all disconnect."""
    asks = [b"", _GET % 10, PREFACE + settings() + frame(HEADERS, END_HEADERS | END_STREAM, 1, _GET_BLOCK + b"\x86\x84" + _AUTHORITY)]
    count = 3_000 if size == 1 else 10_000
    peers = []
    for begun in range(0, count, 500):
        peers += [crowd.open(asks[i % 3]) for i in range(500)]
        crowd.run(lambda: all(peer.received or not i % 3 for i, peer in enumerate(peers[begun:])), 5)
    return f"{len(peers)} connections at the same time"


LOADS = [idle_uploads, parallel_uploads, complete_uploads, amplified_heads, small_unread_answers, small_dribbled_answers,
         large_unread_answers, large_dribbled_answers, unfinished_heads, slow_readers, pipelined_answers, stopped_bodies, come_and_go]
