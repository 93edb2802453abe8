"""What a user may do wrong, and what the disk may do: each error names what is wrong, and what to do."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from image.container import check, need
from support.tools import missing

_GREETS = """
#include <ofn/function.h>
std::string greet(const ofn::Request&) { return "Hello!\\n"; }
OFN_FUNCTION(greet)
"""
_ONLY_A_PLUGIN = """
#include <ofn/plugin.h>
struct Counts : ofn::Plugin {};
OFN_PLUGIN(Counts, "counts", "v1")
"""


@pytest.fixture(scope="module")
def greets(shared_from):
    return shared_from(_GREETS)


@dataclass(frozen=True)
class Case:
    name: str
    arguments: list
    code: int
    words: list
    environment: dict | None = None


@pytest.mark.parametrize("case", [
    Case("no folder", ["FUNCTION"], 2, ["--oci is required"]),
    Case("an empty folder's name", ["--oci", "", "FUNCTION"], 2, ["--oci", "must not be empty"]),
    Case("another folder", ["--oci", "OTHER", "FUNCTION"], 1, ["is not an OCI image layout", "new or an empty folder"]),
    Case("a file", ["--oci", "FUNCTION/oci", "FUNCTION"], 1, ["cannot make", "Not a directory"]),
    Case("no source", ["--oci", "NEW", "gone.cc"], 3, ["gone.cc", "doesn't exist"]),
    Case("two sources", ["--oci", "NEW", "FUNCTION", "FUNCTION"], 2, ["unexpected argument"]),
    Case("a tag that skopeo refuses", ["--oci", "NEW", "--tag", "a b", "FUNCTION"], 2, ["--tag", "expected letters and digits", 'found "a b"']),
    Case("a wrong label", ["--oci", "NEW", "--label", "=x", "FUNCTION"], 2, ["--label", 'expected NAME=VALUE, found "=x"']),
    Case("a library's path", ["--oci", "NEW", "--with", "/lib/libz.so.1", "FUNCTION"], 2, ["--with", "a library's name"]),
    Case("a missing library", ["--oci", "NEW", "--with", "libgone.so.9", "FUNCTION"], 1, ["libgone.so.9 is not found on this machine"]),
    Case("a missing plugin", ["--oci", "NEW", "--plugin", "gone.so", "FUNCTION"], 1, ["gone.so"]),
    Case("two files of one name", ["--oci", "NEW", "--plugin", "FUNCTION", "FUNCTION"], 1, ["two files for the image have the name"]),
    Case("a wrong date", ["--oci", "NEW", "FUNCTION"], 2, ["SOURCE_DATE_EPOCH", "seconds since 1970"], {"SOURCE_DATE_EPOCH": "now"}),
    Case("a late date", ["--oci", "NEW", "FUNCTION"], 2, ["SOURCE_DATE_EPOCH"], {"SOURCE_DATE_EPOCH": "253402300800"}),
], ids=lambda case: case.name)  # fmt: skip
def test_a_mistake_is_named(case, program, greets, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    new = tmp_path / "new"
    words = {"OTHER": str(other), "NEW": str(new)}
    arguments = [words.get(each, each.replace("FUNCTION", str(greets))) for each in case.arguments]
    done = program.run_to_end(["image", *arguments], case.environment)
    assert done.code == case.code
    assert all(word in done.stderr for word in case.words), done.stderr
    assert done.stdout == ""
    assert not new.exists(), "nothing is left behind"
    assert os.listdir(other) == ["notes.txt"]


def test_plugins_without_a_function_are_refused(program, shared_from, tmp_path):
    done = program.run_to_end(["image", "--oci", tmp_path / "new", shared_from(_ONLY_A_PLUGIN)])
    assert done.code == 3
    assert "registers plugins and no function" in done.stderr


def test_a_library_that_is_gone_is_named(program, shared, tmp_path):
    """The function still links with it."""
    source = tmp_path / "lib.cc"
    source.write_text("int gone() { return 1; }")
    library = tmp_path / "libgone.so"
    check("g++", "-shared", "-fPIC", source, "-o", library)
    source.write_text(_GREETS + "int gone(); int x = gone();")
    function = shared(source, tmp_path / "function.so", "-Wl,--no-as-needed", f"-L{tmp_path}", "-lgone")
    library.unlink()
    done = program.run_to_end(["image", "--oci", tmp_path / "new", function])
    assert done.code in (1, 3)
    assert "libgone.so" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_full_disk_leaves_what_was_there(program, greets, tmp_path):
    """Some write fails: on file systems of growing size. Each failure is named, and nothing of it stays."""
    page = 4096
    assert program.run_to_end(["image", "--oci", tmp_path / "whole", greets]).code == 0
    # Files and folders take whole pages; each file is written under another name first.
    blobs = [-(-each.stat().st_size // page) for each in (tmp_path / "whole/blobs/sha256").iterdir()]
    written = set()
    for pages in (1, max(blobs), *range(sum(blobs) - 3, sum(blobs) + 8)):
        disk = tmp_path / f"disk-{pages}"
        disk.mkdir()
        script = f'mount -t tmpfs -o size={pages * page} none "{disk}" && "$@"; code=$?; find "{disk}" -type f >"{disk}.files"; exit $code'
        done = program.run_to_end(["image", "--oci", disk / "oci", greets], prefix=[*_unshare(), "bash", "-c", script, "bash"])
        files = [line.removeprefix(f"{disk}/oci/") for line in Path(f"{disk}.files").read_text().splitlines()]
        if done.code == 0:
            break
        assert done.code == 1
        assert "cannot " in done.stderr and "No space left on device" in done.stderr, done.stderr
        assert all(name == "oci-layout" or len(name) == len("blobs/sha256/") + 64 for name in files), files
        written.add(len(files))
    assert done.code == 0 and len(files) == 6
    assert len(written) >= 3, "the disk was full at different files"


def test_a_damaged_layout_is_not_overwritten(program, greets, tmp_path):
    layout = tmp_path / "layout"
    assert program.run_to_end(["image", "--oci", layout, greets]).code == 0
    (layout / "index.json").write_text("{}")
    done = program.run_to_end(["image", "--oci", layout, greets])
    assert done.code == 1
    assert "index.json is not an index" in done.stderr
    # What a killed process has left behind is no damage.
    (layout / "index.json").unlink()
    shutil.rmtree(layout / "blobs")
    assert program.run_to_end(["image", "--oci", layout, greets]).code == 0
    assert json.loads(check(need("skopeo"), "inspect", f"oci:{layout}:latest"))["Os"] == "linux"


def _unshare():
    words = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"no mount namespace can be made here ({' '.join(words)}: {done.stderr.strip()})")
    return words
