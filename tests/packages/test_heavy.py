"""What takes minutes, and runs with --heavy: a bare Debian, builds as `./dev package` builds, Conan."""

import os
import re
import shutil
import subprocess
import time
import urllib.request
import venv

import pytest

from packages.conftest import BUILD, LARGEST_DEB, raised
from support.console import blocks, sections
from support.packages import needs
from support.ports import reserve_port
from support.process import Process

_HOUR = 3600
_CONAN = "2.34.0"
_CLEAN = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}


@pytest.fixture(autouse=True, scope="module")
def heavy(request):
    if not request.config.getoption("--heavy"):
        pytest.skip("takes minutes; run it with --heavy")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    print(f"--- {command} ---\n{done.stdout[-2000:]}")
    assert done.returncode == 0, command
    return done.stdout


def copy_of_the_tree(repository, folder):
    """The files that git knows, as in a fresh clone without its history."""
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=repository).split("\n"):
        source = repository / name
        if name and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


@pytest.fixture
def debian(tmp_path):
    """A bare Debian: its folder, and inside(command), which is a command that runs there."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    needs("mmdebstrap", "unshare")
    root = tmp_path / "root"
    run("mmdebstrap", "--variant=apt", "--quiet", "bookworm", root)

    def inside(command):
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc", "chroot", root, "sh", "-c",
                f"cd /root && HOME=/root DEBIAN_FRONTEND=noninteractive && export HOME DEBIAN_FRONTEND && {command}"]

    return root, inside


def a_new_project_answers(inside):
    """From `new` to the answer of its function within a minute, by the commands that `new` prints."""
    began = time.monotonic()
    port = reserve_port()
    command = f"ff new greeter && cd greeter && exec ff dev --env-file dev.env --host 127.0.0.1 --port {port}"
    with Process([str(word) for word in inside(command)], _CLEAN, name="the loop in the root") as dev:
        dev.line(lambda line: "serving build 1" in line, "the first build", seconds=60)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/?name=Ada", timeout=30) as response:
            assert response.read() == b"hello, Ada\n"
        print(f"{time.monotonic() - began:.1f} s from a new project to its first answer")


def test_bare_debian(debian, packed, repository, version, tmp_path):
    """From a Debian without a compiler to the first answer, by the commands of docs/install.md; then an upgrade and a purge."""
    needs("dpkg-buildpackage")
    dist = packed("deb")
    root, inside = debian
    page = blocks((repository / "docs/install.md").read_text())
    (root / "root/dist").mkdir()
    for deb in dist.glob("functions-framework-cpp_*.deb"):
        shutil.copy(deb, root / "root/dist")
    (root / "root/hello.cc").write_text(next(block.text for block in page if block.name == "hello.cc"))
    install, serve = next(block.text for block in page if block.name == "apt").splitlines()
    first = next(block for block in sections((repository / "README.md").read_text())["From a function to a cluster"] if block.kind == "console")
    assert first.text == f"$ {install}\n", "README's first screen has the same command"

    def ours():
        """Files that belong to the package, or are named after it. A user's cache and what a user's loop leaves in /tmp are the user's."""
        names = [path.relative_to(root).as_posix() for path in root.rglob("*") if re.search(r"functions-framework|\bofn\b", path.name)]
        return [name for name in names if not name.startswith(("proc/", "root/", "tmp/", "var/cache/apt/", "var/log/"))]

    assert ours() == []
    began = time.monotonic()
    run(*inside(install))
    installed = time.monotonic()
    port = reserve_port()
    with Process([str(word) for word in inside(f"exec {serve} --host 127.0.0.1 --port {port}")], _CLEAN, name="the program in the root") as server:
        server.line(re.compile(r'"message":"listening"').search, "the line that it listens", seconds=120)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
            assert response.read() == b"hello\n"
        print(f"install {installed - began:.1f} s, then {time.monotonic() - installed:.1f} s to the first answer")
    a_new_project_answers(inside)

    later = raised(next(dist.glob("functions-framework-cpp_*.deb")), f"{version}+later", tmp_path)
    shutil.copy(later, root / "root/dist/later.deb")
    run(*inside("apt-get install -y ./dist/later.deb"))
    assert f"{version}+later" in run(*inside("dpkg-query --show functions-framework-cpp"))
    assert "Dry run successful" in run(*inside(f"{serve} --dry-run"))

    run(*inside("apt-get purge -y --autoremove functions-framework-cpp"))
    assert ours() == []


