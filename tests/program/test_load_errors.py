"""Load errors: exit 3, the contract's text, and then what to do."""

import re
from pathlib import Path

import pytest


@pytest.fixture
def load(program, tmp_path):
    """load(source, target): the message of a dry run, which must fail."""

    def run(source, target="hello", **environment):
        flags = ["--target", target] if target else []
        done = program.run_to_end(["--source", source, *flags, "--dry-run"], environment, cwd=tmp_path)
        assert done.code == 3
        assert done.stdout == ""
        return done.stderr

    return run


FILES = [
    # name, content (None: the file is missing), words
    ("missing.cc", None, ["File missing.cc that is expected to define function doesn't exist\n"]),
    ("missing.so", None, ["File missing.so that is expected to define function doesn't exist\n"]),
    ("notes.txt", "hello", ["File notes.txt is neither C++ source (.cc, .cpp, .cxx), nor a shared object"]),
    ("text.so", "hello", ["File text.so ", "ELF"]),
    ("empty.so", "", ["File empty.so ", "ELF"]),
    ("folder/notes.txt", "hello", ["File folder has neither a CMakeLists.txt nor C++ source files"]),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES, ids=lambda value: str(value)[:20])
def test_files(load, tmp_path, name, content, words):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_text(content)
    said = load(name.partition("/")[0])
    assert all(word in said for word in words), said


@pytest.mark.parametrize("target", ["nobody", "echo", "app::nobody"])
def test_a_shared_object_without_the_target_lists_what_it_has(load, functions, target):
    expected = f"File {functions} is expected to contain a function named {target}; it contains: "
    assert expected + "app::echo, app::give_back, counted, crash, environment, from_file, relay, wait\n" in load(functions, target)


HEAD = "#include <ofn/function.h>\n"
SOURCES = [
    # the mistake, source, target, words, words that must not occur
    (
        "missing target",
        'std::string hello() { return ""; }\nnamespace app { std::string world() { return ""; } }\n',
        "nobody",
        ["File f.cc is expected to contain a function named nobody; it contains: ", "app::world", "hello"],
        ["f.cc:"],
    ),
    (
        "syntax",
        "std::string hello() {\n  return missing_thing;\n}\n",
        "hello",
        ["f.cc:3:10: error: ", "missing_thing", "return missing_thing;"],
        ["target hello", "ofn_registration", "INTERNAL", "signature.h"],
    ),
    (
        "unclosed brace",
        "std::string hello() {\n  return 1;\n",
        "hello",
        ["f.cc:"],
        ["ofn_registration", "INTERNAL", "signature.h"],
    ),
    (
        "unsupported signature",
        "int hello(int number) { return number; }\n",
        "hello",
        ["File f.cc defines hello, but as int hello(int), which cannot be served; supported are\n  ofn::Response f("],
        ["ofn_registration", "static assertion"],
    ),
    (
        "no route",
        'std::string hello() { return ""; }\nOFN_ROUTE("get /hello", hello)\n',
        "hello",
        ['f.cc:3: the route "get /hello" has a method "get"', 'a route is written as "/users/{id}"'],
        [],
    ),
    (
        "one route twice",
        'std::string a() { return ""; }\nstd::string b() { return ""; }\n'
        'OFN_ROUTE("/{x}", a)\nOFN_ROUTE("GET /ok", a)\nOFN_ROUTE("/{y}", b)\n',
        None,
        ['two routes are for the same requests: "/{x}" of a at ', 'f.cc:4 and "/{y}" of b at ', "f.cc:6; change one of them"],
        [],
    ),
    (
        "no C++ name",
        "",
        "hello world",
        ["'hello world' cannot be the name of a C++ function"],
        [],
    ),
]


@pytest.mark.parametrize(("source", "target", "words", "absent"), [pytest.param(*row[1:], id=row[0]) for row in SOURCES])
def test_sources(load, tmp_path, source, target, words, absent):
    (tmp_path / "f.cc").write_text(HEAD + source)
    said = load("f.cc", target)
    assert all(word in said for word in words), said
    assert not any(word in said for word in absent), said


