"""Both implementations, which serve the same functions: the program under test, and PyPI's functions-framework."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from support.http_client import call
from support.process import Process
from support.program import Server

_HERE = Path(__file__).parent


class Party:
    """A served function, and the file that it wrote about its last call."""

    def __init__(self, server, folder):
        self.server = server
        self._output = folder / "function_output.json"

    def call(self, path="/", **request):
        self._output.unlink(missing_ok=True)
        return call(self.server.url, path, **request)

    @property
    def output(self):
        """None if the function was not called. The file is read immediately after the answer, as the client does."""
        return json.loads(self._output.read_text()) if self._output.exists() else None


@pytest.fixture(scope="session")
def functions(program, tmp_path_factory):
    """The functions. The program under test builds them, so that both have the same sanitizer."""
    output = tmp_path_factory.mktemp("conformance") / "functions.so"
    built = program.run_to_end(["build", "--source", _HERE / "functions.cc", "-o", output])
    assert built.code == 0, built.stderr
    return output


@pytest.fixture(scope="module")
def ours(program, functions, tmp_path_factory):
    """ours(target): the program under test."""
    with _Parties(tmp_path_factory) as parties:
        yield lambda target: parties.of(target, lambda folder: program.serve(functions, target, cwd=folder))


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """peer(target): the other implementation."""
    if importlib.util.find_spec("functions_framework") is None:
        message = "the oracle is missing: pip install -r tests/requirements.txt"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    environment = {"PATH": os.environ["PATH"]}
    with _Parties(tmp_path_factory) as parties:
        yield lambda target: parties.of(
            target, lambda folder: Server(Process([sys.executable, _HERE / "peer.py", target], environment, cwd=folder, name="peer"))
        )


class _Parties:
    """One process for each target. It is started when a test needs it and ended after the module's tests."""

    def __init__(self, tmp_path_factory):
        self._factory = tmp_path_factory
        self._parties = {}

    def of(self, target, start):
        if target not in self._parties:
            folder = self._factory.mktemp(target)
            self._parties[target] = Party(start(folder), folder)
        return self._parties[target]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for party in self._parties.values():
            party.server.process.end()
