"""The cost of `#include <ofn/function.h>`, counted in lines and instantiations of the compiler: the same on every machine.

The cost is compared with that of the standard headers that ours include, because most C++ programs include these anyway.
docs/performance.md has the times.
"""

import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_STANDARD = "".join(
    f"#include <{name}>\n"
    for name in ("chrono", "coroutine", "map", "optional", "span", "stop_token", "string", "variant", "vector")
)
# The limit with our own declarations and the other parts of the standard library that they need.
_READ = 1.05
# The limits of instantiations in an empty file after a precompiled header. They come from the standard library's inline functions and
# from ours. The header that the loader precompiles has already instantiated most of them.
_INSTANTIATED = {"function.h": 1.3, "precompiled.h": 0.8}

# The limits of headers that it does not include.
_ASIDE = {"cookies.h": 1.01, "form.h": 1.01, "http_date.h": 1.01, "life.h": 1.01, "log.h": 1.01, "metrics.h": 1.01, "multipart.h": 1.02,
          "negotiation.h": 1.01, "object.h": 1.01, "ranges.h": 1.01, "reader.h": 1.03, "redirect.h": 1.01, "route.h": 1.01,
          "span.h": 1.01, "url.h": 1.01}


def size(compiler, source):
    done = compiler(source, "-E", "-P")
    assert done.returncode == 0, done.stderr
    return len(done.stdout)


def instantiated(gcc, folder, head):
    """Returns the number of functions that the compiler generates in an empty file after these precompiled lines."""
    include = ["-std=c++20", "-O2", "-I", "include"]
    (folder / "head.h").write_text(head)
    (folder / "empty.cc").write_text("")
    for command in (
        [gcc, *include, "-x", "c++-header", folder / "head.h", "-o", folder / "head.h.gch"],
        [gcc, *include, "-include", folder / "head.h", "-c", folder / "empty.cc", "-o", folder / "empty.o",
         "-dumpdir", f"{folder}/", "-fdump-tree-original"],
    ):
        subprocess.run(command, check=True, cwd=_ROOT)
    (dump,) = folder.glob("*.original")
    return dump.read_text().count("\n;; Function ")


def test_the_first_header_stays_within_its_budget(compiler):
    ours = size(compiler, "#include <ofn/function.h>\n")
    standard = size(compiler, _STANDARD)
    print(f"<ofn/function.h>: {ours} bytes, {ours / standard:.3f} times its standard headers (at most {_READ})")
    assert ours <= _READ * standard


@pytest.mark.parametrize("header", _ASIDE)
def test_a_header_beside_the_first_adds_little(compiler, header):
    """Only a file that includes it pays, and not much."""
    first = size(compiler, "#include <ofn/function.h>\n")
    both = size(compiler, f"#include <ofn/function.h>\n#include <ofn/{header}>\n")
    print(f"<ofn/{header}>: {both / first:.3f} times <ofn/function.h> alone (at most {_ASIDE[header]})")
    assert 1 < both / first <= _ASIDE[header]


@pytest.mark.parametrize("header", _INSTANTIATED)
def test_an_empty_file_instantiates_little(gcc, tmp_path, header):
    (tmp_path / "ours").mkdir()
    (tmp_path / "standard").mkdir()
    ours = instantiated(gcc, tmp_path / "ours", f"#include <ofn/{header}>\n")
    standard = instantiated(gcc, tmp_path / "standard", _STANDARD)
    print(f"<ofn/{header}>: {ours} functions, {ours / standard:.2f} times its standard headers (at most {_INSTANTIATED[header]})")
    assert ours <= _INSTANTIATED[header] * standard


def defined(gcc, folder, text, source):
    """Returns the functions that the object of a source defines if the source is compiled after this text."""
    (folder / "head.h").write_text(text)
    subprocess.run([gcc, "-std=c++20", "-O2", "-I", "include", "-include", folder / "head.h", "-c", source, "-o", folder / "made.o"],
                   check=True, cwd=_ROOT)
    return subprocess.run(["nm", "-C", "--defined-only", folder / "made.o"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("function", ["ofn::Request::query", "basic_string<char, std::char_traits<char>, std::allocator<char> >::_M_replace("])
def test_code_that_is_kept_is_compiled_once(gcc, tmp_path, function):
    hello = _ROOT / "examples/hello/hello.cc"
    kept = tmp_path / "kept.cc"
    kept.write_text("OFN_INTERNAL_KEPT_CODE()\n")
    usual = "#include <ofn/precompiled.h>\n"
    only_declared = "#define OFN_INTERNAL_CODE_IS_KEPT\n" + usual
    assert function in defined(gcc, tmp_path, usual, hello)
    assert function not in defined(gcc, tmp_path, only_declared, hello)
    assert function in defined(gcc, tmp_path, only_declared, kept)
