"""Installs the framework, builds a separate project with it, and serves that project's function."""

import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from support.console import blocks
from support.program import Program

_HERE = Path(__file__).parent
_BUILD = Path(os.environ.get("OFN_BUILD_DIR", _HERE.parents[1] / "build"))


def cmake(*arguments):
    done = subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def cached(variable):
    for line in (_BUILD / "CMakeCache.txt").read_text().splitlines():
        if line.startswith(variable + ":"):
            return line.split("=", 1)[1]
    return ""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation that was moved: nothing in it may depend on its first place."""
    made = tmp_path_factory.mktemp("installed")
    cmake("--install", _BUILD, "--prefix", made / "first")
    return (made / "first").rename(made / "moved")


@pytest.fixture(scope="module")
def built(prefix, tmp_path_factory):
    """The build directory of the other project."""
    build = tmp_path_factory.mktemp("consumer")
    # The program and the function must have the same sanitizers.
    sanitize = cached("OFN_SANITIZE")
    flags = [f"-DCMAKE_CXX_FLAGS=-fsanitize={sanitize}"] if sanitize else []
    cmake("-S", _HERE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", *flags)
    cmake("--build", build)
    return build


def test_what_is_installed(prefix):
    installed = {path.relative_to(prefix).as_posix() for path in prefix.rglob("*") if not path.is_dir()}
    include = _HERE.parents[1] / "include"
    headers = {f"include/{path.relative_to(include)}" for path in include.rglob("*.h")}
    assert {"bin/functions-framework", "bin/ff", "share/doc/functions-framework-cpp/ofn.spdx.json", "share/doc/functions-framework-cpp/copyright"} <= installed
    assert {name for name in installed if name.startswith("include/")} == headers
    assert os.readlink(prefix / "bin/ff") == "functions-framework"
    here = str(_HERE.parents[1]).encode()
    described = [name for name in installed if name.startswith(("lib/cmake", "lib/pkgconfig"))]
    assert "lib/pkgconfig/ofn.pc" in described
    assert [name for name in described if here in (prefix / name).read_bytes()] == []


@pytest.mark.parametrize("name", ["functions-framework", "ff"])
def test_installed_program_serves_the_function(prefix, built, name, tmp_path):
    answers(Program(prefix / "bin" / name, tmp_path), built / "hello.so")


def test_program_linked_with_the_installed_framework(built, tmp_path):
    answers(Program(built / "linked", tmp_path), "unused")


def test_function_tests(built):
    """ofn_add_function_test() with both test frameworks, labels and JUnit."""
    done = subprocess.run(["ctest", "--test-dir", built, "--output-on-failure", "-L", "function"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "100% tests passed, 0 tests failed out of 2" in done.stdout
    labelled = subprocess.run(["ctest", "--test-dir", built, "-N", "-L", "quick"], capture_output=True, text=True, check=True)
    assert "Total Tests: 1" in labelled.stdout


def answers(program, source):
    with program.serve(source, "consumer::hello") as server:
        with urllib.request.urlopen(server.url + "?name=consumer", timeout=30) as response:
            assert response.read() == b"hello, consumer\n"
        server.process.terminate()
        assert server.process.exit_code() == 0


def where_pkg_config_looks(prefix):
    return os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}


def described(prefix, what):
    """What pkg-config says of ofn, as words."""
    done = subprocess.run(["pkg-config", what, "ofn"], env=where_pkg_config_looks(prefix), capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_pkg_config(prefix, tmp_path):
    """The command of docs/install.md for a function, and the one that ofn.pc shows for a program with its own main()."""
    sanitize = cached("OFN_SANITIZE")
    compiler = ["g++", *([f"-fsanitize={sanitize}"] if sanitize else [])]
    assert described(prefix, "--modversion") == [cached("CMAKE_PROJECT_VERSION")]
    page = blocks((_HERE.parents[1] / "docs/install.md").read_text())
    command = next(block.text for block in page if block.name == "pkg-config").replace("g++", " ".join(compiler))
    shutil.copy(_HERE / "hello.cc", tmp_path)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, env=where_pkg_config_looks(prefix), check=True)
    answers(Program(prefix / "bin/functions-framework", tmp_path), tmp_path / "hello.so")
    sources = [_HERE / "hello.cc", _HERE / "main.cc"]
    flags = [*described(prefix, "--cflags"), "-o", tmp_path / "linked", *sources, *described(prefix, "--libs")]
    subprocess.run([*compiler, *flags], check=True)
    answers(Program(tmp_path / "linked", tmp_path), "unused")


def test_fetch_content(prefix, tmp_path):
    """A project that takes the framework's source tree builds only what it uses, and installs nothing of the framework."""
    cmake("-S", _HERE / "fetched", "-B", tmp_path / "build", "-G", "Ninja", f"-DOFN_SOURCE={_HERE.parents[1]}")
    cmake("--build", tmp_path / "build", "--target", "hello")
    assert not (tmp_path / "build/_deps/ofn-build/src/libofn_framework.a").exists()
    answers(Program(prefix / "bin/functions-framework", tmp_path), tmp_path / "build/hello.so")
    cmake("--install", tmp_path / "build", "--prefix", tmp_path / "installed")
    assert not (tmp_path / "installed").exists()


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """A build directory in which nothing is built."""
    build = tmp_path_factory.mktemp("configured")
    cmake("-S", _HERE.parents[1], "-B", build, "-G", "Ninja", "-DOFN_DEVELOPER=OFF")
    return build


def test_own_find_modules_come_before_others(tmp_path):
    """Conan's toolchain, among others, makes CMake look at the libraries' own CMake files first. Debian's of hiredis is wrong."""
    cmake("-S", _HERE.parents[1], "-B", tmp_path, "-G", "Ninja", "-DOFN_DEVELOPER=OFF", "-DCMAKE_FIND_PACKAGE_PREFER_CONFIG=ON")


def failing(*arguments):
    done = subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode != 0
    return " ".join((done.stdout + done.stderr).split())


def test_what_is_not_built_is_told_before_anything_is_installed(configured, tmp_path):
    said = failing("--install", configured, "--prefix", tmp_path / "prefix")
    assert f"cmake --build {configured} --target functions-framework ofn_framework" in said
    assert not (tmp_path / "prefix").exists()


def test_what_is_not_built_is_told_to_who_looks_for_the_package(configured, tmp_path):
    said = failing("-S", _HERE, "-B", tmp_path, "-G", "Ninja", f"-Dofn_DIR={configured}")
    assert "libofn_framework.a is not built yet" in said
    assert f"--build {configured} --target functions-framework ofn_framework" in said


def test_who_builds_the_program_can_install_everything(configured):
    """The target that `./dev run` and `./dev build` build is enough."""
    done = subprocess.run(
        ["ninja", "-C", configured, "-t", "inputs", "bin/functions-framework"], capture_output=True, text=True, check=True
    )
    assert "src/libofn_framework.a" in done.stdout.splitlines()