def test_setup_starts_no_server(debian, repository):
    """`./dev setup` in a Debian without systemd, where packages start their servers at once."""
    root, inside = debian
    text = (repository / "dev").read_text()
    assert re.search(r"^test_packages=\([^)]*\bmosquitto [^)]*\bredis-server ", text, re.MULTILINE)
    (root / "root/dev").write_text(re.sub(r"^test_packages=\([^)]*\)", "test_packages=(mosquitto redis-server)", text, flags=re.MULTILINE))
    running = run(*inside("bash ./dev setup test >/dev/null 2>&1 && cat /proc/[0-9]*/comm")).split()
    assert (root / "usr/bin/redis-server").exists() and (root / "usr/sbin/mosquitto").exists()
    assert not {"mosquitto", "redis-server"} & set(running), running
    assert not (root / "usr/sbin/policy-rc.d").exists(), "it was there for the call only"


def test_two_builds_give_the_same_bytes(repository, tmp_path):
    """In two folders, with all three kinds of packages."""
    needs("dpkg-buildpackage", "dh")
    sums = []
    for name in ("first", "a-second-folder"):
        tree = copy_of_the_tree(repository, tmp_path / name)
        environment = os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}
        run("cmake", "--preset", "package", cwd=tree, env=environment)
        run("cmake", "--build", "build-package", "--target", "functions-framework", cwd=tree, timeout=_HOUR)
        run("packaging/make", "build-package", "dist", "deb", "tar", "wheel", cwd=tree, env=environment)
        lines = (tree / "dist/SHA256SUMS").read_text().splitlines()
        # They list what the machine had, and the sums of the packages.
        sums.append([line for line in lines if not line.endswith((".buildinfo", ".changes"))])
    assert len(sums[0]) == 5 and sums[0] == sums[1]


def test_the_source_package_builds(repository, tmp_path):
    """dpkg-buildpackage in a copy of the tree, without ./dev and without network."""
    needs("dpkg-buildpackage", "dh", "unshare")
    tree = copy_of_the_tree(repository, tmp_path / "tree")
    run(repository / "packaging/make", BUILD, tree, "debian")
    run("unshare", "--net", "dpkg-buildpackage", "-us", "-uc", "-b", cwd=tree, timeout=_HOUR)
    debs = {path.name.split("_")[0]: path for path in tmp_path.glob("*.deb")}
    assert set(debs) == {"functions-framework-cpp", "functions-framework-cpp-dbgsym", "libofn-dev"}
    assert debs["functions-framework-cpp"].stat().st_size <= LARGEST_DEB
    run("lintian", "--allow-root", "--fail-on", "error,warning,info", next(tmp_path.glob("*.changes")))


def test_conan_creates_the_package(repository, tmp_path):
    """By the command of docs/install.md."""
    venv.create(tmp_path / "venv", with_pip=True)
    run(tmp_path / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", f"conan=={_CONAN}")
    environment = os.environ | {"CONAN_HOME": str(tmp_path / "home"), "PATH": f"{tmp_path / 'venv/bin'}:{os.environ['PATH']}"}
    run("conan", "profile", "detect", env=environment)
    command = re.search(r"^\| Conan 2 \| `([^`]*)`", (repository / "docs/install.md").read_text(), re.MULTILINE)[1]
    run(*command.split(), cwd=repository, env=environment, timeout=_HOUR)
