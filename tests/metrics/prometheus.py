"""A real Prometheus on loopback.

    with Prometheus(folder, port, is_native=True) as prometheus:
        value = prometheus.value('up{job="function"}')
"""

import json
import shutil
import subprocess
from urllib.parse import quote

from support.http_client import call
from support.ports import reserve_port
from support.process import Process
from support.tools import missing
from support.waiting import until


def program(name):
    """Returns the path of `prometheus` or `promtool`."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is missing: ./dev setup test, or apt-get install prometheus")
    return path


def check_metrics(text):
    """Runs `promtool check metrics`, and returns its complaints."""
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


class Prometheus:
    def __init__(self, folder, target_port, is_native=False):
        self._folder = folder
        self.port = reserve_port()
        config = {
            "global": {"scrape_interval": "100ms", "scrape_timeout": "100ms"},
            "scrape_configs": [{"job_name": "function", "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}],
        }
        (folder / "prometheus.json").write_text(json.dumps(config))
        features = ["exemplar-storage", *(["native-histograms"] if is_native else [])]
        self._command = [
            program("prometheus"),
            f"--config.file={folder}/prometheus.json",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--enable-feature={','.join(features)}",
        ]

    def __enter__(self):
        self._process = Process(self._command, {"PATH": "/usr/bin:/bin", "HOME": str(self._folder)}, cwd=self._folder)
        self._process.line(lambda line: "Server is ready" in line, "Prometheus to be ready")
        return self

    def __exit__(self, *_):
        self._process.end()

    def ask(self, path):
        answer = call(f"http://127.0.0.1:{self.port}/", path, method="GET")
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]

    def query(self, expression):
        """Returns the samples of the result."""
        return self.ask(f"/api/v1/query?query={quote(expression)}")["result"]

    def value(self, expression):
        """Waits until the expression has one sample, and returns it."""
        result = until(lambda: self.query(expression), f"a value of {expression}")
        assert len(result) == 1, result
        return float(result[0]["value"][1])

    def target(self):
        """Waits for the first scrape, and returns what Prometheus says of it."""
        return until(
            lambda: next((t for t in self.ask("/api/v1/targets")["activeTargets"] if t["health"] != "unknown"), None), "a scrape"
        )
