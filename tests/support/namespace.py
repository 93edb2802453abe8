"""A separate network, in which no other program can reach programs that bind all interfaces.

    with Namespace(tmp_path) as network:
        program = Process(network.command("server", "--port", "8080"), environment)
        connection = network.connect(8080)      # a socket
"""

import os
import socket
import struct
import subprocess
import sys


from support.process import Process
from support.tools import missing
from support.waiting import PATIENCE, until

# Runs inside: enables lo, then connects to the ports that it gets, and passes the sockets out.
_AGENT = r"""
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(64)
print("ready", flush=True)
while True:
    asker, _ = server.accept()
    port = struct.unpack("H", asker.recv(2))[0]
    connection = socket.socket()
    error = connection.connect_ex(("127.0.0.1", port))
    socket.send_fds(asker, [struct.pack("i", error)], [connection.fileno()])
    connection.close()
    asker.close()
"""


class Namespace:
    def __init__(self, folder):
        self._unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
        _require(self._unshare)
        self._path = str(folder / "network")
        self._agent = Process([*self._unshare, sys.executable, "-c", _AGENT, self._path], dict(os.environ), name="network")
        self._agent.line(lambda line: line == "ready\n", "the network")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._agent.end()

    @property
    def prefix(self):
        """The words before a command that runs inside."""
        user = ["--user", "--preserve-credentials"] if "-rn" in self._unshare else []
        return ["nsenter", "--target", str(self._agent.pid), "--net", *user]

    def command(self, *words):
        return [*self.prefix, *map(str, words)]

    def connect(self, port):
        error, connection = self._connect(port)
        if error:
            connection.close()
            raise OSError(error, os.strerror(error), port)
        connection.settimeout(PATIENCE)
        return connection

    def wait_for(self, port):
        """Waits until a program listens there."""
        until(lambda: self._accepts(port), f"somebody on port {port} of the network")

    def _accepts(self, port):
        error, connection = self._connect(port)
        connection.close()
        return error == 0

    def _connect(self, port):
        with socket.socket(socket.AF_UNIX) as ask:
            ask.settimeout(PATIENCE)
            ask.connect(self._path)
            ask.send(struct.pack("H", port))
            data, descriptors, _, _ = socket.recv_fds(ask, 4, 1)
        connection = socket.socket(fileno=descriptors[0])
        return struct.unpack("i", data)[0], connection


def _require(unshare):
    done = subprocess.run([*unshare, "true"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    missing(f"no network namespace can be made here ({' '.join(unshare)}: {done.stderr.strip()}); run as root, or with CAP_SYS_ADMIN")
