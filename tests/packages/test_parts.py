"""What the program contains: the list of --version --verbose and the SBOM."""

import json
import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from packages.conftest import BUILD

# Archives with several names, and the parts that are no archive of the linker's.
_NAMES = {"protobuf-lite": "libprotobuf-lite.a", "SQLite": "libsqlite3.a", "zlib": "libz.a"}
_NOT_ARCHIVES = {"libiberty-demangler", "CLI11", "nlohmann-json"}


@pytest.fixture(scope="module")
def shown(program):
    """name → (version, license), as --version --verbose prints them."""
    said = program.run_to_end(["--version", "--verbose"]).stdout
    first, _, parts = said.partition("It contains:\n")
    assert re.fullmatch(r"functions-framework \d+\.\d+\.\d+\n", first)
    return {name: (version, license) for name, version, license in re.findall(r"^  (\S+) (\S.*), (\S.*)$", parts, re.MULTILINE)}


@pytest.fixture(scope="module")
def sbom():
    return BUILD / "ofn.spdx.json"


def test_every_archive_that_is_linked_is_listed(shown):
    """The linker's command is the truth."""
    text = (BUILD / "build.ninja").read_text()
    edge = text[text.index("build bin/functions-framework:") :]
    linked = {Path(word).name for word in re.search(r"^  LINK_LIBRARIES = (.*)$", edge, re.MULTILINE)[1].split() if word.startswith("/") and word.endswith(".a")}
    assert "libnghttp2.a" in linked
    assert {_NAMES.get(name, f"lib{name}.a" if not name.startswith("lib") else f"{name}.a") for name in set(shown) - _NOT_ARCHIVES} == linked


def test_the_sbom_is_valid(sbom):
    assert validate_full_spdx_document(parse_file(str(sbom))) == []


def test_the_sbom_and_the_program_agree(shown, sbom):
    document = json.loads(sbom.read_text())
    packages = {each["SPDXID"]: each for each in document["packages"]}
    program = packages.pop("SPDXRef-functions-framework")
    assert program["name"] == "functions-framework-cpp"
    listed = {each["name"]: (each.get("versionInfo", "of unknown version"), each["licenseConcluded"]) for each in packages.values()}
    assert listed == shown
    contained = {each["relatedSpdxElement"] for each in document["relationships"] if each["relationshipType"] in ("STATIC_LINK", "CONTAINS")}
    assert contained == set(packages)


def test_versions_are_those_of_the_distribution(sbom):
    if not Path("/usr/bin/dpkg-query").exists():
        pytest.skip("this system has no dpkg")
    for each in json.loads(sbom.read_text())["packages"][1:]:
        (reference,) = each["externalRefs"]
        assert reference["referenceLocator"].startswith("pkg:deb/"), each


def test_every_kind_of_package_says_that_no_licence_is_chosen(packed, repository, version):
    said = (repository / "packaging/debian/copyright").read_text()
    assert "has not chosen a licence yet" in said
    dist = packed("tar", "wheel")
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        (copyright,) = [name for name in archive.getnames() if name.endswith("/share/doc/functions-framework-cpp/copyright")]
        assert archive.extractfile(copyright).read().decode() == said
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        assert wheel.read(f"ofn-{version}.dist-info/licenses/copyright").decode() == said
        assert "\nLicense: not chosen yet" in wheel.read(f"ofn-{version}.dist-info/METADATA").decode()
    assert json.loads((repository / "packaging/vcpkg/ports/ofn/vcpkg.json").read_text())["license"] is None
    assert 'license = "LicenseRef-not-chosen"' in (repository / "packaging/conan/conanfile.py").read_text()
