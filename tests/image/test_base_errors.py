"""What may be wrong with a base: each error names it, and no image is made."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from image.bases import Layout, blob, layout_of, root_folder, write_blob
from image.container import check

_GREETS = """
#include <ofn/function.h>
std::string greet(const ofn::Request&) { return "Hello!\\n"; }
OFN_FUNCTION(greet)
"""


@pytest.fixture(scope="module")
def greets(shared_from):
    return shared_from(_GREETS)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return root_folder(tmp_path_factory.mktemp("base") / "root")


@pytest.fixture(scope="module")
def whole(root, tmp_path_factory):
    return layout_of(root, tmp_path_factory.mktemp("base") / "base.oci")


@dataclass(frozen=True)
class Case:
    name: str
    change: Callable  # gets the Layout
    words: list
    tag: str = ":12"


def _remove_layer(layout):
    blob(layout.folder, layout.manifest["layers"][0]["digest"]).unlink()


def _write_over_layer(change):
    def write(layout):
        file = blob(layout.folder, layout.manifest["layers"][1]["digest"])
        file.write_bytes(change(file.read_bytes()))

    return write


def _set(part, *path, value):
    """Sets one value of the configuration, the manifest or the index, and writes them."""

    def change(layout):
        node = getattr(layout, part)
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = value
        layout.write()

    return change


def _index(**members):
    def change(layout):
        layout.index |= members
        layout.write_index()

    return change


def _entry(layout, **members):
    return layout.index["manifests"][0] | members


def _platforms(*names):
    """An index of several platforms stands for the image."""

    def change(layout):
        entries = [_entry(layout, platform=dict(zip(("os", "architecture"), name.split("/"), strict=True))) for name in names]
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
        layout.index["manifests"][0] |= {"mediaType": index["mediaType"]} | write_blob(layout.folder, index)
        layout.write_index()

    return change


def _two_names(layout):
    layout.index["manifests"].append(_entry(layout, annotations={"org.opencontainers.image.ref.name": "13"}))
    layout.write_index()


def _layer(content, media_type="application/vnd.oci.image.layer.v1.tar", content_digest=None):
    """The second layer has this content."""

    def change(layout):
        stored = write_blob(layout.folder, content)
        layout.manifest["layers"][1] = {"mediaType": media_type} | stored
        layout.config["rootfs"]["diff_ids"][1] = content_digest or stored["digest"]
        layout.write()

    return change


def _tar(name, size=0, **members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = size
        for member, value in members.items():
            setattr(entry, member, value)
        tar.addfile(entry, io.BytesIO(bytes(size)))
    return file.getvalue()


def _write(name, text):
    return lambda layout: (layout.folder / name).write_text(text)


_NOWHERE = "sha256:" + "0" * 64

CASES = [
    Case("a missing blob", _remove_layer, ["lacks the blob sha256:", "copy the image again"]),
    Case("a blob that is too short", _write_over_layer(lambda content: content[:-1]), ["bytes, and its description says"]),
    Case("a blob with another content", _write_over_layer(lambda content: content[:-1] + b"?"), ["whose content has the digest sha256:"]),
    Case("no oci-layout", lambda layout: (layout.folder / "oci-layout").unlink(), ["has no file oci-layout"]),
    Case("another version", _write("oci-layout", '{"imageLayoutVersion": "2.0.0"}'), ["another version than 1.0.0"]),
    Case("no index", lambda layout: (layout.folder / "index.json").unlink(), ["has no file index.json"]),
    Case("an index that is no JSON", _write("index.json", "{"), ["index.json that is no JSON object"]),
    Case("an index without a list", _write("index.json", "{}"), ['no list "manifests"']),
    Case("a huge index", _write("index.json", " " * (4 << 20) + "{}"), ["index.json of more than 4 MiB"]),
    Case("an empty index", _index(manifests=[]), ["has no image"], ""),
    Case("another name", lambda _: None, ['no image of the name "13"; it has 12'], ":13"),
    Case("several names", _two_names, ["has several images; name one: DIR:NAME, of 12, 13"], ""),
    Case("other platforms", _platforms("linux/s390x", "windows/amd64"), ["has images for linux/s390x, windows/amd64, and none for linux/"]),
    Case("another machine", _set("config", "architecture", value="m68k"), ["the image is for linux/m68k"]),
    Case("another system", _set("config", "os", value="windows"), ["the image is for windows/"]),
    Case("an image of Docker's", lambda layout: _index(manifests=[_entry(layout, mediaType="application/vnd.docker.distribution.manifest.v2+json")])(layout),
         ["media type", "docker", "skopeo copy --format oci"]),
    Case("a configuration that is none", _set("manifest", "config", "mediaType", value="application/x"), ["it is no image of a container"]),
    Case("a manifest without layers", _set("manifest", "layers", value=None), ["has an image without layers"]),
    Case("a wrong digest", _set("manifest", "layers", 0, "digest", value="md5:1"), ['names its layer by "md5:1"', "only sha256"]),
    Case("a digest with a path", _set("manifest", "layers", 0, "digest", value="sha256:" + "../" * 21 + "x"), ["names its layer by", "only sha256"]),
    Case("a digest of nothing", _set("manifest", "layers", 0, "digest", value=_NOWHERE), [f"lacks the blob {_NOWHERE}"]),
    Case("no size", _set("manifest", "layers", 0, "size", value="many"), ["has no size of its layer"]),
    Case("a negative size", _set("manifest", "layers", 0, "size", value=-1), ["has no size of its layer"]),
    Case("a huge configuration", lambda layout: _set("config", "comment", value="x" * (4 << 20))(layout), ["has a document sha256:", "more than 4 MiB"]),
    Case("too few digests of contents", _set("config", "rootfs", "diff_ids", value=[]), ["does not list the digests of the 2 layers"]),
    Case("a wrong digest of a content", _set("config", "rootfs", "diff_ids", 1, value=_NOWHERE), ["has the content sha256:", _NOWHERE]),
    Case("an encrypted layer", _set("manifest", "layers", 0, "mediaType", value="application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), ["+encrypted", "is not supported"]),
    Case("a layer that is not compressed so", _layer(_tar("x"), "application/vnd.oci.image.layer.v1.tar+gzip"), ["is not compressed as its media type says"]),
    Case("nor so", _layer(_tar("x"), "application/vnd.oci.image.layer.v1.tar+zstd"), ["is not compressed as its media type says"]),
    Case("a layer whose compression ends early", _layer(gzip.compress(bytes(9999))[:-9], "application/vnd.oci.image.layer.v1.tar+gzip"), ["is cut short"]),
    Case("a layer that is no tar file", _layer(b"x" * 1024), ["has no tar file, or a damaged one"]),
    Case("a tar file that ends early", _layer(_tar("x", 2000)[:1024]), ["is cut short in its tar file"]),
    Case("a path that leaves the root", _layer(_tar("../etc/x")), ['has a path with ".."']),
    Case("a link that leaves the root", _layer(_tar("x", type=tarfile.LNKTYPE, linkname="../y")), ['has a link with ".."']),
    Case("a link to nothing", _layer(_tar("x", type=tarfile.LNKTYPE, linkname="y")), ["has a hard link /x to /y"]),
    Case("a file in a file", _layer(_tar("etc/motd/x")), ["/etc/motd/x in a folder that is none"]),
    Case("a link in a circle", _layer(_tar("usr/bin", type=tarfile.SYMTYPE, linkname="bin")), ["/usr/bin/functions-framework", "a file instead of a folder above it"]),
    Case("a folder in the program's place", _layer(_tar("usr/bin/functions-framework", type=tarfile.DIRTYPE, mode=0o755)), ["the base has a folder there"]),
    Case("a library that is none", _layer(_tar("usr/lib/x86_64-linux-gnu/libstdc++.so.6", 9)), ["libstdc++.so.6 of the base is not an ELF file"]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_layout_is_refused(case, whole, greets, program, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(whole, broken)
    case.change(Layout(broken))
    _is_refused(program, greets, tmp_path, f"{broken}{case.tag}", ["--base: ", *case.words])


def _is_refused(program, greets, tmp_path, base, words):
    done = program.run_to_end(["image", "--oci", tmp_path / "new", "--base", base, greets])
    assert done.code == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "new/index.json").exists(), "no image is named"


@pytest.mark.parametrize(("name", "words"), [
    ("gone", ["gone is no folder; name a folder with a root file system, or an OCI layout"]),
    ("empty", ["has no usr and no etc", "name the folder that is to be /"]),
    ("root:12", ["root is no OCI layout", 'no image of the name "12"']),
])  # fmt: skip
def test_a_wrong_name_is_refused(name, words, root, greets, program, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "root").symlink_to(root)
    _is_refused(program, greets, tmp_path, tmp_path / name, ["--base: ", *words])
    assert not (tmp_path / "new").exists(), "nothing is left behind"


def test_the_image_cannot_be_in_its_own_base(greets, program, tmp_path):
    (tmp_path / "etc").mkdir()
    _is_refused(program, greets, tmp_path, tmp_path, ["the folder of --oci is in "])


def test_a_platform_of_several_is_chosen(whole, greets, program, tmp_path):
    both = tmp_path / "both"
    shutil.copytree(whole, both)
    layout = Layout(both)
    _platforms("linux/s390x", "linux/amd64" if layout.config["architecture"] == "amd64" else f"linux/{layout.config['architecture']}")(layout)
    done = program.run_to_end(["image", "--oci", tmp_path / "new", "--base", both, greets])
    assert done.code == 0, done.stderr


# What an older C library lacks. The version script names versions as glibc does.
_VERSIONS = "GLIBC_2.2.5 { global: *; };\nGLIBC_2.17 { } GLIBC_2.2.5;\nGLIBC_2.9 { } GLIBC_2.2.5;\nGLIBC_PRIVATE { } GLIBC_2.17;\n"


def test_an_older_c_library_is_refused(root, greets, program, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(root, old, symlinks=True, ignore=lambda _, names: {"pipe"} & set(names))
    (libc,) = [path for path in old.rglob("libc.so.6") if not path.is_symlink()]
    (tmp_path / "old.c").write_text("int gnu_get_libc_version(void) { return 0; }\n")
    (tmp_path / "versions").write_text(_VERSIONS)
    check("gcc", "-shared", "-nostdlib", f"-Wl,--version-script={tmp_path / 'versions'}", "-Wl,-soname,libc.so.6", tmp_path / "old.c", "-o", libc)
    words = ["needs the symbol version GLIBC_2.", f"{libc.relative_to(old)} of the base has none newer than GLIBC_2.17", "take a newer base"]
    _is_refused(program, greets, tmp_path, old, words)


def test_half_a_c_library_is_refused(root, greets, program, tmp_path):
    half = tmp_path / "half"
    shutil.copytree(root, half, symlinks=True, ignore=lambda _, names: {"pipe"} & set(names))
    for path in list(half.rglob("libm.so.6")):
        path.unlink()
    _is_refused(program, greets, tmp_path, half, ["lacks libm.so.6, which belongs to the same C library"])
