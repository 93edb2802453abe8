"""The function whose calls are counted."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def hello(program, shared, tmp_path_factory):
    cache = program.path.parents[1] / "CMakeCache.txt"
    if not cache.exists() or "CMAKE_BUILD_TYPE:STRING=Release" not in cache.read_text():
        pytest.skip("counts are of release builds; a sanitizer adds instructions and a thread")
    return shared(Path(__file__).with_name("hello.cc"), tmp_path_factory.mktemp("hello") / "hello.so", "-O2")
