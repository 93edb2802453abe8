"""The time from exec to the first answer in an image's root folder, beside the same program and function on this machine."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import time

from harness.report import spread, table
from harness.servers import ROOT, Server, say

_GOAL = 4.0  # ms


def run(bench):
    layout, root = bench.directory / "hello.oci", bench.directory / "root"
    subprocess.run([bench.program, "image", "--oci", layout, "--target", "hello", ROOT / "bench/hello.cc"], check=True, stdout=sys.stderr)
    _unpack(layout, root)
    ours = ["--target", "hello", "--host", "127.0.0.1"]
    there = ["/usr/bin/functions-framework", "--source", "/function/hello.so", *ours]
    here = [bench.program, "--source", bench.function("hello"), *ours]
    # Only the root folder differs: both commands begin with the same program.
    change = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]
    commands = {"the program": [*change, "/", *here], "the program in the image": [*change, root, *there]}
    if shutil.which("bwrap"):
        commands["the program, in namespaces"] = [*_container("/"), *here]
        commands["the program in the image, in namespaces"] = [*_container(root), *there]
    times = {name: [] for name in commands}
    say(f"{bench.options.starts} starts of: {', '.join(commands)}")
    for _ in range(bench.options.starts):
        for name, command in commands.items():
            server = Server(lambda port, command=command: [*command, "--port", port])
            begin = time.perf_counter()
            with server:
                times[name].append((time.perf_counter() - begin) * 1000)
    names = list(commands)
    added = {image: [a - b for a, b in zip(times[image], times[own], strict=True)] for own, image in zip(names[::2], names[1::2], strict=True)}
    print("### From exec to the first answer, in an image\n")
    table(["server", f"ms, of {bench.options.starts} starts", "added by the image, ms"],
          [[name, spread(times[name]), spread(added[name]) if name in added else ""] for name in names])
    for name, more in added.items():
        bench.goal(f"start of {name}, added ms", statistics.median(more), _GOAL)


def _container(root):
    """As a container runtime starts it: a read-only root, namespaces, no capabilities, another user."""
    return ["bwrap", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--unshare-all", "--share-net", "--uid", "65532", "--gid", "65532",
            "--cap-drop", "ALL", "--die-with-parent"]  # fmt: skip


def _unpack(layout, root):
    def read(digest):
        return layout / "blobs" / digest.replace(":", "/")

    manifest = json.loads(read(json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]).read_text())
    for layer in manifest["layers"]:
        with tarfile.open(read(layer["digest"])) as tar:
            tar.extractall(root)
