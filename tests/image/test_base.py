"""Images that are built on another one, or on a folder with a root file system."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from image.bases import blob, layout_of, recompressed, root_folder
from image.container import Container, check, need, terminate
from image.test_image import config_of, entries, manifest_of
from support.http_client import call

_ASKS_THE_BASE = """
#include <array>
#include <cstdio>
#include <memory>
#include <pwd.h>
#include <unistd.h>
#include <ofn/function.h>
std::string asks(const ofn::Request& request) {
  const passwd* user = getpwuid(getuid());
  std::string text = (user ? user->pw_name : "(unknown)") + std::string(" ") + std::to_string(geteuid()) + "\\n";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(std::string(request.body()).c_str(), "r"), pclose);
  std::array<char, 4096> piece;
  while (const std::size_t size = fread(piece.data(), 1, piece.size(), pipe.get())) text.append(piece.data(), size);
  return text;
}
OFN_FUNCTION(asks)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return root_folder(tmp_path_factory.mktemp("base") / "root")


@pytest.fixture(scope="module")
def base(root, tmp_path_factory):
    """An OCI layout with one image, which is named 12."""
    return layout_of(root, tmp_path_factory.mktemp("base") / "base.oci")


@pytest.fixture(scope="module")
def asks(shared_from):
    return shared_from(_ASKS_THE_BASE)


@pytest.fixture(scope="module")
def on_folder(make, root, asks):
    return make(asks, "--base", root)


@pytest.fixture(scope="module")
def on_image(make, base, asks):
    return make(asks, "--base", f"{base}:12", "--label", "name=asks")


def digests(layout, tag="latest"):
    return [layer["digest"] for layer in manifest_of(layout, tag)["layers"]]


def of_base(printed):
    return next(line for line in printed.splitlines() if line.startswith("of the base: "))


def test_the_function_uses_the_base_s_programs(on_folder, on_image, unpack):
    for layout, _ in (on_folder, on_image):
        with Container(unpack(layout)).serve() as server:
            assert call(server.url, body=b"cat /etc/motd; /usr/bin/helper").body == b"base 65532\nfrom the base\nfrom the base\n"
            assert call(server.url, body=b"(echo x >/opt/x) 2>&1").body.endswith(b"Read-only file system\n")
            assert terminate(server) == 0


def test_a_folder_is_a_layer_of_its_own(on_folder, root):
    layout, printed = on_folder
    assert len(digests(layout)) == 3
    found = {path: (mode, owner, time) for path, mode, owner, time in entries(layout)}
    user, group = root.stat().st_uid, root.stat().st_gid
    owner = "0:0" if user == os.geteuid() else f"{user}:{group}"
    assert found["usr/bin/helper"] == ("-4755", owner, 0)
    assert found["lib"][0] == "?777", "a link stays one"
    assert found["opt/" + "long" * 40][0] == "-644" and "opt/ä b" in found
    assert "opt/pipe" not in found
    assert "left out of the base: 1 devices, sockets and pipes, such as /opt/pipe\n" in printed
    assert config_of(layout)["config"]["Env"][0].startswith("PATH=/usr/local/sbin:")


def test_hard_links_stay_links(on_folder, unpack):
    unpacked = unpack(on_folder[0]) / "rootfs"
    assert (unpacked / "opt/linked").stat().st_ino == (unpacked / "etc/motd").stat().st_ino
    assert os.readlink(unpacked / "opt/dangling") == "/nowhere"


def test_a_folder_s_digest_depends_on_its_content_only(on_folder, make, root, asks, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True, copy_function=shutil.copy, ignore=lambda _, names: {"pipe"} & set(names))
    (copy / "opt/linked").unlink()
    os.link(copy / "etc/motd", copy / "opt/linked")
    os.utime(copy / "etc/motd", (1e9, 1e9))
    layout, _ = make(asks, "--base", copy)
    assert digests(layout) == digests(on_folder[0])
    (copy / "etc/motd").chmod(0o600)
    assert digests(make(asks, "--base", copy)[0])[0] != digests(layout)[0]


def test_an_image_s_layers_and_settings_stay(on_image, base):
    layout, printed = on_image
    before = manifest_of(base, "12")
    after = manifest_of(layout)
    assert after["layers"][: len(before["layers"])] == before["layers"]
    assert len(after["layers"]) == len(before["layers"]) + 2
    old, new = (json.loads(blob(where, which["config"]["digest"]).read_text()) for where, which in ((base, before), (layout, after)))
    assert new["rootfs"]["diff_ids"][:-2] == old["rootfs"]["diff_ids"]
    assert new["history"][:-2] == old["history"]
    run = new["config"]
    assert run["Env"][0] == "PATH=/opt/bin:/usr/bin:/bin"
    assert [each for each in run["Env"] if each.startswith("FUNCTION_SOURCE=")] == ["FUNCTION_SOURCE=/function/functions.so"]
    assert (run["User"], run["Entrypoint"], run.get("Cmd")) == ("65532:65532", ["/usr/bin/functions-framework"], None)
    assert set(run["ExposedPorts"]) == {"8080/tcp", "9000/tcp"}
    assert run["Labels"]["vendor"] == "base" and run["Labels"]["name"] == "asks"
    digest = json.loads((base / "index.json").read_text())["manifests"][0]["digest"]
    assert after["annotations"]["origin"] == "base"
    assert after["annotations"]["org.opencontainers.image.base.digest"] == digest
    assert f"on the base {base}:12 ({digest}): {len(before['layers'])} layers," in printed
    stored = json.loads(check(need("skopeo"), "inspect", f"oci:{layout}:latest"))
    assert stored["Layers"] == [each["digest"] for each in after["layers"]]


