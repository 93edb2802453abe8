"""A real MQTT broker on a port of its own, for as long as a test.

    with Mosquitto(folder) as broker:
        write_component(…, url=broker.url)
"""

import shutil


from support.ports import reserve_port
from support.process import Process
from support.tools import missing
from support.waiting import accepts, until


class Mosquitto:
    def __init__(self, folder):
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if self._program is None:
            missing("mosquitto is missing: ./dev setup test, or apt-get install mosquitto")
        self.port = reserve_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")

    def __enter__(self):
        self.process = Process([self._program, "-c", self._settings], {"PATH": "/usr/bin:/bin"})
        until(lambda: accepts(self.port), "the broker to listen")
        return self

    def __exit__(self, *_):
        self.process.end()
