"""Which saves begin a build, and which do not.

After each case one more save is built: its number tells how many builds the case has begun.
"""

import json
import os
import shutil
import subprocess
import time

import pytest

from support.dev_loop import save
from support.http_client import Caller, call
from support.program import binding, context
from support.sidecars import write_component
from support.tools import missing
from support.waiting import until

HELLO = '#include <string>\nstd::string hello() { return "%s"; }\n'


@pytest.fixture
def dev(develop):
    dev = develop(HELLO % "first")
    dev.serves(1)
    return dev


def says(dev):
    """Returns the build that answers, and its words."""
    answer = call(dev.url, method="GET")
    assert answer.status == 200, answer
    return int(answer.headers["x-openfunction-build"]), answer.text


def begins_no_build(dev, source):
    before = dev.serving
    assert dev.reload(source, HELLO % "last") == before + 1
    assert says(dev) == (before + 1, "last"), dev.process.output


def vim(source, words):
    """`:w` of Vim itself, which by default (backupcopy=auto) moves the file away and writes a new one."""
    editor = shutil.which("vim") or shutil.which("vim.tiny")
    if editor is None:
        missing("vim is missing: ./dev setup test, or apt-get install vim-tiny")
    command = [editor, "-u", "NONE", "-es", "-c", "set writebackup backupcopy=no", "-c", f"%s/return .*/return \"{words}\"; }}/", "-c", "wq"]
    subprocess.run([*command, source], check=True, stdin=subprocess.DEVNULL)


def nvim(source, words):
    """The system calls of Neovim's `:w`: it tries out the folder, moves the file away, writes a new one and removes the old one."""
    probe = source.with_name("4913")
    probe.touch()
    probe.unlink()
    backup = source.with_name(source.name + "~")
    os.rename(source, backup)
    with open(source, "w", encoding="utf-8") as file:
        file.write(HELLO % words)
        file.flush()
        os.fsync(file.fileno())
    backup.unlink()


def in_place(source, words):
    source.write_text(HELLO % words, encoding="utf-8")


def by_rename(source, words):
    save(source, HELLO % words)


@pytest.mark.parametrize("editor", [vim, nvim, in_place, by_rename])
def test_every_way_to_save_is_one_build(dev, source, editor):
    for build in (2, 3, 4):
        editor(source, f"saved {build % 2}")
        dev.serves(build)
        assert says(dev) == (build, f"saved {build % 2}")
    begins_no_build(dev, source)
    assert dev.failed == []


def touch(source):
    os.utime(source)


def same_bytes(source):
    save(source, source.read_text(encoding="utf-8"))


def mode(source):
    source.chmod(0o640)


def files_of_editors(source):
    for name in (".function.cc.swp", "function.cc~", "#function.cc#", ".#function.cc", "4913", "function.cc.bak"):
        source.with_name(name).write_text("x")


def other_files(source):
    for name in ("build/x.cc", ".git/index", "notes.txt", "data/1.json"):
        path = source.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")


@pytest.mark.parametrize("act", [touch, same_bytes, mode, files_of_editors, other_files])
def test_no_build_begins_by(dev, source, act):
    act(source)
    begins_no_build(dev, source)


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=one"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_checkout_of_500_files_is_one_build(develop, source):
    folder = source.parent
    headers = [f"part_{number}.h" for number in range(499)]

    def write(words):
        for header in headers:
            (folder / header).write_text(f"// {words}\n")
        includes = "".join(f'#include "{header}"\n' for header in headers)
        source.write_text(includes + HELLO % words)

    git(folder, "init")
    for branch in ("one", "two"):
        git(folder, "checkout", "-b", branch)
        write(branch)
        git(folder, "add", ".")
        git(folder, "commit", "-m", branch)
    dev = develop(None)
    dev.serves(1)
    assert says(dev) == (1, "two")
    git(folder, "checkout", "one")
    dev.serves(2)
    assert says(dev) == (2, "one")
    git(folder, "checkout", "two")
    dev.serves(3)
    assert says(dev) == (3, "two")
    begins_no_build(dev, source)


def test_a_missing_header_is_waited_for(develop, source):
    dev = develop('#include <string>\n#include "words.h"\nstd::string hello() { return WORDS; }\n')
    dev.says("build 1 failed")
    dev.says("words.h")
    (source.parent / "words.h").write_text('#define WORDS "here"\n')
    dev.serves(2)
    assert says(dev) == (2, "here")
    begins_no_build(dev, source)


def test_a_header_of_another_folder(develop, source, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "words.h").write_text('#define WORDS "before"\n')
    text = '#include <string>\n#include "words.h"\nstd::string hello() { return WORDS; }\n'
    dev = develop(text, "--cxxflags", f"-I{other}")
    dev.serves(1)
    (other / "unused.h").write_text("")
    save(other / "words.h", '#define WORDS "after"\n')
    dev.serves(2)
    assert says(dev) == (2, "after")
    begins_no_build(dev, source)


