"""A folder with a function's source, and the scripts of the buildpack."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.process import run_to_end

_HELLO = """
#include <ofn/function.h>
std::string hello(const ofn::Request&) { return "Hello!\\n"; }
"""


@dataclass(frozen=True)
class Buildpack:
    scripts: Path
    app: Path
    layers: Path
    environment: dict

    def run(self, script, variables):
        return run_to_end([self.scripts / script], self.environment | variables, cwd=self.app)

    def toml(self, name):
        return tomllib.loads((self.layers / name).read_text())

    def variables(self):
        """What the launcher sets if the user does not."""
        return {path.stem: path.read_text() for path in (self.layers / "function/env.launch").iterdir()}


def buildpack_of(program, repository, app, layers):
    """The buildpack for this application, on a builder that has the program under test."""
    layers.mkdir()
    environment = program.environment | {"PATH": f"{program.path.parent}:{os.environ['PATH']}", "CNB_LAYERS_DIR": str(layers)}
    return Buildpack(repository / "buildpack/bin", app, layers, environment)


@pytest.fixture
def buildpack(program, repository, tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    (app / "hello.cc").write_text(_HELLO)
    return buildpack_of(program, repository, app, tmp_path / "layers")
