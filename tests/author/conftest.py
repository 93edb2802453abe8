"""The compiler, as `functions-framework` calls it for an author's source."""

import shutil
import subprocess
from pathlib import Path

import pytest

_INCLUDE = Path(__file__).parents[2] / "include"


@pytest.fixture(scope="session")
def compiler():
    """compiler(source, *flags): what it printed and said of the source."""
    command = shutil.which("g++") or shutil.which("c++")
    assert command, "there is no C++ compiler"

    def run(source, *flags):
        return subprocess.run(
            [command, "-std=c++20", "-fdiagnostics-color=never", "-I", _INCLUDE, *flags, "-x", "c++", "-"],
            input=source, capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )

    return run
