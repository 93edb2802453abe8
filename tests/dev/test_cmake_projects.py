"""A CMake project as the source: what is compiled again, and what a mistake in it does."""

import shutil

import pytest

from support.dev_loop import save
from support.http_client import call
from support.tools import missing

PROJECT = """\
cmake_minimum_required(VERSION 3.20)
project(functions CXX)
set(CMAKE_CXX_COMPILER_LAUNCHER "{launcher}")
find_package(ofn REQUIRED)
file(GLOB parts CONFIGURE_DEPENDS "${{CMAKE_CURRENT_SOURCE_DIR}}/*.cc")
add_library(functions MODULE ${{parts}})
target_include_directories(functions PRIVATE "{headers}")
target_link_libraries(functions PRIVATE ofn::function)
"""
FUNCTION = """\
#include <ofn/function.h>
#include "word.h"
std::string end();
std::string hello() { return std::string(WORD) + end(); }
OFN_FUNCTION(hello)
"""
END = '#include <string>\nstd::string end() { return "%s"; }\n'
MORE = '#include <ofn/function.h>\nstd::string more() { return "more"; }\nOFN_ROUTE("/more", more)\n'


@pytest.fixture
def headers(tmp_path):
    (tmp_path / "headers").mkdir()
    return tmp_path / "headers"


@pytest.fixture
def compiled(tmp_path):
    """compiled(): the names of the sources that have been compiled since the last call."""
    log = tmp_path / "compiled.log"

    def names():
        lines = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(line.rpartition("/")[2] for line in lines)

    names.launcher = tmp_path / "launcher"
    names.launcher.write_text(f'#!/bin/sh\nfor last; do :; done\necho "$last" >>{log}\nexec "$@"\n')
    names.launcher.chmod(0o755)
    return names


@pytest.fixture
def folder(project, source, headers, compiled):
    if shutil.which("cmake") is None:
        missing("cmake is missing: ./dev setup build, or apt-get install cmake")
    (headers / "word.h").write_text('#define WORD "one "\n')
    source.write_text(FUNCTION)
    source.with_name("end.cc").write_text(END % "end")
    (project / "CMakeLists.txt").write_text(PROJECT.format(launcher=compiled.launcher, headers=headers))
    return project


def says(dev, path="/"):
    answer = call(dev.url, path, method="GET")
    assert answer.status == 200, answer
    return int(answer.headers["x-openfunction-build"]), answer.text


def test_what_is_saved_is_compiled_and_nothing_else(develop, folder, headers, compiled):
    dev = develop(None, source=folder)
    dev.serves(1)
    assert says(dev) == (1, "one end")
    assert [name for name in compiled() if name.startswith(("end", "function"))] == ["end.cc", "function.cc"]
    dev.reload(folder / "end.cc", END % "the end")
    assert (says(dev), compiled()) == ((2, "one the end"), ["end.cc"])
    dev.reload(headers / "word.h", '#define WORD "two "\n')
    assert (says(dev), compiled()) == ((3, "two the end"), ["function.cc"])
    save(folder / "end.cc", "std::string end() { return 1 }\n")
    dev.says("build 4 failed")
    dev.says("end.cc:1:", "error")
    dev.says("build 3 goes on serving")
    assert says(dev) == (3, "two the end")
    compiled()
    dev.reload(folder / "end.cc", END % "at last")
    assert (says(dev), compiled()) == ((5, "two at last"), ["end.cc"])
    more = folder / "more.cc"
    save(more, MORE)
    dev.serves(6)
    assert (says(dev, "/more"), compiled()) == ((6, "more"), ["more.cc"])
    more.unlink()
    dev.serves(7)
    assert (call(dev.url, "/more", method="GET").text, compiled()) == ("two at last", [])
    assert "found in the cache" not in dev.process.output


def test_mistakes_in_cmakelists(develop, folder):
    lists = folder / "CMakeLists.txt"
    good = lists.read_text()
    lists.write_text(good + "add_libary(x)\n")
    dev = develop(None, source=folder)
    dev.says("build 1 failed")
    dev.says("CMake Error at CMakeLists.txt:9 (add_libary)")
    save(lists, good)
    dev.serves(2)
    assert says(dev) == (2, "one end")
    save(lists, good + "target_link_libraries(functions PRIVATE")
    dev.says("build 3 failed")
    dev.says("CMake Error at CMakeLists.txt:9")
    dev.says("build 2 goes on serving")
    assert says(dev) == (2, "one end")
    save(lists, good + "target_compile_definitions(functions PRIVATE X)\n")
    dev.serves(4)
    assert says(dev) == (4, "one end")
