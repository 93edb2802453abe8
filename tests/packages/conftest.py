"""Packages of the build under test."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.tools import missing

_BUILD = Path(os.environ.get("OFN_BUILD_DIR", Path(__file__).parents[2] / "build"))


def needs(*programs):
    """Ends the test if one of the programs is not there."""
    lacking = [name for name in programs if shutil.which(name) is None]
    if lacking:
        missing(f"{', '.join(lacking)}: install them with `./dev setup package test`")


@pytest.fixture(scope="module")
def packed(repository, tmp_path_factory):
    """packed(kind, …): a folder with the packages of these kinds: deb, tar, wheel."""

    def make(*kinds):
        folder = tmp_path_factory.mktemp("-".join(kinds)) / "dist"
        environment = os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}
        done = subprocess.run([repository / "packaging/make", _BUILD, folder, *kinds], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return folder

    return make


@pytest.fixture(scope="session")
def version(program):
    return program.run_to_end(["--version"]).stdout.split()[1]