START_UPS = [
    # start-up code of the function, the message
    (
        "static const int kRead = (throw std::out_of_range(\"too far\"), 1);",
        "a static initializer threw std::out_of_range: too far\n",
    ),
    ("static const int kRead = (std::terminate(), 1);", "it ended by std::terminate\n"),
]


@pytest.mark.parametrize(("source", "words"), START_UPS)
def test_start_up_that_fails(program, tmp_path, source, words):
    """A dry run succeeds, because it does not run this code (test_start.py)."""
    text = "#include <exception>\n#include <stdexcept>\n" + source + '\nstd::string hello() { return ""; }\n'
    (tmp_path / "f.cc").write_text(HEAD + text)
    done = program.run_to_end(["--source", "f.cc", "--target", "hello", "--port", "0"], cwd=tmp_path)
    assert done.code == 3
    assert "functions-framework: File f.cc cannot be loaded: " + words in done.stderr
    assert "terminate called" not in done.stderr


def test_no_compiler(load, tmp_path):
    (tmp_path / "f.cc").write_text(HEAD)
    said = load("f.cc", PATH=str(tmp_path))
    assert "compiler" in said and "functions-framework build" in said, said


def test_no_headers(load, tmp_path):
    (tmp_path / "f.cc").write_text(HEAD)
    said = load("f.cc", OFN_INCLUDE_DIR=str(tmp_path))
    assert f"the framework's headers are not in {tmp_path}" in said and "OFN_INCLUDE_DIR" in said, said


ABI = re.search(r"#define OFN_ABI_NUMBER (\d+)", (Path(__file__).parents[2] / "include" / "ofn" / "abi.h").read_text())[1]
OTHER_ABI = "9" * len(ABI)
NOTES = [
    # the note's text, the text of another build (of the same length, so that no byte moves), the message
    (f"\0ofn={ABI}\n".encode(), f"\0ofn={OTHER_ABI}\n".encode(),
     f"ABI number of the framework's headers: '{OTHER_ABI}', the framework has '{ABI}'"),
    (b"\nstring=cxx11\n", b"\nstring=cxx98\n", "std::string: 'cxx98', the framework has 'cxx11'"),
    (b"\ndebug=no\n", b"\ndebug=on\n", "_GLIBCXX_DEBUG containers: 'on', the framework has 'no'"),
    (b"\nsanitizer=none\n", b"\nsanitizer=meow\n", "sanitizer: 'meow', the framework has "),
    (b"\nlibrary=libstdc++\n", b"\nlibrary=libstdc+x\n", "C++ standard library: 'libstdc+x', the framework has 'libstdc++'"),
]


@pytest.mark.parametrize(("ours", "other", "words"), NOTES, ids=[row[1].strip().decode()[-20:] for row in NOTES])
def test_another_abi_is_refused_by_name_before_anything_of_it_runs(program, functions, tmp_path, ours, other, words):
    content = functions.read_bytes()
    assert ours in content
    (tmp_path / "other.so").write_bytes(content.replace(ours, other))
    done = program.run_to_end(["--source", "other.so", "--target", "wait", "--port", "0"], cwd=tmp_path)
    said = done.stderr
    assert done.code == 3
    assert "File other.so was compiled with other settings than the framework" in said and words in said, said
    assert "the program of functions is loaded" not in said


def test_it_does_run_when_it_suits(program, functions):
    with program.serve(functions, "wait") as server:
        server.logged("the program of functions is loaded")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_half_a_shared_object(load, functions, tmp_path, part):
    content = functions.read_bytes()
    (tmp_path / "half.so").write_bytes(content[: int(len(content) * part)])
    assert "File half.so " in load("half.so", "wait")


def test_every_byte_of_the_head_damaged(load, functions, tmp_path):
    content = bytearray(functions.read_bytes())
    content[4:64] = b"\xff" * 60
    (tmp_path / "damaged.so").write_bytes(content)
    assert "File damaged.so " in load("damaged.so", "wait")


def test_a_shared_object_of_somebody_else(load, shared, tmp_path):
    (tmp_path / "plain.cc").write_text("int answer() { return 42; }\n")
    shared(tmp_path / "plain.cc", tmp_path / "plain.so")
    said = load("plain.so")
    assert "File plain.so is not a program of functions" in said and "OFN_FUNCTION" in said, said
