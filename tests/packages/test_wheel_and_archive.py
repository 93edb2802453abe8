"""The wheel and the archive, by the commands of docs/install.md."""

import subprocess
import tarfile
import urllib.request
import venv
import zipfile

import pytest

from support.console import Console, blocks, sections
from support.packages import needs

# The goal is 3.5 MB; test_deb.py says what has come since it was met.
_WHEEL = 4_100_000


@pytest.fixture
def console(program, tmp_path):
    with Console(program, tmp_path, None) as console:
        # The page's commands find what they install, and not the program under test.
        console.environment["PATH"] = console.environment["PATH"].removeprefix(f"{program.path.parent}:")
        yield console


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs/install.md").read_text()


def follow(console, page, section, dist):
    """Does what the section says, and calls the function that it serves."""
    (console.folder / "dist").symlink_to(dist)
    function = next(block for block in blocks(page) if block.name == "hello.cc")
    for block in [function, *sections(page)[section]]:
        console.take(block)
    with urllib.request.urlopen(f"http://127.0.0.1:{console.environment['PORT']}/", timeout=30) as response:
        assert response.read() == b"hello\n"


@pytest.fixture(scope="module")
def wheel(packed):
    needs("python3", "strip")
    (wheel,) = packed("wheel").glob("*.whl")
    return wheel


def test_wheel_is_small_and_complete(wheel, repository, version):
    assert wheel.stat().st_size <= _WHEEL
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
        metadata = archive.read(f"ofn-{version}.dist-info/METADATA").decode()
    headers = {f"ofn-{version}.data/data/{path.relative_to(repository)}" for path in (repository / "include/ofn").rglob("*.h")}
    info = {f"ofn-{version}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "licenses/copyright", "sboms/ofn.spdx.json")}
    assert names == headers | info | {f"ofn-{version}.data/scripts/ofn"}
    assert f"\nVersion: {version}\n" in metadata


def test_pip_installs_and_leaves_nothing(wheel, console, page, tmp_path):
    follow(console, page, "pip", wheel.parent)
    pip = tmp_path / "venv/bin/pip"
    assert subprocess.run([pip, "check"], check=False).returncode == 0
    subprocess.run([pip, "uninstall", "--yes", "ofn"], check=True)
    venv.create(tmp_path / "fresh", with_pip=False)

    def found(folder):
        return {path.relative_to(folder) for path in folder.rglob("*") if "site-packages" not in str(path) and "pip" not in path.name}

    left = found(tmp_path / "venv") - found(tmp_path / "fresh")
    assert not {path for path in left if not path.name.startswith(("activate", "Activate"))}
    assert not [path for path in (tmp_path / "venv").rglob("*ofn*")]


def test_archive_is_served_from_anywhere(packed, console, page, version):
    dist = packed("tar")
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        members = content.getmembers()
    assert {member.name.split("/")[0] for member in members} == {archive.name.removesuffix(".tar.gz")}
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 1767225600)}
    follow(console, page, "Archive", dist)


def test_the_same_build_gives_the_same_bytes(packed):
    first, second = ((packed("wheel", "tar") / "SHA256SUMS").read_text() for _ in range(2))
    assert first == second
    assert ".whl" in first and ".tar.gz" in first
