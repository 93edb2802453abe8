"""The compiler, as it reads one source of the framework, without a precompiled header."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FLAGS = ["-std=c++23", "-fsyntax-only", "-fdiagnostics-color=never", "-Isrc", "-Iinclude", "-I."]


def check(source, *flags):
    """What the compiler says about the source. It makes no code."""
    command = shutil.which("g++") or shutil.which("c++")
    assert command, "there is no C++ compiler"
    return subprocess.run([command, *_FLAGS, *flags, "-x", "c++", "-"], input=source, capture_output=True, text=True,
                          check=False, cwd=ROOT)
