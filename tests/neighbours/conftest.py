"""A function behind a queue-proxy, as Knative runs them, in a network that no other program can reach."""

import http.client
import json
import os

import pytest

from support.http2 import Http2
from support.http_client import Answer
from support.namespace import Namespace
from support.process import Process
from support.program import Program, Server
from support.tools import tool

USER_PORT = 8080
PROXY_PORT = 8012


class Behind:
    """The function, its proxy, and clients of the proxy."""

    def __init__(self, network, server, proxy):
        self.network, self.server, self.proxy = network, server, proxy

    def call(self, path="/", method="GET", body=None, headers=None, port=PROXY_PORT):
        connection = http.client.HTTPConnection("x")
        connection.sock = self.network.connect(port)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def http2(self):
        """A connection to the proxy by prior knowledge. The proxy uses the same protocol to the function."""
        client = Http2(_Socket(self.network.connect(PROXY_PORT)))
        client.h2.initiate_connection()
        client.flush()
        return client


class _Socket:
    """The part of Raw that Http2 uses."""

    def __init__(self, connection):
        self.socket = connection

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        return self.socket.recv(65536)


@pytest.fixture
def network(tmp_path):
    with Namespace(tmp_path) as it:
        yield it


@pytest.fixture(scope="session")
def functions(shared, repository, tmp_path_factory):
    return shared(repository / "tests/program/functions.cc", tmp_path_factory.mktemp("functions") / "functions.so")


@pytest.fixture
def behind(network, program, functions, tmp_path):
    """behind(target, *flags, probe=…, **variables): a function behind a proxy that gets these variables."""
    started = []

    def start(target, *flags, probe=None, **variables):
        inside = Program(program.path, tmp_path, prefix=network.prefix)
        arguments = ["--source", functions, "--target", target, "--host", "127.0.0.1", "--port", USER_PORT, *flags]
        server = Server(inside.run(arguments, {"K_SERVICE": "s", "K_REVISION": "r", "K_CONFIGURATION": "c"}))
        started.append(server.process)
        probe = probe or {"tcpSocket": {"port": USER_PORT, "host": "127.0.0.1"}}
        environment = {
            "PATH": os.environ["PATH"],
            "CONTAINER_CONCURRENCY": "0",
            "QUEUE_SERVING_PORT": str(PROXY_PORT),
            "QUEUE_SERVING_TLS_PORT": "8112",
            "USER_PORT": str(USER_PORT),
            "REVISION_TIMEOUT_SECONDS": "300",
            "SERVING_LOGGING_CONFIG": "",
            "SERVING_LOGGING_LEVEL": "",
            "TRACING_CONFIG_BACKEND": "none",
            "SERVING_NAMESPACE": "default",
            "SERVING_CONFIGURATION": "c",
            "SERVING_REVISION": "r",
            "SERVING_POD": "p",
            "SERVING_POD_IP": "127.0.0.1",
            "SERVING_READINESS_PROBE": json.dumps(probe),
        } | variables
        proxy = Process(network.command(tool("queue-proxy")), environment, name="queue-proxy")
        started.append(proxy)
        network.wait_for(PROXY_PORT)
        return Behind(network, server, proxy)

    yield start
    for process in reversed(started):
        process.end()
