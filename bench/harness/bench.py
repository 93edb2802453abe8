"""The code that all tables share: the options, the servers, rounds of load, the list of goals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .loads import Load
from .servers import PEERS, ROOT, Server, peer, say


class Bench:
    def __init__(self, options, directory):
        self.options = options
        self.directory = Path(directory)
        self.program = Path(options.program).resolve()
        self.goals = []
        self._functions = {}

    # The servers.

    def function(self, name):
        """The function of bench/NAME.cc as a shared object, built once."""
        if name not in self._functions:
            built = self.directory / f"{name}.so"
            subprocess.run([self.program, "build", "--source", ROOT / f"bench/{name}.cc", "--target", name, "-o", built],
                           check=True, stdout=sys.stderr)
            self._functions[name] = built
        return self._functions[name]

    def ours(self, sidecar=None, function="hello", flags=(), variables=None):
        """Our server. `flags` are further flags of its command line, `variables` further ones of its environment."""
        source = self.function(function)
        environment = {}
        if sidecar:
            output = {"componentName": "sink", "componentType": "bindings.localstorage", "operation": "create"}
            environment = {
                "FUNC_CONTEXT": json.dumps({"name": "hello", "version": "v1.0.0", "runtime": "Knative",
                                            "outputs": {"sink": output}}),
                "DAPR_HOST": "127.0.0.1",
                "DAPR_GRPC_PORT": str(sidecar.port),
            }
        return Server(lambda port: [self.program, "--source", source, "--target", function,
                                    "--host", "127.0.0.1", "--port", port, *flags], {**environment, **(variables or {})})

    def nginx(self, http2=False):
        """nginx with HTTP/1.1 or HTTP/2: this version cannot speak both on one cleartext port."""
        def command(port):
            directory = Path(tempfile.mkdtemp(prefix="nginx-", dir=self.directory))
            # If root starts nginx, its workers run as another user.
            directory.chmod(0o777)
            text = (PEERS / "nginx/nginx.conf.in").read_text()
            for name, value in (("DIR", directory), ("PORT", port), ("PROTOCOL", "http2" if http2 else ""),
                                ("WORKERS", os.cpu_count())):
                text = text.replace(f"@{name}@", str(value))
            (directory / "nginx.conf").write_text(text)
            return [peer("nginx"), "-e", directory / "error.log", "-c", directory / "nginx.conf"]

        return Server(command, answers_http=not http2)

    def epoll(self):
        return Server(lambda port: [peer("epoll"), port, os.cpu_count()])

    def dapr_go(self, sidecar=None):
        arguments = ["-sidecar-port", sidecar.port] if sidecar else ["-no-output"]
        return Server(lambda port: [peer("dapr-go"), "-port", port, *arguments])

    def google_go(self, mode, *more, variables=None):
        """Google's framework for Go, observed by OpenTelemetry's SDK as `mode` says."""
        return Server(lambda port: [peer("google-go-observed"), port, mode, *more], variables)

    def upload_go(self):
        return Server(lambda port: [peer("upload-go"), port])

    def otlp_sink(self):
        return Server(lambda port: [peer("otlp-sink"), "-port", port], answers_http=False)

    def sink(self):
        return Server(lambda port: [peer("sidecar-sink"), "-port", port], answers_http=False)

    # The measurements.

    def rounds(self, servers, load=None):
        """Returns name → its loads, one for each round. A round before them, which is not measured, warms everything up. `load` takes a server and
        seconds."""
        load = load or (lambda server, seconds: Load(server, seconds, self.options.connections))
        loads = {name: [] for name in servers}
        for server in servers.values():
            load(server, 1)
        for number in range(self.options.rounds):
            say(f"round {number + 1} of {self.options.rounds}: {', '.join(servers)}")
            for name, server in servers.items():
                loads[name].append(load(server, self.options.seconds))
        return loads

    def all_arrived(self, name, answered, sink):
        """Checks that every acknowledged output was sent: a server that skips some would look cheap."""
        calls = int(re.search(r"calls (\d+)", sink.log())[1])
        if calls < answered:
            raise RuntimeError(f"{name} answered {answered} requests, but the sidecar saw {calls} calls")

    def goal(self, what, value, limit):
        self.goals.append([what, f"≤ {limit}", f"{value:.2f}", "yes" if value <= limit else "**no**"])

    def goal_at_least(self, what, value, limit):
        self.goals.append([what, f"≥ {limit}", f"{value:.2f}", "yes" if value >= limit else "**no**"])
