"""The compiler, as `functions-framework` calls it for an author's source."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.tools import find_clang

_INCLUDE = Path(__file__).parents[2] / "include"
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


def _run(command, source, *flags):
    return subprocess.run(
        [command, "-std=c++20", "-I", _INCLUDE, *flags], input=source, capture_output=True, text=True, check=False,
        env=_ENVIRONMENT,
    )


@pytest.fixture(scope="session")
def gcc():
    command = shutil.which("g++") or shutil.which("c++")
    assert command, "there is no C++ compiler"
    return command


@pytest.fixture(scope="session")
def compiler(gcc, tmp_path_factory):
    """compiler(source, *flags, head=""): the compiler's output and messages for the source after the lines `head`, which are
    precompiled once."""
    folder = tmp_path_factory.mktemp("heads")
    heads = {}

    def included(head):
        if not head:
            return []
        if head not in heads:
            heads[head] = folder / f"{len(heads)}.h"
            heads[head].write_text(head)
            done = _run(gcc, None, "-x", "c++-header", heads[head], "-o", f"{heads[head]}.gch")
            assert done.returncode == 0, done.stderr
        return ["-include", heads[head]]

    def run(source, *flags, head=""):
        return _run(gcc, source, "-fdiagnostics-color=never", *included(head), *flags, "-x", "c++", "-")

    return run


@pytest.fixture(scope="session", params=["g++", "clang++"])
def each_compiler(request, gcc):
    """each_compiler(source, *flags): the same for each compiler that the loader knows, without a precompiled header."""
    command = find_clang() if request.param == "clang++" else gcc
    return lambda source, *flags: _run(command, source, *flags, "-x", "c++", "-")
