"""`bin/detect` and `bin/build` alone, with what a platform tells them."""

import json
import os
import shutil
from dataclasses import dataclass

import pytest

from support.http_client import call
from support.program import Server


@dataclass(frozen=True)
class Case:
    name: str
    variables: dict
    code: int
    words: str = ""


@pytest.mark.parametrize("case", [
    Case("OpenFunction's name", {"FUNC_NAME": "hello"}, 0),
    Case("Google's name", {"GOOGLE_FUNCTION_TARGET": "hello"}, 0),
    Case("the framework's name", {"FUNCTION_TARGET": "hello"}, 0),
    Case("a source", {"FUNC_NAME": "hello", "FUNC_SRC": "hello.cc"}, 0),
    Case("no name", {}, 100, "set FUNC_NAME"),
    Case("no such source", {"FUNC_NAME": "hello", "FUNC_SRC": "gone"}, 100, "there is no gone"),
    Case("another language", {"FUNC_NAME": "hello", "GOOGLE_FUNCTION_SOURCE": "empty"}, 100, "no C++ source in empty"),
], ids=lambda case: case.name)  # fmt: skip
def test_detect(buildpack, case):
    (buildpack.app / "empty").mkdir()
    done = buildpack.run("detect", case.variables)
    assert done.code == case.code
    assert case.words in done.stdout


def test_build_makes_layers_that_are_served(buildpack, program):
    done = buildpack.run("build", {"FUNC_NAME": "hello", "FUNC_TYPE": "http"})
    assert done.code == 0, done.stdout + done.stderr
    types = {name: buildpack.toml(f"{name}.toml")["types"] for name in ("framework", "function", "cache")}
    assert types == {"framework": {"launch": True}, "function": {"launch": True}, "cache": {"cache": True}}
    launch = buildpack.toml("launch.toml")
    assert launch["processes"] == [{"type": "web", "command": ["functions-framework"], "default": True}]
    assert launch["labels"] == [{"key": "org.opencontainers.image.title", "value": "hello"}]
    sbom = json.loads((buildpack.layers / "framework.sbom.spdx.json").read_text())
    assert sbom["spdxVersion"] == "SPDX-2.3" and [each["name"] for each in sbom["packages"]] == ["functions-framework-cpp"]
    variables = buildpack.variables()
    assert variables == {
        "FUNCTION_SOURCE": str(buildpack.layers / "function/function.so"),
        "FUNCTION_TARGET": "hello",
        "FUNCTION_SIGNATURE_TYPE": "http",
    }
    with Server(program.run([], variables | {"HOST": "127.0.0.1", "PORT": "0"})) as server:
        assert call(server.url).body == b"Hello!\n"
    assert (buildpack.app / "hello.cc").exists()


def test_a_second_build_compiles_nothing(buildpack):
    variables = {"FUNC_NAME": "hello"}
    assert buildpack.run("build", variables).code == 0
    kept = _kept(buildpack)
    assert buildpack.run("build", variables).code == 0
    assert _kept(buildpack) == kept
    (buildpack.app / "hello.cc").write_text((buildpack.app / "hello.cc").read_text() + "// changed\n")
    assert buildpack.run("build", variables).code == 0
    assert _kept(buildpack) != kept


def _kept(buildpack):
    """The cache's programs. One that is made again is another file."""
    return {(path.name, path.stat().st_ino) for path in (buildpack.layers / "cache").rglob("*.so")}


@dataclass(frozen=True)
class Told:
    name: str
    variables: dict
    target: str = "hello"
    signature: str | None = None


