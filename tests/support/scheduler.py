"""Dapr's scheduler, which keeps the jobs of apps and tells their sidecars when one is due.

    with Scheduler(folder) as scheduler:
        Daprd(folder, ["--scheduler-host-address", scheduler.address])
"""

import urllib.error
import urllib.request

from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import until


class Scheduler:
    """It listens on loopback only, also its embedded etcd."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        port, client, peer, self._health, metrics = (reserve_port() for _ in range(5))
        self.address = f"127.0.0.1:{port}"
        self._process = Process(
            [
                tool("scheduler"),
                *("--listen-address", "127.0.0.1", "--port", port, "--override-broadcast-host-port", self.address),
                *("--healthz-listen-address", "127.0.0.1", "--healthz-port", self._health),
                *("--enable-metrics=false", "--metrics-listen-address", "127.0.0.1", "--metrics-port", metrics),
                *("--id", "one", "--etcd-initial-cluster", f"one=http://127.0.0.1:{peer}", "--etcd-client-port", client),
                *("--etcd-data-dir", folder / "etcd", "--log-level", "warn"),
            ],
            {"HOME": str(folder), "PATH": "/usr/bin:/bin"},
            cwd=folder,
        )

    def __enter__(self):
        until(self._is_ready, "the scheduler to be ready")
        return self

    def __exit__(self, *_):
        self._process.end()

    def _is_ready(self):
        assert self._process.is_running(), self._process.output
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health}/healthz", timeout=5) as answer:
                return answer.status in (200, 204)
        except (urllib.error.URLError, ConnectionError):
            return False
