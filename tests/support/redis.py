"""A real Redis on a separate port. It writes each command to the disk before it answers.

    with Redis(folder) as broker:
        write_component(…, redisHost=broker.host)
        broker.kill(); broker.start()
"""

import json
import shutil
import subprocess
from base64 import b64decode

from support.ports import reserve_port
from support.process import Process
from support.tools import missing
from support.waiting import PATIENCE, until


class Redis:
    def __init__(self, folder):
        self._program = shutil.which("redis-server")
        if self._program is None:
            missing("redis-server is missing: ./dev setup test, or apt-get install redis-server")
        self._folder = folder / "redis"
        self._folder.mkdir()
        self.port = reserve_port()
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.end()

    def start(self):
        """Starts it with its stored data."""
        flags = ["--bind", "127.0.0.1", "--port", self.port, "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self.process = Process([self._program, *flags], {"PATH": "/usr/bin:/bin"}, cwd=self._folder)
        until(lambda: self.ask("PING") == "PONG\n", "redis to answer")

    def kill(self):
        self.process.end()

    def published(self, topic):
        """Returns the data of all events that sidecars have published, as octets, in order."""
        events = [json.loads(line) for line in self.ask("XRANGE", topic, "-", "+").splitlines() if line.startswith("{")]
        # An entry also has the publication's metadata.
        return [b64decode(event["data_base64"]) for event in events if "data_base64" in event]

    def ask(self, *command):
        words = ["redis-cli", "-p", str(self.port), *command]
        return subprocess.run(words, capture_output=True, text=True, timeout=4 * PATIENCE, check=False).stdout
