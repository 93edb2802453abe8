"""An app in Go beside a daprd, traced by OpenTelemetry's own SDK: a neighbour of the function.

    with OtelApp("front", port, dapr_port, collector_port) as front:
        front.relay("/v1.0/invoke/ours/method/hop", b"data", headers)
"""

from urllib.parse import quote

from support.http_client import call
from support.process import Process
from support.tools import tool


class OtelApp:
    def __init__(self, name, port, dapr, collector, subscribe=""):
        """`dapr`: the port of daprd's HTTP API; `collector`: host and port; `subscribe`: COMPONENT/TOPIC."""
        self.url = f"http://127.0.0.1:{port}/"
        flags = ["-name", name, "-port", port, "-dapr", dapr, "-collector", collector, "-subscribe", subscribe]
        self._process = Process([tool("otel-app"), *flags], {}, name=name)

    def __enter__(self):
        self._process.line(lambda line: "listening" in line, "the line that says where it listens")
        return self

    def __exit__(self, *_):
        self._process.end()

    def relay(self, to, body, headers):
        """Makes it send the body to a path of its daprd's API."""
        return call(self.url, f"/relay?to={quote(to)}", body=body, headers=headers)
