"""A real MQTT broker on a port of its own, that can be stopped, killed and started again.

    with Mosquitto(folder) as broker:
        write_component(…, url=broker.url)

It keeps what it promised to keep: sessions and what waits for them outlast its restart.
"""

import shutil

from support.ports import reserve_port
from support.process import Process
from support.tools import missing
from support.waiting import accepts, until

_SETTINGS = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
"""


class Mosquitto:
    def __init__(self, folder, settings=""):
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if self._program is None:
            missing("mosquitto is missing: ./dev setup test, or apt-get install mosquitto")
        self.port = reserve_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._settings = folder / "mosquitto.conf"
        # As root it would become a user who may not write here.
        self._settings.write_text(_SETTINGS.format(port=self.port, folder=folder) + "user root\n" + settings)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.process.end()

    def start(self):
        self.process = Process([self._program, "-c", self._settings], {"PATH": "/usr/bin:/bin"})
        until(lambda: accepts(self.port), "the broker to listen")

    def stop(self):
        """Orderly: it writes down what it has to keep."""
        self.process.terminate()
        assert self.process.exit_code() == 0
