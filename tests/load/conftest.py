"""The function under load. It is compiled once, in advance, because the memory of a compiler in the server's memory group would count."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def functions(shared, tmp_path_factory):
    return shared(Path(__file__).parent / "functions.cc", tmp_path_factory.mktemp("functions") / "functions.so", "-O2")
