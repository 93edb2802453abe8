"""Servers whose metrics are on a second port; they end with their test."""

from pathlib import Path

import pytest

from metrics.measured import Measured


@pytest.fixture(scope="session")
def functions(shared, tmp_path_factory):
    return shared(Path(__file__).with_name("functions.cc"), tmp_path_factory.mktemp("functions") / "functions.so")


@pytest.fixture
def measure(program, functions):
    """measure(*flags, …): a server with --metrics 0."""
    servers = []

    def start(*flags, source=functions, target=None, **others):
        servers.append(program.serve(source, target, flags=["--metrics", "127.0.0.1:0", *flags], **others))
        return Measured(servers[-1])

    yield start
    for server in servers:
        server.process.end()
