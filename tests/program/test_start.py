"""The surroundings of a start: process 1, descriptors, missing folders. The program starts, or says what to do."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from support.http_client import call
from support.memory import is_sanitized
from support.process import Process, run_to_end
from support.program import binding, context
from support.waiting import until

HEAD = "#include <cstdio>\n#include <cstdlib>\n#include <sys/wait.h>\n#include <unistd.h>\n#include <ofn/function.h>\n"

# `orphan` leaves five processes whose parents have ended. `child` returns the result of pclose for a child that has ended before.
CHILDREN = (
    HEAD
    + r"""
std::string orphan() {
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      if (fork() == 0) execlp("sleep", "sleep", "0.01", nullptr);
      _exit(0);
    }
    waitpid(child, nullptr, 0);
  }
  return "left\n";
}
std::string child() {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    _exit(7);
  }
  close(ends[1]);
  char byte;
  if (read(ends[0], &byte, 1) != 0) return "it wrote";  // its end: it has ended, or is about to
  siginfo_t seen;
  waitid(P_PID, static_cast<id_t>(child), &seen, WEXITED | WNOWAIT);  // it is a zombie now
  int status = 0;
  const pid_t waited = waitpid(child, &status, 0);
  return waited == child ? std::to_string(WEXITSTATUS(status)) : "somebody else has reaped it";
}
std::string pid() { return std::to_string(getppid()); }
OFN_FUNCTION(orphan)
OFN_FUNCTION(child)
OFN_FUNCTION(pid)
"""
)


@pytest.fixture(scope="module")
def children(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("children")
    (folder / "children.cc").write_text(CHILDREN)
    return shared(folder / "children.cc", folder / "children.so")


SUBREAPER = """
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(params=["process 1", "subreaper"])
def reaper(request, program, children, tmp_path):
    """The process that inherits orphans, and the URL of its function."""
    command = [program.path, "--source", children, "--host", "127.0.0.1", "--port", "0"]
    if request.param == "process 1":
        unshare = [shutil.which("unshare") or "unshare", "--pid", "--fork", "--kill-child"]
        if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("needs the right to make a PID namespace (root)")
        command = [*unshare, *command]
    else:
        command = ["python3", "-c", SUBREAPER, *command]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with Process(command, environment, name=request.param) as process:
        port = process.line(lambda line: re.search(r'"listening".*127\.0\.0\.1:(\d+)', line), "its URL", 60)[1]
        pid = children_of(process.pid)[0] if request.param == "process 1" else process.pid
        yield process, pid, f"http://127.0.0.1:{port}"


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def test_orphans_are_reaped(reaper):
    process, pid, url = reaper
    before = children_of(pid)
    assert len(before) == 1, "the program itself"
    for _ in range(3):
        assert call(url, "/orphan").body == b"left\n"
    until(lambda: children_of(pid) == before, "the orphans to be reaped")


def test_a_child_of_the_function_is_not_reaped(reaper):
    _, _, url = reaper
    for _ in range(20):
        assert call(url, "/child").body == b"7"


def test_signals_and_exit_codes_are_passed_on(reaper):
    process, pid, url = reaper
    assert call(url, "/pid").status == 200
    os.kill(pid, signal.SIGTERM)
    assert process.exit_code() == 0
    assert '"stopped"' in process.output


def test_death_by_a_signal_is_passed_on(reaper):
    process, pid, _ = reaper
    os.kill(children_of(pid)[0], signal.SIGKILL)
    assert process.exit_code() in (128 + signal.SIGKILL, -signal.SIGKILL)


def limited(program, limit, *arguments):
    """Runs the program under a limit of open files, and ends it as soon as it listens."""
    script = f'ulimit -n {limit} || exit 99; exec "$0" "$@"'
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    with Process(["sh", "-c", script, program.path, *arguments], environment) as process:
        try:
            process.line(lambda line: '"listening"' in line, "that it listens")
            process.terminate()
        except AssertionError:
            pass
        return process.exit_code(), process.output


