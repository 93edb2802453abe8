"""Each header without a source of its own compiles alone. The others are the first that their sources include (rules.py)."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_FLAGS = ["-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Isrc", "-Iinclude", "-I."]


def _headers_alone():
    found = [path.relative_to(_ROOT) for folder in ("src", "testing") for path in (_ROOT / folder).rglob("*.h")]
    return sorted(path.as_posix() for path in found
                  if not (_ROOT / path).with_suffix(".cc").exists() and not path.stem.endswith("_for_test"))


def compile_alone(header):
    """What the compiler says about the header, which it sees twice: a header is read once."""
    command = shutil.which("g++") or shutil.which("c++")
    assert command, "there is no C++ compiler"
    twice = f'#include "{header}"\n' * 2
    return subprocess.run([command, *_FLAGS, "-x", "c++", "-"], input=twice, capture_output=True, text=True,
                          check=False, cwd=_ROOT)


@pytest.mark.parametrize("header", _headers_alone())
def test_header_compiles_alone(header):
    done = compile_alone(header)
    assert done.returncode == 0, done.stderr[:2000]


def test_a_header_that_needs_another_is_caught(tmp_path):
    header = tmp_path / "needs_another.h"
    header.write_text("#pragma once\ninline std::string name() { return {}; }\n")
    done = compile_alone(header)
    assert done.returncode != 0 and "std" in done.stderr
