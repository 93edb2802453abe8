"""buildpack/builder.toml and buildpack/Dockerfile: what they name exists, and the builder that they make builds a function as OpenFunction does.

The images of Dockerfile are made here with its labels and variables, and without a distribution: this machine's /usr is mounted instead.
"""

import json
import os
import re
import shutil
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from buildpack.layouts import Layout
from image.container import Container, check, need
from support.http_client import call
from support.process import run_to_end
from support.registry import Registry
from support.tools import tool

_PHASES = ("analyzer", "builder", "creator", "detector", "exporter", "extender", "rebaser", "restorer")
_DISTRIBUTION = ("io.buildpacks.base.distro.name", "io.buildpacks.base.distro.version")


def strategy(image, subfolder):
    """The step `create` of OpenFunction's ClusterBuildStrategy `openfunction`. It runs as user 1000, with no variables but the image's."""
    return ["/cnb/lifecycle/creator", f"-app=/workspace/source/{subfolder}", "-cache-dir=/cache", "-uid=1000", "-gid=1000", "-layers=/layers",
            "-platform=/platform", "-report=/layers/report.toml", "-process-type=web", "-skip-restore=false", f"-previous-image={image}",
            "-run-image=", image]  # fmt: skip


@dataclass(frozen=True)
class Stage:
    base: str
    variables: dict
    labels: dict
    user: str


@pytest.fixture(scope="module")
def folder(repository):
    return repository / "buildpack"


@pytest.fixture(scope="module")
def recipe(folder):
    return tomllib.loads((folder / "builder.toml").read_text())


@pytest.fixture(scope="module")
def stages(folder):
    found = re.findall(r"^FROM (\S+) AS (\w+)\n((?:(?!FROM ).*\n)*)", (folder / "Dockerfile").read_text(), re.MULTILINE)

    def pairs(instruction, text):
        return dict(re.findall(r'(\S+?)="?([^"\s]+)"?', " ".join(re.findall(rf"^{instruction} (.*)$", text, re.MULTILINE))))

    return {name: Stage(base, pairs("ENV", text), pairs("LABEL", text), re.search(r"^USER (\S+)$", text, re.MULTILINE)[1])
            for base, name, text in found}  # fmt: skip


def test_what_the_recipe_names_exists(recipe, stages, folder, repository):
    (buildpack,) = recipe["buildpacks"]
    described = tomllib.loads((folder / buildpack["uri"] / "buildpack.toml").read_text())
    assert [[each["id"] for each in order["group"]] for order in recipe["order"]] == [[described["buildpack"]["id"]]]
    assert described["targets"] == [{"os": "linux"}] and "stack" not in recipe, "stacks are deprecated"
    module = (repository / "tests/tools/lifecycle/go.mod").read_text()
    assert f"github.com/buildpacks/lifecycle v{recipe['lifecycle']['version']} " in module, "the lifecycle that the tests run"
    for page in ("Dockerfile", "README.md"):
        made = dict(re.findall(r"--target (\w+) -t (\S+) \.", (folder / page).read_text()))
        assert made["build"] == recipe["build"]["image"]
        assert made["run"] == recipe["run"]["images"][0]["image"]
        assert made["framework"] == stages["build"].base, "a stage of examples/Dockerfile"
    assert "\nFROM debian:12 AS framework\n" in (repository / "examples/Dockerfile").read_text()


def test_both_images_fit_together_and_the_platform(stages):
    build, run = stages["build"], stages["run"]
    assert [build.labels[name] for name in _DISTRIBUTION] == [run.labels[name] for name in _DISTRIBUTION] == ["debian", "12"]
    assert run.base == "debian:12-slim"
    assert run.user.split(":")[1] == build.variables["CNB_GROUP_ID"] and run.user != build.user
    assert (build.variables["CNB_USER_ID"], build.variables["CNB_GROUP_ID"], build.user) == ("1000", "1000", "1000:1000")


class Makers:
    """Two ways to the folder /cnb of a builder."""

    def __init__(self, folder, recipe, registry, tmp_path):
        self._folder = folder
        self._recipe = recipe
        self._registry = registry
        self._tmp_path = tmp_path

    def by_hand(self):
        """As the specification of builders describes it."""
        cnb = self._tmp_path / "cnb"
        for buildpack in self._recipe["buildpacks"]:
            source = self._folder / buildpack["uri"]
            described = tomllib.loads((source / "buildpack.toml").read_text())["buildpack"]
            shutil.copytree(source, cnb / "buildpacks" / described["id"] / described["version"])
            order = f'[[order]]\n[[order.group]]\nid = "{described["id"]}"\nversion = "{described["version"]}"\n'
        (cnb / "order.toml").write_text(order)
        (cnb / "run.toml").write_text(f'[[images]]\nimage = "{self._here(self._recipe["run"]["images"][0]["image"])}"\n')
        self._put_lifecycle(cnb / "lifecycle")
        return cnb

    def by_pack(self):
        """By the real `pack`, as README.md says, with the lifecycle of this machine."""
        archive = self._tmp_path / "lifecycle.tgz"
        self._put_lifecycle(self._tmp_path / "lifecycle")
        (self._tmp_path / "lifecycle.toml").write_text(
            f'[apis.buildpack]\nsupported = ["0.12"]\n[apis.platform]\nsupported = ["0.14"]\n[lifecycle]\nversion = "{self._recipe["lifecycle"]["version"]}"\n')
        with tarfile.open(archive, "w:gz") as packed:
            for name in ("lifecycle.toml", "lifecycle"):
                packed.add(self._tmp_path / name, name)
        copy = shutil.copytree(self._folder, self._tmp_path / "buildpack")
        text = self._here((copy / "builder.toml").read_text())
        (copy / "builder.toml").write_text(text.replace(f'version = "{self._recipe["lifecycle"]["version"]}"', f'uri = "{archive}"'))
        command = re.search(r"^ +pack (builder create .*)$", (self._folder / "README.md").read_text(), re.MULTILINE)[1]
        done = run_to_end([tool("pack"), *self._here(command).split()], {"PATH": os.environ["PATH"], "HOME": str(self._tmp_path)},
                          cwd=self._tmp_path)  # fmt: skip
        assert done.code == 0, done.stdout + done.stderr
        return pulled(self._registry, "functions-cpp-builder", self._tmp_path).unpack(self._tmp_path / "builder") / "cnb"

    def _here(self, text):
        return text.replace("localhost:5000", self._registry)

    def _put_lifecycle(self, to):
        to.mkdir(parents=True)
        shutil.copy(tool("lifecycle"), to / "lifecycle")
        shutil.copy(tool("lifecycle-launcher"), to / "launcher")
        for phase in _PHASES:
            (to / phase).symlink_to("lifecycle")