@pytest.mark.parametrize("limit", [*range(4, 20), *range(28, 42), 64])
def test_few_descriptors(program, functions, limit):
    if limit < 5 and is_sanitized(program.path):
        pytest.skip("the sanitizer's library itself cannot be opened")
    code, output = limited(program, limit, "--source", functions, "--target", "app::echo", "--host", "127.0.0.1", "--port", "0")
    assert code in (0, 1), output
    if code == 1:
        assert f"the limit of open files is {limit}" in output or "Too many open files" in output
        assert "ulimit" in output or limit < 5, output


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-", ">&- 2>&-"]


@pytest.mark.parametrize("closed", CLOSED)
def test_closed_standard_streams(program, functions, tmp_path, closed):
    """No socket and no file gets the numbers of the closed streams, and a function's output is discarded."""
    script = f'exec "$0" "$@" {closed}'
    arguments = ["--source", functions, "--target", "app::echo", "--host", "127.0.0.1", "--port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with Process(["sh", "-c", script, program.path, *arguments], environment) as process:
        def streams():
            links = {}
            for fd in os.listdir(f"/proc/{process.pid}/fd"):
                with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
                    links[fd] = os.readlink(f"/proc/{process.pid}/fd/{fd}")
            return links if any("socket" in link for link in links.values()) else None

        links = until(streams, "its listening socket")
        assert all(not links[fd].startswith(("socket", "anon_inode")) for fd in "012"), links
        for fd, mark in (("0", "<&-"), ("1", " >&-"), ("2", "2>&-")):
            if mark in " " + closed:
                assert links[fd] == "/dev/null"
        process.terminate()
        assert process.exit_code() == 0


def test_an_answer_that_cannot_be_written_is_a_failure(program):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    done = run_to_end(["sh", "-c", '"$0" --help >/dev/full', program.path], {"PATH": os.environ["PATH"]})
    assert done.code == 1
    assert "cannot write to standard output: No space left on device" in done.stderr


PLACES = [
    # HOME, XDG_CACHE_HOME, TMPDIR: as a name below the test's folder, or None
    (None, None, None),
    ("absent/home", None, None),
    (None, "file", None),
    ("file", None, "absent"),
    ("readonly", None, "readonly"),
]


@pytest.mark.parametrize(("home", "cache", "tmp"), PLACES, ids=str)
def test_folders_that_cannot_be_used(program, tmp_path, home, cache, tmp):
    source = tmp_path / "f.cc"
    source.write_text('#include <ofn/function.h>\nstd::string f() { return "f"; }\n')
    (tmp_path / "file").write_text("")
    (tmp_path / "readonly").mkdir(mode=0o555)
    names = {"HOME": home, "XDG_CACHE_HOME": cache, "TMPDIR": tmp}
    environment = {name: str(tmp_path / value) for name, value in names.items() if value}
    command = [program.path, "--source", source, "--target", "f", "--dry-run", "--cxxflags=-O0"]
    done = run_to_end(command, {"PATH": os.environ["PATH"], "LC_ALL": "xx_XX.nonsense", **environment})
    assert done.code == 0, "another folder will do"


FULL = [
    # the variables that name the full disk, the exit code, words
    (["XDG_CACHE_HOME"], 0, ["no space is left in the cache directory; another one is used", "full/ofn/programs"]),
    (["XDG_CACHE_HOME", "TMPDIR"], 3, ["no space is left in ", "set XDG_CACHE_HOME or TMPDIR"]),
]


@pytest.mark.parametrize(("variables", "code", "words"), FULL, ids=str)
def test_a_full_disk(program, tmp_path, variables, code, words):
    unshare = [shutil.which("unshare") or "unshare", "--mount"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount (root)")
    (tmp_path / "full").mkdir()
    (tmp_path / "f.cc").write_text('#include <ofn/function.h>\nstd::string f() { return "f"; }\n')
    script = f'mount -t tmpfs -o size=64k full "{tmp_path}/full" && exec "$0" "$@"'
    command = [program.path, "--source", tmp_path / "f.cc", "--target", "f", "--dry-run", "--cxxflags=-O0"]
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)} | {name: f"{tmp_path}/full" for name in variables}
    done = run_to_end([*unshare, "sh", "-c", script, *command], environment)
    assert done.code == code
    assert all(word in done.stderr for word in words)


