"""Many connections in one process, served by one selector, for loads that would otherwise need a thread for each connection.

    with Crowd(server.port) as crowd:
        peers = [crowd.open(HEAD, BODY) for _ in range(300)]
        crowd.run(lambda: all(peer.answered for peer in peers), seconds=20)

Sent data is never copied, so peers may share one body. Uses only the standard library, because bench/soak.py uses it too.
"""

import contextlib
import errno
import resource
import selectors
import socket
import struct
import time
from collections import deque

_KEPT = 200  # bytes of the data that a peer receives
_READ = 1 << 18
_TICK = 0.05


class Peer:
    """One connection. `reads`: True if it reads; `received`: how many bytes it has read; `begin`: the first of them."""

    def __init__(self, crowd, sock, pieces, reads):
        self._crowd = crowd
        self.socket = sock
        self.out = deque(memoryview(piece) for piece in pieces if len(piece))
        self.reads = reads
        self.received = 0
        self.begin = b""
        self.ended = False  # by either side

    @property
    def status(self):
        """The status of an HTTP/1.1 response that has begun to arrive; None before that."""
        return int(self.begin[9:12]) if len(self.begin) >= 12 else None

    @property
    def settled(self):
        """True if it has an answer, or cannot get one any more."""
        return self.ended or self.status is not None

    @property
    def sent(self):
        return not self.out

    def send(self, *pieces):
        self.out.extend(memoryview(piece) for piece in pieces if len(piece))
        self._crowd.watch(self)

    def read(self, on=True):
        self.reads = on
        self._crowd.watch(self)

    def close(self):
        if not self.ended:
            self.ended = True
            self._crowd.forget(self)
            self.socket.close()

    def reset(self):
        """Closes the connection with a reset."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _write(self):
        while self.out:
            count = self.socket.send(self.out[0])
            if count < len(self.out[0]):
                self.out[0] = self.out[0][count:]
            else:
                self.out.popleft()

    def _read(self):
        data = self.socket.recv(_READ)
        self.received += len(data)
        if len(self.begin) < _KEPT:
            self.begin += data[:_KEPT]
        return bool(data)

    def turn(self, events):
        try:
            if events & selectors.EVENT_READ and not self._read():
                return self.close()
            if events & selectors.EVENT_WRITE:
                self._write()
        except BlockingIOError:
            pass
        except OSError:
            return self.close()
        self._crowd.watch(self)
        return None


class Crowd:
    """Lifetime: closes all its peers at its end."""

    def __init__(self, port):
        self._port = port
        self._selector = selectors.DefaultSelector()
        self.peers = []
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self._selector.close()

    def close(self):
        for peer in self.peers:
            peer.close()
        self.peers = []

    def open(self, *pieces, reads=True, receive_buffer=0):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        # The server may let new connections wait, so do not wait for the connection.
        result = sock.connect_ex(("127.0.0.1", self._port))
        assert result in (0, errno.EINPROGRESS), errno.errorcode[result]
        peer = Peer(self, sock, pieces, reads)
        self.peers.append(peer)
        self.watch(peer)
        return peer

    def watch(self, peer):
        if peer.ended:
            return
        events = (selectors.EVENT_READ if peer.reads else 0) | (selectors.EVENT_WRITE if peer.out else 0)
        known = self._selector.get_map().get(peer.socket)
        if known is None and events:
            self._selector.register(peer.socket, events, peer)
        elif known is not None and not events:
            self._selector.unregister(peer.socket)
        elif known is not None and known.events != events:
            self._selector.modify(peer.socket, events, peer)

    def forget(self, peer):
        if self._selector.get_map().get(peer.socket) is not None:
            self._selector.unregister(peer.socket)

    def run(self, until=None, seconds=30.0):
        """Serves all connections until the condition is met or the time has passed. Returns True if it was met."""
        end = time.monotonic() + seconds
        while not (until is not None and until()):
            left = end - time.monotonic()
            if left <= 0:
                return False
            for key, events in self._selector.select(min(left, _TICK)):
                key.data.turn(events)
        return True
