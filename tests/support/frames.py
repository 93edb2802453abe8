"""HTTP/2 frames written and read by hand, for frames that no library sends.

    with Raw(server.port) as raw:
        raw.send(PREFACE + settings() + headers(1, GET, END_STREAM))
        frames = Frames(raw)
        assert frames.until(DATA, 1).payload == b"hello"
"""

import select
import struct
from dataclasses import dataclass

from support.waiting import PATIENCE

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

GET = ((b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"x"))
POST = ((b":method", b"POST"), *GET[1:])


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">IBBI", len(payload), kind, flags, stream)[1:] + payload


def block(fields):
    """Encodes literals without indexing and without Huffman coding (RFC 7541 §6.2.2)."""
    return b"".join(b"\0" + _literal(name) + _literal(value) for name, value in fields)


def _literal(text):
    if len(text) < 127:
        return bytes([len(text)]) + text
    size, rest = b"\x7f", len(text) - 127
    while rest >= 128:
        size += bytes([rest % 128 + 128])
        rest //= 128
    return size + bytes([rest]) + text


def headers(stream, fields, flags=0):
    return frame(HEADERS, END_HEADERS | flags, stream, block(fields))


def data(stream, payload, flags=0):
    return frame(DATA, flags, stream, payload)


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window_update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def settings(**values):
    numbers = {"header_table_size": 1, "max_concurrent_streams": 3, "initial_window_size": 4, "max_frame_size": 5}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", numbers[name], value) for name, value in values.items()))


@dataclass(frozen=True)
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self):
        """The error code of RST_STREAM and GOAWAY."""
        return struct.unpack(">I", self.payload[-4:] if self.kind == RST_STREAM else self.payload[4:8])[0]


class Frames:
    """A peer's frames, one by one; `begun`: bytes that were read before."""

    def __init__(self, raw, begun=b""):
        self._raw = raw
        self._bytes = begun
        self.seen = []
        self.ended = False  # True after the peer has closed or reset the connection

    def take(self, wait=0):
        """Reads the bytes that have come. `wait`: seconds within which the first byte must come."""
        assert wait == 0 or select.select([self._raw.socket], [], [], wait)[0], f"the peer is silent; it said {self.seen}"
        while not self.ended and select.select([self._raw.socket], [], [], 0)[0]:
            try:
                more = self._raw.socket.recv(65536)
            except ConnectionError:
                more = b""
            self.ended = not more
            self._bytes += more
        while len(self._bytes) >= 9 and len(self._bytes) >= 9 + (size := int.from_bytes(self._bytes[:3])):
            kind, flags, stream = struct.unpack(">BBI", self._bytes[3:9])
            self.seen.append(Frame(kind, flags, stream, self._bytes[9 : 9 + size]))
            self._bytes = self._bytes[9 + size :]

    def find(self, kind, stream=0):
        return next((frame for frame in self.seen if (frame.kind, frame.stream) == (kind, stream)), None)

    def until(self, kind, stream=0):
        """Returns the first frame of that kind and stream."""
        while (found := self.find(kind, stream)) is None and not self.ended:
            self.take(PATIENCE)
        assert found, f"closed; it said {self.seen}"
        return found

    def rest(self):
        """Returns all frames up to the end."""
        while not self.ended:
            self.take(PATIENCE)
        return self.seen
