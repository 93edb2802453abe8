"""Makes the packages of a build."""

import os
import shutil
import subprocess

from support.tools import missing


def needs(*programs):
    """Ends the test if one of the programs is not there."""
    lacking = [name for name in programs if shutil.which(name) is None]
    if lacking:
        missing(f"{', '.join(lacking)}: install them with `./dev setup package test`")


def pack(repository, build, folder, *kinds):
    """Packs a build as the packages of these kinds (deb, tar, wheel), which come into `folder`."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}
    done = subprocess.run([repository / "packaging/make", build, folder, *kinds], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
