"""Packages of the build under test."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.packages import pack

# Bytes of the Debian package with the program.
# The goal is 2.5 MB; test_deb.py says what has come since it was met.
LARGEST_DEB = 3_200_000  # the test kit, with which `test` runs a function, has 0.1 MB of them

BUILD = Path(os.environ.get("OFN_BUILD_DIR", Path(__file__).parents[2] / "build"))


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def raised(deb, version, folder):
    """The same package as a later version."""
    run("dpkg-deb", "--raw-extract", deb, folder / "raised")
    control = folder / "raised/DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE))
    later = folder / f"{deb.name.split('_')[0]}_{version}.deb"
    run("dpkg-deb", "--root-owner-group", "--build", folder / "raised", later)
    return later


@pytest.fixture(scope="module")
def packed(repository, tmp_path_factory):
    """packed(kind, …): a folder with the packages of these kinds: deb, tar, wheel."""

    def make(*kinds):
        folder = tmp_path_factory.mktemp("-".join(kinds)) / "dist"
        pack(repository, BUILD, folder, *kinds)
        return folder

    return make


@pytest.fixture(scope="session")
def version(program):
    return program.run_to_end(["--version"]).stdout.split()[1]
