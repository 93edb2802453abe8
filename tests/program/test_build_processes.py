"""The compilers of a start: when they end, which files they leave, and which of them no start waits for."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from support.http_client import call
from support.process import Process
from support.waiting import until

HEAD = "#include <ofn/function.h>\n"
# A compiler needs minutes for this source.
ENDLESS = HEAD + """
template <int N> struct Tree { static constexpr int value = Tree<N - 1>::value + Tree<N - 1 + 0 * N>::value; };
template <> struct Tree<0> { static constexpr int value = 0; };
constexpr int turns() { int sum = 0; for (long i = 0; i < 4000000000; ++i) sum ^= i; return sum; }
static_assert(turns() == 0);
std::string function() { return ""; }
"""
FLAGS = ["--cxxflags", "-fconstexpr-ops-limit=100000000000 -fconstexpr-loop-limit=2000000000"]


def working_for(cache):
    """Returns the processes whose command line names a file of this cache."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(cache).encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            pass
    return found


def scratch(cache):
    return [path.name for path in cache.glob("tmp-*")]


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "ofn" / "programs"


@pytest.mark.parametrize("how", ["alone", "with its group"])
def test_a_killed_start_leaves_no_compiler_and_the_next_start_cleans(program, tmp_path, cache, how):
    (tmp_path / "f.cc").write_text(ENDLESS)
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    command = [program.path, "--source", tmp_path / "f.cc", *FLAGS, "--dry-run"]
    with Process([shutil.which("setsid"), *command], environment) as process:
        until(lambda: any(b"cc1plus" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in working_for(cache)), "a compiler")
        if how == "alone":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    until(lambda: not working_for(cache), "the end of the compilers")
    assert scratch(cache)
    (tmp_path / "f.cc").write_text(HEAD + 'std::string function() { return ""; }\n')
    assert program.run_to_end(command[1:], {"XDG_CACHE_HOME": str(tmp_path / "cache")}).code == 0
    assert scratch(cache) == []


def test_a_header_is_precompiled_while_the_function_is_served(program, tmp_path, cache):
    source = tmp_path / "f.cc"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for number in range(3):
        source.write_text(HEAD + f'std::string function() {{ return "{number}\\n"; }}\n')
        with program.serve(source, None, environment=environment) as server:
            assert call(server.url).text == f"{number}\n"
            headers = list(cache.glob("*.gch"))
            assert not headers or number == 2
            if number == 1:
                server.logged("precompiling")
                until(lambda: list(cache.glob("*.gch")), "the precompiled header", seconds=120)
            server.process.terminate()
            assert server.process.exit_code() == 0


def test_a_stop_does_not_wait_for_the_precompiled_header(program, tmp_path, cache):
    source = tmp_path / "f.cc"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for number in range(2):
        source.write_text(HEAD + f'std::string function() {{ return "{number}\\n"; }}\n')
        with program.serve(source, None, environment=environment) as server:
            if number == 1:
                server.logged("precompiling")
            server.process.terminate()
            assert server.process.exit_code() == 0
    # The kernel takes a moment to remove a process that has been killed.
    until(lambda: not working_for(cache), "the end of the compilers")
    assert scratch(cache) == []
