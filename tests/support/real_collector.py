"""OpenTelemetry's own Collector, which writes what it takes to a file.

    with RealCollector(folder) as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url}
        …
        assert collector.lines("traces", 1)
"""

import json

from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import accepts, until

_CONFIG = """
receivers:
  otlp:
    protocols:
      grpc: {{endpoint: "127.0.0.1:{grpc}"}}
      http: {{endpoint: "127.0.0.1:{http}"}}
exporters:
  file/traces: {{path: "{folder}/traces.json", flush_interval: 10ms}}
  file/metrics: {{path: "{folder}/metrics.json", flush_interval: 10ms}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [file/traces]}}
    metrics: {{receivers: [otlp], exporters: [file/metrics]}}
"""


class RealCollector:
    def __init__(self, folder):
        self._folder = folder
        grpc, http = reserve_port(), reserve_port()
        self.grpc_url, self.http_url = f"http://127.0.0.1:{grpc}", f"http://127.0.0.1:{http}"
        config = folder / "collector.yaml"
        config.write_text(_CONFIG.format(grpc=grpc, http=http, folder=folder))
        self._process = Process([tool("collector"), "--config", f"file:{config}"], {})
        try:
            until(lambda: accepts(grpc) and accepts(http), "the collector's ports")
        except BaseException:
            self._process.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.end()

    def lines(self, signal, count):
        """Returns the first `count` messages of a signal as soon as they are there."""
        file = self._folder / f"{signal}.json"

        def read():
            whole = file.read_text().split("\n")[:-1] if file.exists() else []
            return len(whole) >= count and [json.loads(line) for line in whole[:count]]

        return until(read, f"{count} messages of {signal} in {file}")