@pytest.mark.parametrize("case", [
    Told("OpenFunction's", {"FUNC_NAME": "hello", "FUNC_SRC": "hello.cc", "FUNC_TYPE": "http"}, signature="http"),
    Told("Google's", {"GOOGLE_FUNCTION_TARGET": "hello", "GOOGLE_FUNCTION_SOURCE": "hello.cc", "GOOGLE_FUNCTION_SIGNATURE_TYPE": "http"},
         signature="http"),
    Told("the framework's", {"FUNCTION_TARGET": "hello", "FUNCTION_SOURCE": "hello.cc", "FUNCTION_SIGNATURE_TYPE": "http"}, signature="http"),
    Told("OpenFunction's come first", {"FUNC_NAME": "hello", "GOOGLE_FUNCTION_TARGET": "no", "FUNCTION_TARGET": "no", "FUNC_SRC": "hello.cc",
                                       "GOOGLE_FUNCTION_SOURCE": "no.cc", "FUNC_TYPE": "http", "GOOGLE_FUNCTION_SIGNATURE_TYPE": "event"},
         signature="http"),
    Told("Google's come next", {"GOOGLE_FUNCTION_TARGET": "hello", "FUNCTION_TARGET": "no", "GOOGLE_FUNCTION_SOURCE": "hello.cc",
                                "FUNCTION_SOURCE": "no.cc"}),
    Told("a source of several", {"FUNC_NAME": "bye", "FUNC_SRC": "other/bye.cc"}, target="bye"),
    Told("a folder", {"FUNC_NAME": "bye", "FUNC_SRC": "other"}, target="bye"),
], ids=lambda case: case.name)  # fmt: skip
def test_the_platforms_variables(buildpack, case):
    (buildpack.app / "other").mkdir()
    (buildpack.app / "other/bye.cc").write_text((buildpack.app / "hello.cc").read_text().replace("hello", "bye"))
    done = buildpack.run("build", case.variables)
    assert done.code == 0, done.stdout + done.stderr
    variables = buildpack.variables()
    assert (variables["FUNCTION_TARGET"], variables.get("FUNCTION_SIGNATURE_TYPE")) == (case.target, case.signature)


@pytest.mark.parametrize("variable", ["FUNC_CLEAR_SOURCE", "GOOGLE_CLEAR_SOURCE"])
def test_the_source_is_cleared_if_the_platform_asks_for_it(buildpack, variable):
    (buildpack.app / ".hidden").mkdir()
    for kept in ("false", "0"):
        assert buildpack.run("build", {"FUNC_NAME": "hello", variable: kept}).code == 0
        assert (buildpack.app / "hello.cc").exists()
    refused = buildpack.run("build", {"FUNC_NAME": "hello", variable: "maybe"})
    assert refused.code == 1 and f'{variable}: expected true or false, found "maybe"' in refused.stdout
    assert buildpack.run("build", {"FUNC_NAME": "hello", variable: "true"}).code == 0
    assert list(buildpack.app.iterdir()) == []
    assert (buildpack.layers / "function/function.so").exists()


def test_variables_for_the_process_are_passed_on(buildpack):
    """As `func` passes an address to listen on."""
    assert buildpack.run("build", {"FUNC_NAME": "hello", "BPE_DEFAULT_LISTEN_ADDRESS": "[::]:8080"}).code == 0
    assert buildpack.variables()["LISTEN_ADDRESS"] == "[::]:8080"


def test_the_installed_sbom_is_the_layers(buildpack, program, repository, tmp_path):
    """In a builder's image the framework is installed, with its SBOM. What a build made has none beside it."""
    installed = tmp_path / "usr"
    document = installed / "share/doc/functions-framework-cpp/ofn.spdx.json"
    document.parent.mkdir(parents=True)
    document.write_text('{"spdxVersion": "SPDX-2.3", "name": "the installed one"}')
    (installed / "bin").mkdir()
    shutil.copy(program.path, installed / "bin/functions-framework")
    path = {"PATH": f"{installed / 'bin'}:{os.environ['PATH']}", "OFN_INCLUDE_DIR": str(repository / "include")}
    assert buildpack.run("build", {"FUNC_NAME": "hello"} | path).code == 0
    assert (buildpack.layers / "framework.sbom.spdx.json").read_text() == document.read_text()


def test_a_function_that_does_not_compile_fails_with_its_messages(buildpack):
    (buildpack.app / "hello.cc").write_text("#include <ofn/function.h>\nint hello(\n")
    done = buildpack.run("build", {"FUNC_NAME": "hello"})
    assert done.code == 3
    assert "hello.cc:2" in done.stderr


def test_a_builder_without_the_framework_is_named(buildpack):
    done = buildpack.run("build", {"FUNC_NAME": "hello", "PATH": "/usr/bin:/bin"})
    assert done.code == 1
    assert "the builder's image has no functions-framework" in done.stdout
