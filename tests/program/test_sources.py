"""Every way to give a function to the program, and every user who may run it."""

import os
import shutil
import subprocess

import pytest

from support.http_client import call
from support.memory import is_sanitized
from support.process import Process, run_to_end
from support.program import Server

HEAD = "#include <ofn/function.h>\n"


def test_a_directory_of_plain_sources(serve, tmp_path):
    (tmp_path / "greet.cc").write_text(HEAD + '#include "words.h"\nstd::string greet() { return word(); }\nOFN_FUNCTION(greet)\n')
    (tmp_path / "words.h").write_text("#include <string>\nstd::string word();\n")
    (tmp_path / "words.cc").write_text('#include "words.h"\nstd::string word() { return "from two files\\n"; }\n')
    assert call(serve("greet", source=tmp_path).url).body == b"from two files\n"


def test_what_changed_is_compiled_again_and_nothing_else(program, tmp_path):
    source = tmp_path / "source" / "f.cc"
    header = tmp_path / "elsewhere" / "greeting.h"
    for path in (source, header):
        path.parent.mkdir()
    source.write_text(HEAD + '#include <greeting.h>\nstd::string f() { return GREETING WORD "\\n"; }\n')

    def serve(word):
        """Returns the answer, and True if the source was compiled."""
        flags = ["--cxxflags", f"-I{header.parent} -DWORD='\"{word}\"'"]
        with program.serve(source, "f", flags=flags) as server:
            text = call(server.url).text
            return text, "function compiled" in server.process.output

    header.write_text('#define GREETING "hello "\n')
    assert serve("one") == ("hello one\n", True)
    assert serve("one") == ("hello one\n", False)
    assert serve("two") == ("hello two\n", True)
    assert serve("one") == ("hello one\n", False)
    header.write_text('#define GREETING "Hello "\n')  # of the same length
    assert serve("one") == ("Hello one\n", True)


def test_what_build_makes_needs_no_compiler(program, source, tmp_path):
    artefact = tmp_path / "out.so"
    done = program.run_to_end(["build", "--source", source, "--target", "app::echo", "-o", artefact])
    assert done.code == 0
    assert done.stdout.startswith(f"{artefact}: app::echo (http), ") and done.stdout.endswith(" s\n")
    (tmp_path / "empty").mkdir()
    surroundings = {"PATH": str(tmp_path / "empty"), "HOME": "/nonexistent", "OFN_INCLUDE_DIR": str(tmp_path / "empty")}
    with program.serve(artefact, "app::echo", environment=surroundings) as server:
        assert call(server.url).status == 200


def test_build_writes_nothing_when_it_fails(program, functions, tmp_path):
    done = program.run_to_end(["build", "--source", functions, "--target", "nobody", "-o", tmp_path / "out.so"])
    assert done.code == 3 and "nobody" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_user_who_may_write_to_the_temporary_directory_only(program, everyones_folder):
    """A user with any uid, no home and a read-only root owns only this folder, and cannot write elsewhere."""
    source = everyones_folder / "f.cc"
    source.write_text(HEAD + 'std::string f() { return "served\\n"; }\n')
    temporary = everyones_folder / "tmp"
    temporary.mkdir()
    become = []
    if os.geteuid() == 0:
        become = [shutil.which("setpriv"), "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"]
        os.chown(temporary, 65534, 65534)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(temporary)}
    if subprocess.run([*become, program.path, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{program.path} lies where no other user may run it")
    arguments = ["--source", source, "--target", "f", "--host", "127.0.0.1", "--port", "0"]
    with Server(Process([*become, program.path, *arguments], environment, cwd="/")) as server:
        assert call(server.url).body == b"served\n"
        server.process.terminate()
        assert server.process.exit_code() == 0
    kept = [path for path in temporary.rglob("*") if path.is_file()]
    assert kept, "what was compiled is kept for the next start"
    assert all(path.stat().st_uid == os.stat(temporary).st_uid for path in kept)
    # The next start finds the result in the cache. A start that can write nowhere still serves a built function.
    again = run_to_end([*become, program.path, *arguments, "--dry-run"], environment, cwd="/")
    assert "function loaded" in again.stderr, again.stderr


def test_no_place_to_write_to_at_all(program, functions, everyones_folder):
    become = []
    if os.geteuid() == 0:
        become = [shutil.which("setpriv"), "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    copy = shutil.copy(functions, everyones_folder)
    environment = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    if subprocess.run([*become, program.path, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{program.path} lies where no other user may run it")
    arguments = ["--source", copy, "--target", "app::echo", "--host", "127.0.0.1", "--port", "0"]
    with Server(Process([*become, program.path, *arguments], environment, cwd="/")) as server:
        assert call(server.url).status == 200


def test_a_function_under_a_sanitizer_in_the_plain_program(program, tmp_path):
    if is_sanitized(program.path):
        pytest.skip("the program has a runtime of its own")
    source = tmp_path / "f.cc"
    source.write_text(HEAD + """#include <memory>
std::string f(const ofn::Request& request) {
  auto memory = std::make_unique<char[]>(8);
  memory[request.body().size()] = '!';
  return "answered\\n";
}
""")
    found = subprocess.run(["g++", "-print-file-name=libasan.so"], capture_output=True, check=True, text=True)
    flags = ["--cxxflags", "-g -fsanitize=address"]
    environment = {"LD_PRELOAD": found.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
    with program.serve(source, "f", environment=environment, flags=flags) as server:
        assert call(server.url, body=b"short").body == b"answered\n"
        with pytest.raises(ConnectionError):
            call(server.url, body=b"more than eight bytes")
        server.logged("AddressSanitizer", "heap-buffer-overflow")
        server.logged("#0 ", "f.cc:5")
        assert server.process.exit_code() != 0
    without = program.run_to_end(["--source", source, "--target", "f", *flags])
    assert without.code == 3
    assert "start the framework with LD_PRELOAD=$(g++ -print-file-name=libasan.so)" in without.stderr
