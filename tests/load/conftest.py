"""The function that is loaded, compiled once: a compiler in the server's memory group would be counted."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def functions(shared, tmp_path_factory):
    return shared(Path(__file__).parent / "functions.cc", tmp_path_factory.mktemp("functions") / "functions.so", "-O2")
