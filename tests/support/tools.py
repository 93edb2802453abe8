"""The real programs of tests/tools. In CI they are mandatory; elsewhere a missing one skips the test with a message."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_BUILD = Path(__file__).resolve().parents[1] / "tools" / "build"


@functools.cache
def _build(name):
    done = subprocess.run([_BUILD, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else done.stderr.strip()


def tool(name):
    """Returns the program's path; builds it the first time."""
    built = _build(name)
    if isinstance(built, Path):
        return built
    missing(f"{name} cannot be had; see what `./dev tool {name}` says: ...{built[-400:]}")


def find_clang():
    """Returns the path of clang++."""
    return next(filter(None, map(shutil.which, ("clang++", "clang++-19"))), None) or missing("clang++ is missing: install it with `./dev setup lint`")


def missing(message):
    """Ends the test because a program is missing; `message` says how to get it."""
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
