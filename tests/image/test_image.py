"""What an image holds: its files, its configuration, its digest. Renew the golden files as README.md says."""

import gzip
import json
import os
import platform
import re
import shutil
import tarfile

import pytest

from image.container import check, need
from support.golden import Golden

# Of all files of hello's image but the program: Debian's libraries, and the function.
MOST_BYTES_BESIDE_THE_PROGRAM = 5_600_000

_VOLATILE = [
    (r"sha256:[0-9a-f]{64}", "DIGEST"),
    (r"[a-z0-9_]+-linux-gnu", "TRIPLET"),
    (r"ld-linux-[a-z0-9-]+\.so", "ld-linux-MACHINE.so"),
    (r'"architecture": ".*"', '"architecture": "MACHINE"'),
]


def blob(layout, digest):
    return layout / "blobs" / digest.replace(":", "/")


def read(layout, digest):
    return json.loads(blob(layout, digest).read_text())


def manifest_of(layout, tag="latest"):
    (digest,) = [
        each["digest"]
        for each in json.loads((layout / "index.json").read_text())["manifests"]
        if each["annotations"]["org.opencontainers.image.ref.name"] == tag
    ]
    return read(layout, digest)


def config_of(layout):
    return read(layout, manifest_of(layout)["config"]["digest"])


def entries(layout, first=0):
    """(path, type and mode, owner, time) of each entry of each layer, or of those from that one on."""
    for layer in manifest_of(layout)["layers"][first:]:
        with tarfile.open(blob(layout, layer["digest"])) as tar:
            for entry in tar:
                kind = "d" if entry.isdir() else "-" if entry.isfile() else "?"
                yield entry.name, f"{kind}{entry.mode:o}", f"{entry.uid}:{entry.gid}", entry.mtime


@pytest.fixture
def golden(request):
    return Golden(request.path.parent / "golden", request.config.getoption("--renew-golden"), _VOLATILE)


def is_sanitized(program):
    return "build-" in str(program.path)


def test_the_configuration_is_the_golden_one(hello, golden):
    golden("configuration of hello", json.dumps(config_of(hello[0]), indent=2) + "\n")
    golden("manifest of hello", re.sub(r'"size": \d+', '"size": SIZE', json.dumps(manifest_of(hello[0]), indent=2) + "\n"))


def test_the_files_are_the_golden_ones(hello, golden, program):
    if is_sanitized(program):
        pytest.skip("a sanitized program needs other libraries")
    golden("files of hello", "".join(f"{mode:6} {owner:4} {time} {path}\n" for path, mode, owner, time in entries(hello[0])))


def test_all_that_was_written_is_printed(hello):
    layout, printed = hello
    for path, mode, _, _ in entries(layout):
        assert mode[0] == "d" or f"  /{path}\n" in printed
    (digest,) = re.findall(r"^sha256:[0-9a-f]{64}$", printed, re.MULTILINE)
    assert digest == json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    assert "left out: libcurl.so.4, for telemetry to https" in printed


def test_hello_is_small(hello, program, tmp_path):
    if is_sanitized(program):
        pytest.skip("a sanitizer makes the program larger")
    sizes = {}
    for layer in manifest_of(hello[0])["layers"]:
        with tarfile.open(blob(hello[0], layer["digest"])) as tar:
            sizes |= {entry.name: entry.size for entry in tar}
    assert f"{sum(sizes.values()) / 1e6:8.3f} MB  in all" in hello[1]
    assert sum(sizes.values()) - sizes["usr/bin/functions-framework"] <= MOST_BYTES_BESIDE_THE_PROGRAM
    stripped = tmp_path / "stripped"
    check("strip", program.path, "-o", stripped)
    assert sizes["usr/bin/functions-framework"] <= stripped.stat().st_size


def test_skopeo_and_umoci_read_it(hello):
    layout, _ = hello
    inspected = json.loads(check(need("skopeo"), "inspect", f"oci:{layout}:latest"))
    assert inspected["Digest"] == json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    assert inspected["Os"] == "linux"
    assert inspected["Architecture"] == {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    assert inspected["Labels"] == {"org.opencontainers.image.title": "hello"}
    assert check(need("umoci"), "ls", "--layout", layout) == "latest\n"


def test_two_builds_have_one_digest(make, repository, tmp_path, hello):
    """With another cache, umask, language and time zone."""
    before = os.umask(0o077)
    try:
        environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8", "TZ": "Asia/Tokyo"}
        layout, _ = make(repository / "examples/hello/hello.cc", "--target", "hello", environment=environment)
    finally:
        os.umask(before)
    assert manifest_of(layout) == manifest_of(hello[0])


def test_the_digest_does_not_depend_on_the_folder(make, repository, tmp_path):
    """Neither on that of the sources, nor on the working folder."""
    digests = set()
    for where, source, cwd in (("one", tmp_path / "one/typed", "/"), ("deep/er", "typed", tmp_path / "deep/er")):
        shutil.copytree(repository / "examples/typed", tmp_path / where / "typed")
        layout, _ = make(source, layout=tmp_path / f"{where}.oci", cwd=cwd)
        digests.add(manifest_of(layout)["layers"][1]["digest"])
    (digest,) = digests
    content = gzip.decompress(blob(layout, digest).read_bytes())
    assert b"/function/order.cc" in content and str(tmp_path).encode() not in content


def test_functions_share_the_layer_of_the_framework(make, repository, hello):
    layout, _ = make(repository / "examples/typed", layout=hello[0].parent / "two.oci")
    one, two = manifest_of(hello[0])["layers"], manifest_of(layout)["layers"]
    assert one[0] == two[0]
    assert one[1] != two[1]


def test_an_image_is_added_to_a_layout(make, shared_from, tmp_path):
    """Under another tag; under the same it replaces the first."""
    function = shared_from(_GREETS)
    for tag in ("one", "two", "one"):
        make(function, "--tag", tag, "--label", f"tag={tag}", layout=tmp_path / "both")
    assert sorted(check(need("umoci"), "ls", "--layout", tmp_path / "both").split()) == ["one", "two"]
    assert manifest_of(tmp_path / "both", "two")["annotations"]["tag"] == "two"


def test_flags_and_variables_are_in_the_configuration(make, shared_from, tmp_path):
    plugin = tmp_path / "counts.so"
    shared_from(_PLUGIN).rename(plugin)
    layout, printed = make(
        shared_from(_GREETS), "--plugin", plugin, "--ca", "--label", "a=b=c",
        "--label", "org.opencontainers.image.title=Greeter", environment={"SOURCE_DATE_EPOCH": "1700000000"})  # fmt: skip
    config = config_of(layout)
    assert config["created"] == "2023-11-14T22:13:20Z"
    assert config["config"]["Labels"] == {"a": "b=c", "org.opencontainers.image.title": "Greeter"}
    variables = dict(each.split("=", 1) for each in config["config"]["Env"])
    assert variables == {
        "FUNCTION_SOURCE": "/function/functions.so",
        "FUNCTION_TARGET": "greet",
        "OFN_PLUGIN": "/function/counts.so",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    }
    assert "  /etc/ssl/certs/ca-certificates.crt\n" in printed and "  /function/counts.so\n" in printed


_GREETS = """
#include <ofn/function.h>
std::string greet(const ofn::Request&) { return "Hello!\\n"; }
OFN_FUNCTION(greet)
"""
_PLUGIN = """
#include <ofn/plugin.h>
class Counts : public ofn::Plugin {};
OFN_PLUGIN(Counts, "counts", "v1")
"""
