"""The Debian packages: contents, sizes, lintian, and that they install, upgrade and leave nothing."""

import os
import re
from pathlib import Path

import pytest

from packages.conftest import BUILD, LARGEST_DEB, raised, run
from support.packages import needs
from support.program import Program

# The goal is 6.5 MB. It was met before the rooms for images, manifests and SkyWalking; middleware, bodies in pieces, OpenAPI, Dapr's
# invocations and jobs, and the HTTP client of tasks added 0.43 MB to them; the documents and templates that the program carries, 0.1 MB;
# check and doctor, 0.27 MB; test and its kit, 0.2 MB; the commands that ask the developer's loop, and mcp, 0.29 MB; made cases, coverage and
# watching of test, and the kit's servers and threads, 0.26 MB.
_INSTALLED = 8_300_000
_HEADERS = 450_000  # the test kit has 44 kB of them


@pytest.fixture(scope="module")
def debs(packed):
    """The folder of the packages."""
    needs("dpkg-buildpackage", "dh", "lintian")
    return packed("deb")


def of(debs, name):
    (deb,) = debs.glob(f"{name}_*.deb")
    return deb


def field(deb, name):
    return run("dpkg-deb", "--field", deb, name).strip()


def files(deb):
    """The paths of the package that are no folders."""
    return {line.split(None, 5)[5].split(" -> ")[0].removeprefix("./") for line in run("dpkg-deb", "--contents", deb).splitlines() if line[0] != "d"}


def test_contents_and_sizes(debs, repository, version, tmp_path):
    program, library = of(debs, "functions-framework-cpp"), of(debs, "libofn-dev")
    assert {field(deb, "Version") for deb in (program, library)} == {version}
    headers = {f"usr/{path.relative_to(repository)}" for path in (repository / "include/ofn").rglob("*.h")}
    doc, unit, share = "usr/share/doc/functions-framework-cpp", "usr/lib/systemd/system/functions-framework@", "usr/share"
    pages = {path.name for path in (BUILD / "share/man/man1").iterdir()}
    assert {"functions-framework.1", "ff.1", "functions-framework-manifest-check.1", "ff-dev.1"} <= pages
    beside = {f"{share}/man/man1/{name}.gz" for name in pages} | {f"{share}/zsh/vendor-completions/_functions-framework"}
    for name, short in (("functions-framework", "ff"), ("functions-framework.fish", "ff.fish")):
        folder = "fish/vendor_completions.d" if name.endswith(".fish") else "bash-completion/completions"
        beside |= {f"{share}/{folder}/{name}", f"{share}/{folder}/{short}"}
    assert files(program) == headers | beside | {
        "usr/bin/functions-framework", "usr/bin/ff", f"{unit}.service", f"{unit}.socket",
        "usr/share/lintian/overrides/functions-framework-cpp", f"{doc}/changelog.gz", f"{doc}/copyright", f"{doc}/ofn.spdx.json", f"{doc}/llms.txt"}
    assert {Path(name).name for name in files(library)} >= {"libofn_framework.a", "ofn.pc", "ofn-config.cmake", "copyright"}
    assert field(program, "Maintainer") == re.search(r"^Maintainer: (.*)$", (repository / "packaging/debian/control").read_text(), re.MULTILINE)[1]
    assert "g++" in field(program, "Recommends") and "libstdc++6" in field(program, "Depends")

    run("dpkg-deb", "--extract", program, tmp_path)
    assert program.stat().st_size <= LARGEST_DEB
    assert (tmp_path / "usr/bin/functions-framework").stat().st_size <= _INSTALLED
    assert sum((tmp_path / name).stat().st_size for name in headers) <= _HEADERS

    unpacked = Program(tmp_path / "usr/bin/functions-framework", tmp_path)
    built = unpacked.run_to_end(["--dry-run", "--source", repository / "examples/hello/hello.cc", "--target", "hello"])
    assert built.code == 0, "it finds the headers beside it"


def test_lintian(debs):
    """The build under test has neither debug information nor all hardening. What `./dev package` builds has both (test_heavy.py)."""
    (changes,) = debs.glob("*.changes")
    said = run("lintian", "--allow-root", "--suppress-tags", "debug-file-with-no-debug-symbols,hardening-no-bindnow,hardening-no-fortify-functions",
               "--fail-on", "error,warning,info,pedantic", "--display-info", "--pedantic", changes)
    assert re.sub(r"^[NI]: .*\n?", "", said, flags=re.MULTILINE) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg installs as root only")
def test_install_upgrade_and_purge(debs, version, tmp_path):
    root = tmp_path / "root"
    for made in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/cache", "usr"):
        (root / made).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()

    def dpkg(*arguments):
        # The root is bare: its scripts run outside it, with DPKG_ROOT.
        return run("dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends", f"--log={tmp_path}/log", *arguments)

    def found():
        return {path.relative_to(root).as_posix() for path in root.rglob("*") if "var/lib/dpkg" not in path.as_posix()}

    before = found()
    package = of(debs, "functions-framework-cpp")
    dpkg("--install", package, of(debs, "libofn-dev"))
    installed = found()
    later = raised(package, f"{version}+later", tmp_path)
    dpkg("--install", later)
    assert found() == installed
    assert f"{version}+later" in run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "functions-framework-cpp")
    left = [root / "var/cache/private/functions-framework/hello", root / "var/lib/private/functions-framework/hello"]
    for folder in left:
        folder.mkdir(parents=True)
    dpkg("--remove", "libofn-dev", "functions-framework-cpp")
    assert all(folder.exists() for folder in left), "only a purge removes what the functions have left"
    dpkg("--purge", "libofn-dev", "functions-framework-cpp")
    assert found() - before <= {"var/cache/private", "var/lib/private"}