def test_a_new_file_in_a_folder_joins(develop, source):
    source.write_text('#include <ofn/function.h>\nstd::string one() { return "one"; }\nOFN_ROUTE("/one", one)\n')
    dev = develop(None, source=source.parent)
    dev.serves(1)
    more = source.with_name("more.cc")
    (source.parent / "notes.txt").write_text("no source")
    save(more, '#include <ofn/function.h>\nstd::string two() { return "two"; }\nOFN_ROUTE("/two", two)\n')
    dev.serves(2)
    assert [call(dev.url, path, method="GET").text for path in ("/one", "/two")] == ["one", "two"]
    more.unlink()
    dev.serves(3)
    assert [call(dev.url, path, method="GET").status for path in ("/one", "/two")] == [200, 404]


def test_the_environment_file(develop, source):
    variables = source.with_name("my.env")
    variables.write_text("GREETING=before\n")
    text = '#include <cstdlib>\n#include <string>\nstd::string hello() { return std::getenv("GREETING"); }\n'
    dev = develop(text, "--env-file", variables)
    dev.serves(1)
    assert says(dev) == (1, "before")
    save(variables, "GREETING=after\n")
    dev.serves(2)
    assert says(dev) == (2, "after")
    save(variables, "this is no variable\n")
    dev.says("build 3 failed")
    assert says(dev) == (2, "after")
    save(variables, "GREETING=mended\n")
    dev.serves(4)
    assert says(dev) == (4, "mended")


def test_two_loops_on_one_source_do_not_disturb_each_other(develop, source):
    loops = [develop(HELLO % "first"), develop(None)]
    for dev in loops:
        dev.serves(1)
    save(source, HELLO % "both")
    for dev in loops:
        dev.serves(2)
        assert says(dev) == (2, "both")
    loops[0].__exit__()
    begins_no_build(loops[1], source)


STORE = """#include <ofn/function.h>
ofn::Out keep(ofn::Context& context, ofn::Bytes data) {
  return context.send(data).ok() ? ofn::Out::success() : ofn::Out::error("not kept", 503);
}
"""


def store(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_a_component_and_the_context(develop, source, tmp_path):
    first, second = store(tmp_path, "first"), store(tmp_path, "second")
    components = source.parent / "components"
    components.mkdir()
    write_component(components, "files", "bindings.localstorage", rootPath=first)
    document = source.with_name("context.json")
    document.write_text(json.dumps(context([binding("out", "files")])))
    dev = develop(STORE, "--context", document, "--components", components, "--local-sidecar", "on")
    dev.serves(1)
    with Caller(dev.url) as kept:
        assert kept.call(body=b"one").status == 200
        assert len(list(first.iterdir())) == 1
        write_component(components, "files", "bindings.localstorage", rootPath=second)
        dev.serves(2)
        dev.says("component files (bindings.localstorage) has started anew")
        assert kept.call(body=b"two").status == 200
        assert [len(list(folder.iterdir())) for folder in (first, second)] == [1, 1]
        save(document, json.dumps(context([binding("out", "files", metadata={"fileName": "named"})])))
        dev.serves(3)
        assert kept.call(body=b"three").status == 200
        assert (second / "named").read_bytes() == b"three"


def test_saves_in_a_row_end_in_the_last_one(dev, source):
    """20 saves in two seconds, each while the one before is compiled."""
    begin = time.monotonic()
    for number in range(20):
        save(source, HELLO % f"{number} of {begin}")
        until(lambda due=begin + (number + 1) / 10: time.monotonic() >= due, "the next save")
    dev.process.line(lambda line: says(dev)[1] == f"19 of {begin}" if "serving build" in line else None, "the last save", 240)
    served = dev.process.output.count("serving build") - 1
    print(f"20 saves: {served} builds served")
    assert served <= 3
    assert dev.failed == []


def test_files_that_the_function_writes_begin_no_build(develop, source):
    source.write_text(
        "#include <fstream>\n#include <ofn/function.h>\n"
        "std::string note(const ofn::Request& request) {\n"
        '  std::ofstream("data/" + std::string(request.body()) + ".txt") << "noted";\n'
        '  std::ofstream("last.json") << "noted";\n'
        '  return "noted";\n}\n'
    )
    data = source.parent / "data"
    data.mkdir()
    dev = develop(None, source=source.parent, cwd=source.parent)
    dev.serves(1)
    with Caller(dev.url) as kept:
        for number in range(1000):
            assert kept.call(body=str(number).encode()).text == "noted"
    assert len(list(data.iterdir())) == 1000
    begins_no_build(dev, source)
    print(f"1000 files written, {dev.serving - 2} builds")
