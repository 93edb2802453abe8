"""A built program (.so) as the source: however its builder writes it, each whole file is one build, and no other file is served."""

import os
import re
import shutil

import pytest

from support.http_client import Caller, call

TEXT = """\
#include <ofn/function.h>
#include <array>
static std::array<char, 400000> filled = {'%s'};
std::string hello(const ofn::Request& request) {
  return filled[request.path().size() > 1 ? 99999 : 0] == 0 ? "zero" : std::string(1, filled[0]);
}
OFN_FUNCTION(hello)
"""


@pytest.fixture(scope="module")
def programs(shared_from):
    """Two programs that answer their letter, and have pages that only `/far` reads."""
    return {letter: shared_from(TEXT % letter) for letter in "AB"}


@pytest.fixture
def built(source):
    return source.with_name("function.so")


@pytest.fixture
def dev(develop, built, programs):
    shutil.copy(programs["A"], built)
    dev = develop(None, source=built)
    dev.serves(1)
    assert says(dev) == (1, "A")
    return dev


def says(dev, path="/"):
    answer = call(dev.url, path, method="GET")
    assert answer.status == 200, answer
    return int(answer.headers["x-openfunction-build"]), answer.text


def by_rename(built, new):
    beside = built.with_name("new.tmp")
    shutil.copy(new, beside)
    os.replace(beside, built)


def in_place(built, new):
    """As `cp new.so function.so` does."""
    with open(built, "r+b") as file:
        file.truncate(0)
        file.write(new.read_bytes())


def removed_and_back(built, new):
    """As GNU ld does."""
    built.unlink()
    shutil.copy(new, built)


@pytest.mark.parametrize("way", [by_rename, in_place, removed_and_back])
def test_each_way_to_write_it_is_one_build(dev, built, programs, way):
    for build, letter in ((2, "B"), (3, "A")):
        way(built, programs[letter])
        dev.serves(build)
        assert says(dev) == (build, letter)
    assert (dev.failed, dev.crashed) == ([], [])


def test_a_half_written_file_leaves_the_last_good_build(dev, built, programs):
    new = programs["B"].read_bytes()
    with Caller(dev.url) as kept:
        built.write_bytes(new[: len(new) // 2])
        dev.says("build 2 failed")
        dev.says("function.so", "cut short")
        dev.says("build 1 goes on serving")
        for path in ("/", "/far"):  # a page that the process has read, and one that it reads now
            answer = kept.call(path, method="GET")
            assert (answer.status, answer.headers["x-openfunction-build"]) == (200, "1"), answer
        built.write_bytes(new)
        dev.serves(3)
        assert says(dev) == (3, "B")
    assert (dev.failed, dev.crashed) == ([2], [])


def test_it_is_missing_for_a_while(dev, built, programs):
    built.unlink()
    dev.says("build 2 failed")
    dev.says("function.so", "doesn't exist")
    assert says(dev, "/far")[0] == 1
    shutil.copy(programs["B"], built)
    dev.serves(3)
    assert says(dev) == (3, "B")
    assert dev.crashed == []


def test_a_program_for_another_framework(dev, built, programs):
    whole = programs["B"].read_bytes()
    # As many digits, so that no byte moves.
    other, places = re.subn(rb"ofn=\d+\n(?=library=)", lambda found: re.sub(rb"\d", b"9", found[0]), whole)
    assert places == 1
    built.with_name("other").write_bytes(other)
    os.replace(built.with_name("other"), built)
    dev.says("build 2 failed")
    dev.says("ABI number")
    dev.says("build 1 goes on serving")
    assert says(dev) == (1, "A")
    by_rename(built, programs["B"])
    dev.serves(3)
    assert says(dev) == (3, "B")
