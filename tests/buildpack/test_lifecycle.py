"""The real lifecycle runs the buildpack in its phases, up to an image, which is then run.

The image for running is one that `functions-framework image` has made: it has the C and C++ libraries, and nothing else that is needed.
"""

import json
import os
import shutil
from pathlib import Path

import pytest

from buildpack.layouts import Layout
from image.container import Container, check, need
from support.http_client import call
from support.process import run_to_end
from support.tools import tool

_HELLO = """
#include <ofn/function.h>
std::string hello(const ofn::Request&) { return "Hello!\\n"; }
"""
_ORDER = '[[order]]\n[[order.group]]\nid = "functions-framework-cpp"\nversion = "0.1.0"\n'
_USER = 65534  # the lifecycle refuses to detect and to build as root


class Platform:
    """A folder with everything that a platform gives the lifecycle; all users may read it."""

    def __init__(self, folder, program, repository):
        self.folder = folder
        self._is_root = os.geteuid() == 0
        (folder / "bin").mkdir()
        shutil.copy(program.path, folder / "bin/functions-framework")
        shutil.copytree(repository / "include", folder / "include")
        shutil.copytree(repository / "buildpack", folder / "buildpacks/functions-framework-cpp/0.1.0")
        for name in ("app", "layers", "platform/env", "images", "home"):
            (folder / name).mkdir(parents=True)
        (folder / "order.toml").write_text(_ORDER)
        for phase in ("analyzer", "detector", "builder", "exporter"):
            shutil.copy(tool("lifecycle"), folder / "bin" / phase)
        shutil.copy(tool("lifecycle-launcher"), folder / "bin/launcher")
        self.environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder / "home"), "CNB_PLATFORM_API": "0.15",
                            "CNB_EXPERIMENTAL_MODE": "quiet", "CNB_USE_LAYOUT": "true", "CNB_LAYOUT_DIR": str(folder / "images")}  # fmt: skip

    def image(self, name):
        return self.folder / "images/index.docker.io/library" / name / "latest"

    def give(self):
        """Makes the user of the build own the folder."""
        if self._is_root:
            check("chown", "-R", f"{_USER}:{_USER}", self.folder)
            check("chmod", "-R", "go+rX", self.folder)

    def phase(self, name, *words):
        user = ["setpriv", "--reuid", _USER, "--regid", _USER, "--clear-groups"] if self._is_root else []
        ids = {"CNB_USER_ID": str(_USER if self._is_root else os.getuid()), "CNB_GROUP_ID": str(_USER if self._is_root else os.getgid())}
        done = run_to_end([*user, self.folder / "bin" / name, *words], self.environment | ids, cwd=self.folder)
        assert done.code == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def platform(program, repository):
    # The lifecycle reads a layout's path as an image's name, so the path has small letters only.
    folder = Path(f"/tmp/ofn-buildpack-{os.getpid()}")
    folder.mkdir(mode=0o755)
    yield Platform(folder, program, repository)
    shutil.rmtree(folder)


def test_the_lifecycle_makes_an_image_that_runs(platform, program, tmp_path):
    run_image = platform.image("run")
    run_image.parent.mkdir(parents=True)
    (platform.folder / "app/hello.cc").write_text(_HELLO)
    (platform.folder / "platform/env/FUNC_NAME").write_text("hello")
    assert program.run_to_end(["image", "--oci", run_image, "--target", "hello", platform.folder / "app/hello.cc"]).code == 0
    check(need("umoci"), "config", "--image", f"{run_image}:latest", "--clear", "config.env")
    platform.give()

    platform.phase("analyzer", "-layout", "-run-image", "run", "-layers", "layers", "function")
    found = platform.phase("detector", "-app", "app", "-buildpacks", "buildpacks", "-layers", "layers", "-platform", "platform", "-order", "order.toml")
    assert "functions-framework-cpp 0.1.0" in found
    platform.phase("builder", "-app", "app", "-buildpacks", "buildpacks", "-layers", platform.folder / "layers", "-platform", "platform")
    exported = platform.phase("exporter", "-layout", "-app", "app", "-layers", platform.folder / "layers", "-launcher", "bin/launcher", "function")
    for layer in ("framework", "function", "launch.sbom"):
        assert f":{layer}'" in exported

    function = Layout(platform.image("function"))
    assert function.config["Entrypoint"] == ["/cnb/process/web"]
    (sbom,) = function.unpack(tmp_path).rglob("framework/sbom.spdx.json")
    assert json.loads(sbom.read_text())["packages"][0]["name"] == "functions-framework-cpp"
    with Container(tmp_path).serve() as server:
        assert call(server.url).body == b"Hello!\n"
