"""Bases for images: a small root file system of this machine's files, and OCI layouts with what may be wrong in them."""

import ctypes
import gzip
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from image.container import check, need


def root_folder(folder, programs=("/usr/bin/dash", "/usr/bin/cat"), libraries=("libstdc++.so.6", "libm.so.6", "libgcc_s.so.1")):
    """A root file system as distributions have it: a merged /usr, a C library, a shell, a file with each kind of trouble."""
    for name in ("usr/bin", "usr/lib", "usr/lib64", "etc", "var/tmp", "opt/a"):
        (folder / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (folder / name).symlink_to(f"usr/{name}")
    for program in programs:
        _copy(Path(program), folder)
    (folder / "usr/bin/sh").symlink_to("dash")
    listed = check("ldd", *programs, "/usr/bin/env", _library("libstdc++.so.6"))
    for name, path in re.findall(r"^\t(?:(\S+) => )?(/\S+) \(0x", listed, re.MULTILINE):
        if not name or Path(name).name not in _ABSENT - set(libraries):
            _copy(Path(path), folder)
    for name in libraries:
        _copy(_library(name), folder)
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nbase:x:65532:65532:base:/:/bin/sh\n")
    (folder / "etc/motd").write_text("from the base\n")
    os.link(folder / "etc/motd", folder / "opt/linked")
    (folder / "opt/dangling").symlink_to("/nowhere")
    (folder / ("opt/" + "long" * 40)).write_text("a long name\n")
    (folder / "opt/ä b").write_text("no plain name\n")
    (folder / "usr/bin/helper").write_text("#!/bin/sh\ncat /etc/motd\n")
    (folder / "usr/bin/helper").chmod(0o4755)
    os.mkfifo(folder / "opt/pipe")
    return folder


_ABSENT = {"libstdc++.so.6", "libm.so.6", "libgcc_s.so.1"}


def _library(name):
    return Path(re.search(rf"{re.escape(name)} .*=> (\S+)", check("/sbin/ldconfig", "-p"))[1])


def _copy(source, folder):
    """To where the root has it, without links."""
    real = source.resolve()
    for place in {source, real}:
        target = folder / str(place).removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(real.read_bytes())
        target.chmod(0o755)


def blob(layout, digest):
    return layout / "blobs" / digest.replace(":", "/")


def write_blob(layout, content):
    """Stores bytes, or JSON; returns digest and size, as descriptors have them."""
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    blob(layout, digest).write_bytes(content)
    return {"digest": digest, "size": len(content)}


class Layout:
    """Changes one thing of a layout, and what names it by its digest."""

    def __init__(self, folder):
        self.folder = folder
        self.index = json.loads((folder / "index.json").read_text())
        (entry,) = self.index["manifests"]
        self.manifest = json.loads(blob(folder, entry["digest"]).read_text())
        self.config = json.loads(blob(folder, self.manifest["config"]["digest"]).read_text())

    def write(self):
        self.manifest["config"] |= write_blob(self.folder, self.config)
        self.index["manifests"][0] |= write_blob(self.folder, self.manifest)
        self.write_index()

    def write_index(self):
        (self.folder / "index.json").write_text(json.dumps(self.index))


def layout_of(root, folder, *config):
    """An OCI layout that umoci has made of a root folder, in two layers."""
    umoci = need("umoci")
    check(umoci, "init", "--layout", folder)
    check(umoci, "new", "--image", f"{folder}:12")
    check(umoci, "insert", "--rootless", "--image", f"{folder}:12", root, "/")
    extra = root.parent / "extra"
    extra.mkdir(exist_ok=True)
    (extra / "notes").write_text("of the second layer\n")
    check(umoci, "insert", "--rootless", "--image", f"{folder}:12", extra, "/opt/extra")
    check(umoci, "config", "--image", f"{folder}:12", "--config.env", "PATH=/opt/bin:/usr/bin:/bin", "--config.env", "FUNCTION_SOURCE=/other",
          "--config.cmd", "sh", "--config.user", "1000", "--config.label", "vendor=base", "--config.label", "name=base",
          "--config.exposedports", "9000/tcp", "--manifest.annotation", "origin=base", *config)  # fmt: skip
    return folder


def zstd(content):
    """Compresses as the command of that name does."""
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(library.ZSTD_compressBound(ctypes.c_size_t(len(content))))
    size = library.ZSTD_compress(room, ctypes.c_size_t(len(room)), content, ctypes.c_size_t(len(content)), 3)
    return room.raw[:size]


_COMPRESSIONS = {"tar": lambda content: content, "tar+gzip": lambda content: gzip.compress(content, 1), "tar+zstd": zstd}


def recompressed(base, folder, kind):
    """A copy of the layout, whose layers are compressed in another way: tar, tar+gzip, tar+zstd."""
    shutil.copytree(base, folder)
    layout = Layout(folder)
    for layer in layout.manifest["layers"]:
        content = gzip.decompress(blob(folder, layer["digest"]).read_bytes())
        layer["mediaType"] = f"application/vnd.oci.image.layer.v1.{kind}"
        layer |= write_blob(folder, _COMPRESSIONS[kind](content))
    layout.write()
    return folder