def test_a_working_folder_that_is_gone(program, functions, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$0" "$@"'
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = ["sh", "-c", script, program.path, "--source", functions, "--target", "app::echo", "--dry-run"]
    assert run_to_end(command, environment, cwd=gone).code == 0
    gone.mkdir()
    command = ["sh", "-c", script, program.path, "--source", "f.cc", "--target", "f", "--dry-run"]
    done = run_to_end(command, environment, cwd=gone)
    assert done.code == 3 and "File f.cc that is expected to define function doesn't exist" in done.stderr


START_UPS = {
    "a static object": "struct Database { Database() { LEAVE; throw std::runtime_error(\"DATABASE_URL is not set\"); } } database;",
    "a constructor function": "__attribute__((constructor)) void begin() { LEAVE; std::abort(); }",
}
LOOKS = [["--dry-run"], ["--print-schema"], ["--print-openapi"], ["build", "-o", "made.so"]]


@pytest.mark.parametrize("way", LOOKS, ids=str)
@pytest.mark.parametrize("start_up", START_UPS)
def test_looking_at_a_program_runs_none_of_its_start_up(program, tmp_path, start_up, way):
    mark = tmp_path / "mark"
    code = START_UPS[start_up].replace("LEAVE", f'std::fclose(std::fopen("{mark}", "w"))')
    typed = "#include <stdexcept>\n#include <ofn/typed.h>\nstruct Order { int id; };\nOFN_FIELDS(Order, id)\n"
    (tmp_path / "f.cc").write_text(HEAD + typed + code + "\nOrder f(const Order& order) { return order; }\n")
    looked = program.run_to_end([*way, "--source", "f.cc", "--target", "f"], cwd=tmp_path)
    assert looked.code == 0, looked.stderr
    assert not mark.exists()
    if way == ["--print-schema"]:
        assert json.loads(looked.stdout)
    if way[0] == "build":
        shown = program.run_to_end(["--source", "made.so", "--dry-run"], cwd=tmp_path)
        assert shown.code == 0 and not mark.exists()
    served = program.run_to_end(["--source", "f.cc", "--target", "f", "--port", "0"], cwd=tmp_path)
    assert served.code != 0 and mark.exists()


COMPONENT = """apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: archive
spec:
  type: {}
  version: v1
  metadata:
    - name: rootPath
      value: ./data
"""
SIDECARS = [
    # the component file, the context's output, words of the error; no words: the program starts
    (COMPONENT.format("bindings.localstorage"), binding("archive"), []),
    ("kind: Component\nmetadata: [", binding("archive"), ["archive.yaml"]),
    (COMPONENT.format("bindings.nothing"), binding("archive"), ["bindings.nothing", "archive.yaml"]),
    (
        COMPONENT.format("bindings.localstorage"),
        binding("arhcive"),
        ['output "arhcive" needs a component \'arhcive\'', "did you mean 'archive'?", "--local-sidecar off"],
    ),
]


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(("file", "output", "words"), SIDECARS, ids=lambda value: str(value)[:20])
def test_components_are_checked_at_start(program, functions, tmp_path, file, output, words, dry):
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "archive.yaml").write_text(file)
    if not dry and not words:
        return  # tests/contract serves such contexts
    arguments = ["--source", functions, "--target", "app::echo", "--local-sidecar", "on", "--port", "0"]
    document = {"FUNC_CONTEXT": json.dumps(context([output]))}
    done = program.run_to_end([*arguments, *(["--dry-run"] if dry else [])], document, cwd=tmp_path)
    assert done.code == (1 if words else 0), done.stderr
    assert all(word in done.stderr for word in words), done.stderr
