"""A real Prometheus on loopback.

    with Prometheus(folder, port, is_native=True) as prometheus:
        value = prometheus.value('up{job="function"}')
"""

import json
import subprocess
from urllib.parse import quote

from support.http_client import call
from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import until


def program(name):
    """Returns the path of `prometheus` or `promtool`, which are in one package."""
    return tool("prometheus").with_name(name)


def check_metrics(text):
    """Runs `promtool check metrics`, and returns its complaints."""
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


class Prometheus:
    def __init__(self, folder, target_port, is_native=False):
        self._folder = folder
        self.port = reserve_port()
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
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

    def scraped(self):
        """Waits for a scrape that succeeds. A busy machine may be late for some."""
        seen = []

        def is_up():
            seen[:] = self.ask("/api/v1/targets")["activeTargets"]
            return any(target["health"] == "up" for target in seen)

        try:
            until(is_up, "a scrape")
        except AssertionError as error:
            raise AssertionError(f"{error}; the targets: {seen}") from None