def pulled(registry, name, folder):
    layout = folder / f"{name}.oci"
    check(need("skopeo"), "copy", "--src-tls-verify=false", f"docker://{registry}/{name}", f"oci:{layout}:latest")
    return Layout(layout)


@pytest.fixture
def registry(program, recipe, stages, tmp_path):
    """Its address. It has the two images that Dockerfile makes."""
    run, build = tmp_path / "run.oci", tmp_path / "build.oci"
    source = tmp_path / "any.cc"
    source.write_text('#include <ofn/function.h>\nstd::string any(const ofn::Request&) { return ""; }\n')
    assert program.run_to_end(["image", "--oci", run, "--target", "any", source]).code == 0, "for the libraries"
    check(need("umoci"), "config", "--image", f"{run}:latest", "--clear", "config.env", "--clear", "config.entrypoint")
    check(need("umoci"), "init", "--layout", build)
    check(need("umoci"), "new", "--image", f"{build}:latest")
    with Registry(tmp_path) as registry:
        for layout, stage, name in ((build, stages["build"], recipe["build"]["image"]), (run, stages["run"], recipe["run"]["images"][0]["image"])):
            words = [word for variable in stage.variables.items() for word in ("--config.env", "=".join(variable))]
            words += [word for label in stage.labels.items() for word in ("--config.label", "=".join(label))]
            check(need("umoci"), "config", "--image", f"{layout}:latest", "--config.user", stage.user, *words)
            check(need("skopeo"), "copy", "--dest-tls-verify=false", f"oci:{layout}:latest", f"docker://{name.replace('localhost:5000', registry.address)}")
        yield registry.address


@pytest.mark.parametrize("maker", ["by_hand", "by_pack"])
def test_openfunction_builds_a_function(request, maker, folder, recipe, stages, registry, program, repository, tmp_path):
    if maker == "by_pack" and not request.config.getoption("--heavy"):
        pytest.skip("pack takes minutes to build; run it with --heavy")
    made = tmp_path / "maker"
    made.mkdir()
    cnb = getattr(Makers(folder, recipe, registry, made), maker)()
    for name in ("source/functions", "layers", "cache", "platform/env", "ofn/bin"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(repository / "examples/hello/hello.cc", tmp_path / "source/functions")
    for name, value in {"FUNC_NAME": "hello", "FUNC_TYPE": "http", "FUNC_CLEAR_SOURCE": "true"}.items():
        (tmp_path / "platform/env" / name).write_text(value)
    shutil.copy(program.path, tmp_path / "ofn/bin/functions-framework")
    shutil.copytree(repository / "include", tmp_path / "ofn/include")

    words = [need("bwrap"), "--unshare-all", "--share-net", "--die-with-parent", "--clearenv", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/workspace"]
    for place in ("/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc"):
        words += ["--symlink", os.readlink(place), place] if Path(place).is_symlink() else ["--ro-bind", place, place]
    for outside, inside in ((cnb, "/cnb"), (tmp_path / "ofn", "/opt/ofn")):
        words += ["--ro-bind", outside, inside]
    for outside, inside in (("source", "/workspace/source"), ("layers", "/layers"), ("cache", "/cache"), ("platform", "/platform")):
        words += ["--bind", tmp_path / outside, inside]
    uid, gid = stages["build"].user.split(":")
    for variable in (stages["build"].variables | {"PATH": "/opt/ofn/bin:/usr/bin:/bin", "HOME": "/tmp"}).items():
        words += ["--setenv", *variable]
    image = f"{registry}/function"
    done = run_to_end([*words, "--uid", uid, "--gid", gid, *strategy(image, "functions")], {"PATH": os.environ["PATH"]})
    assert done.code == 0, done.stdout + done.stderr

    stored = json.loads(check(need("skopeo"), "inspect", "--tls-verify=false", f"docker://{image}"))
    report = tomllib.loads((tmp_path / "layers/report.toml").read_text())
    assert report["image"]["digest"] == stored["Digest"], "the strategy's last step passes it on"
    assert stored["Labels"]["org.opencontainers.image.title"] == "hello"
    function = pulled(registry, "function", tmp_path)
    assert function.config["User"] == stages["run"].user
    root = function.unpack(tmp_path / "function")
    assert list((root / "workspace").rglob("*.cc")) == []
    with Container(tmp_path / "function").serve() as server:
        assert call(server.url, "/?name=Ada", method="GET").body == b"hello, Ada\n"
