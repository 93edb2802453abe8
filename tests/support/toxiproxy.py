"""A network that delays, cuts and drops: toxiproxy, controlled through its HTTP API.

    with Toxiproxy(folder) as toxiproxy:
        link = toxiproxy.link(sidecar.port)
        with link.toxic("latency", latency=100): …
        link.cut(); link.mend()
"""

import contextlib
import itertools
import json
import urllib.request

from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import accepts, until


class Toxiproxy:
    def __init__(self, folder):
        self._port = reserve_port()
        self._names = itertools.count()
        self.process = Process([tool("toxiproxy"), "-host", "127.0.0.1", "-port", self._port], {}, cwd=folder, name="toxiproxy")
        until(lambda: accepts(self._port), "toxiproxy to listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.end()

    def link(self, upstream_port):
        """Returns a link to that port, with its own port."""
        name = f"link{next(self._names)}"
        made = self.ask("POST", "proxies", name=name, listen="127.0.0.1:0", upstream=f"127.0.0.1:{upstream_port}")
        return Link(self, name, int(made["listen"].rpartition(":")[2]))

    def ask(self, method, path, **body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/{path}", method=method, data=json.dumps(body).encode() if body else None
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Link:
    def __init__(self, toxiproxy, name, port):
        self._toxiproxy = toxiproxy
        self._path = f"proxies/{name}"
        self.port = port

    @property
    def environment(self):
        return {"DAPR_GRPC_PORT": str(self.port)}

    def cut(self):
        """Closes connections and refuses new ones."""
        # The port is set again, because at first it was any free one.
        self._toxiproxy.ask("POST", self._path, enabled=False, listen=f"127.0.0.1:{self.port}")

    def mend(self):
        self._toxiproxy.ask("POST", self._path, enabled=True, listen=f"127.0.0.1:{self.port}")

    @contextlib.contextmanager
    def toxic(self, type, stream="downstream", toxicity=1.0, **attributes):
        """`downstream` is the data from the sidecar, `upstream` the data to it."""
        self._toxiproxy.ask(
            "POST", f"{self._path}/toxics", name="toxic", type=type, stream=stream, toxicity=toxicity, attributes=attributes
        )
        try:
            yield
        finally:
            self._toxiproxy.ask("DELETE", f"{self._path}/toxics/toxic")