def test_libraries_of_the_base_are_used_as_they_are(on_image):
    layout, printed = on_image
    ours = [path for path, mode, _, _ in entries(layout, first=-2) if mode[0] == "-"]
    assert ours == ["etc/group", "etc/nsswitch.conf", "usr/bin/functions-framework", "function/functions.so"], "the base has the rest"
    assert {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1"} <= set(of_base(printed).removeprefix("of the base: ").split(", "))


@pytest.mark.parametrize("kind", ["tar", "tar+gzip", "tar+zstd"])
def test_layers_are_carried_as_they_are_compressed(kind, base, make, asks, unpack, tmp_path):
    changed = recompressed(base, tmp_path / "changed", kind)
    layout, _ = make(asks, "--base", changed)
    layers = manifest_of(changed, "12")["layers"]
    assert manifest_of(layout)["layers"][: len(layers)] == layers
    assert layers[0]["mediaType"].endswith(f".{kind}")
    assert json.loads(check(need("skopeo"), "inspect", f"oci:{layout}:latest"))["Layers"][0] == layers[0]["digest"]
    if kind == "tar+zstd":
        return  # Debian 12's umoci knows no Zstandard
    with Container(unpack(layout)).serve() as server:
        assert call(server.url, body=b"cat /opt/extra/notes").body == b"base 65532\nof the second layer\n"


def test_the_base_may_be_in_the_same_layout(base, make, asks, tmp_path):
    both = tmp_path / "both"
    shutil.copytree(base, both)
    make(asks, "--base", f"{both}:12", "--tag", "on-it", layout=both)
    names = {each["annotations"]["org.opencontainers.image.ref.name"] for each in json.loads((both / "index.json").read_text())["manifests"]}
    assert names == {"12", "on-it"}
    assert digests(both, "on-it")[:2] == digests(both, "12")


def test_libraries_that_the_base_lacks_are_added(make, asks, unpack, tmp_path):
    bare = root_folder(tmp_path / "bare", libraries=("libm.so.6",))
    layout, printed = make(asks, "--base", bare)
    paths = [path for path, _, _, _ in entries(layout)]
    assert len([path for path in paths if path.endswith("/libstdc++.so.6")]) == 1
    assert all(path.startswith("usr/lib") for path in paths if path.endswith(("/libstdc++.so.6", "/libgcc_s.so.1")))
    assert "libc.so.6" in of_base(printed) and "libstdc++" not in of_base(printed)
    with Container(unpack(layout)).serve() as server:
        assert call(server.url, body=b"echo added").body == b"base 65532\nadded\n"


def test_a_base_without_a_c_library_gets_ours(make, repository, unpack, tmp_path):
    data = tmp_path / "data"
    (data / "usr/share/words").mkdir(parents=True)
    (data / "usr/share/words/one").write_text("word\n")
    layout, _ = make(repository / "examples/hello/hello.cc", "--target", "hello", "--base", data)
    bundle = unpack(layout)
    assert (bundle / "rootfs/usr/share/words/one").read_text() == "word\n"
    with Container(bundle).serve() as server:
        assert call(server.url, "/?name=data", method="GET").body == b"hello, data\n"


def test_an_image_of_ours_is_a_base(hello, make, repository, unpack):
    layout, printed = make(repository / "examples/hello/hello.cc", "--target", "hello", "--base", hello[0])
    assert "libstdc++.so.6" in of_base(printed)
    with Container(unpack(layout)).serve() as server:
        assert call(server.url, "/?name=again", method="GET").body == b"hello, again\n"


def test_a_registry_takes_it(on_image, registry, unpack, tmp_path):
    layout, printed = on_image
    name = f"docker://{registry}/functions/asks:1"
    check(need("skopeo"), "copy", "--dest-tls-verify=false", f"oci:{layout}:latest", name)
    check(need("skopeo"), "copy", "--src-tls-verify=false", name, f"oci:{tmp_path / 'pulled'}:latest")
    assert json.loads((tmp_path / "pulled/index.json").read_text())["manifests"][0]["digest"] in printed
    with Container(unpack(tmp_path / "pulled")).serve() as server:
        assert call(server.url, body=b"echo pulled").body == b"base 65532\npulled\n"


@pytest.mark.skipif("not config.getoption('heavy')")
def test_debian_is_a_base(asks, make, unpack, tmp_path):
    """A root of mmdebstrap's: of this machine's release, from its mirror."""
    release = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)[1]
    root = tmp_path / "root"
    check(need("mmdebstrap"), "--variant=essential", "--quiet", release, root)
    layout, printed = make(asks, "--base", root)
    assert "left out of the base: " in printed and " such as /dev/" in printed
    bundle = unpack(layout)
    with Container(bundle).serve() as server:
        assert b"Debian 'dpkg'" in call(server.url, body=b"dpkg --version").body
