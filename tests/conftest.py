"""Options and fixtures that every folder of tests may use."""

import os
import subprocess
from pathlib import Path

import pytest

from support.program import Program, program_path


def pytest_addoption(parser):
    parser.addoption("--heavy", action="store_true", help="the long forms of load tests: minutes instead of seconds")
    parser.addoption("--ledger-messages", type=int, default=1500, help="events that the ledger of deliveries counts [1500]; by hand 100000")
    parser.addoption("--renew-golden", action="store_true", help="write what the program says now into the golden files, to be reviewed")
    parser.addoption("--program", help="the program under test [OFN_PROGRAM; default build/bin/functions-framework]")


@pytest.fixture(scope="session")
def program(request, tmp_path_factory):
    return Program(program_path(request.config.getoption("--program")), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def repository():
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def linked(program, tmp_path_factory):
    """linked(name): a program that the build has linked with ofn::framework."""

    def find(name):
        path = program.path.parent / name
        if not path.exists():
            message = f"{path} is missing: build everything (./dev test)"
            if os.environ.get("CI") == "true":
                pytest.fail(message, pytrace=False)
            pytest.skip(message)
        return Program(path, tmp_path_factory.mktemp("linked"))

    return find


@pytest.fixture(scope="session")
def shared(repository):
    """shared(source, output, *flags): a shared object, built only with a compiler, as a user may do."""

    def build(source, output, *flags):
        command = ["g++", "-std=c++20", "-shared", "-fPIC", "-I", repository / "include", *flags, source, "-o", output]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return output

    return build


@pytest.fixture(scope="session")
def shared_from(shared, tmp_path_factory):
    """shared_from(text): the same for the text of a source."""

    def build(text):
        source = tmp_path_factory.mktemp("source") / "functions.cc"
        source.write_text(text)
        return shared(source, source.with_suffix(".so"))

    return build
