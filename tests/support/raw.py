"""A connection as bytes, for bytes that an HTTP library does not send or show.

    with Raw(server.port) as raw:
        raw.send(b"HEAD / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        assert raw.answer(has_body=False).status == 200
        assert raw.is_closed()
"""

import email.parser
import email.policy
import socket

from support.http_client import Answer
from support.waiting import PATIENCE


class Raw:
    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, has_body=True):
        """Returns the next response. 1xx is also a response."""
        status = int(self._file.readline().split()[1])
        head = b""
        while (line := self._file.readline()) not in (b"\r\n", b""):
            head += line
        headers = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head)
        if not has_body or status < 200 or status in (204, 304):
            body = b""
        elif length := headers["Content-Length"]:
            body = self._file.read(int(length))
        elif headers["Transfer-Encoding"] == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self._file.read()
        return Answer(status, headers, body)

    def receive(self):
        """Returns the bytes that have come, at least one; empty after the peer's end. Includes bytes that came with the last answer."""
        return self._file.read1(65536)

    def is_closed(self):
        """Waits for the peer's end, without further bytes and without a reset."""
        return self._file.read(1) == b""

    def _chunks(self):
        while size := int(self._file.readline().partition(b";")[0], 16):
            yield self._file.read(size)
            self._file.readline()
        while self._file.readline() not in (b"\r\n", b""):
            pass
