"""A real MQTT broker on a separate port that can be stopped, killed and started again.

    with Mosquitto(folder) as broker:
        write_component(…, url=broker.url)
        broker.publish("topic", b"from somebody else")

When it restarts, it keeps its sessions and the messages that wait for them.
"""

import shutil
import socket
import struct
from contextlib import contextmanager

from support.ports import reserve_port
from support.process import Process
from support.tools import missing
from support.waiting import PATIENCE, accepts, until

_SETTINGS = """\
listener {port} 127.0.0.1
allow_anonymous {anonymous}
persistence true
persistence_location {folder}/
"""


class Mosquitto:
    def __init__(self, folder, settings="", anonymous=True):
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if self._program is None:
            missing("mosquitto is missing: ./dev setup test, or apt-get install mosquitto")
        self.port = reserve_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._settings = folder / "mosquitto.conf"
        # Started as root, it would switch to a user that may not write here.
        common = _SETTINGS.format(port=self.port, folder=folder, anonymous=str(anonymous).lower())
        self._settings.write_text(common + "user root\n" + settings)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.end()

    def start(self):
        self.process = Process([self._program, "-c", self._settings], {"PATH": "/usr/bin:/bin"})
        until(lambda: accepts(self.port), "the broker to listen")

    def stop(self):
        """Stops it in an orderly way, so that it stores its sessions."""
        self.process.terminate()
        assert self.process.exit_code() == 0

    def publish(self, topic, payload):
        """Publishes with QoS 1 as a separate client; returns when the broker has the message."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            client.sendall(_packet(0x10, b"\0\4MQTT\4\2\0\0" + _text("test")))
            assert _read(client, 4) == b"\x20\2\0\0", "the broker refuses a client"
            client.sendall(_packet(0x32, _text(topic) + b"\0\1" + payload))
            assert _read(client, 4) == b"\x40\2\0\1", "the broker refuses a message"
            client.sendall(b"\xe0\0")

    @contextmanager
    def subscribed(self, topic):
        """A separate client: `next()` waits for the next message and returns its payload."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            client.sendall(_packet(0x10, b"\0\4MQTT\4\2\0\0" + _text("subscriber")))
            assert _read(client, 4) == b"\x20\2\0\0", "the broker refuses a client"
            client.sendall(_packet(0x82, b"\0\1" + _text(topic) + b"\0"))
            assert _read(client, 5) == b"\x90\3\0\1\0", "the broker refuses a subscription"
            yield _Subscription(client)


class _Subscription:
    def __init__(self, client):
        self._client = client

    def next(self):
        kind, size = _read(self._client, 2)
        assert kind & 0xF1 == 0x30 and size < 0x80, "a short PUBLISH with QoS 0"
        body = _read(self._client, size)
        return body[2 + int.from_bytes(body[:2], "big"):]


def _text(text):
    return struct.pack(">H", len(text)) + text.encode()


def _packet(kind, body):
    length, rest = b"", len(body)
    while rest >= 0x80:
        length += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    return bytes([kind]) + length + bytes([rest]) + body


def _read(client, size):
    data = b""
    while len(data) < size and (part := client.recv(size - len(data))):
        data += part
    return data
