"""Each header without a source of its own compiles alone. The others are the first that their sources include (rules.py)."""

import pytest

from architecture.compiler import ROOT, check


def _headers_alone():
    found = [path.relative_to(ROOT) for folder in ("src", "testing") for path in (ROOT / folder).rglob("*.h")]
    return sorted(path.as_posix() for path in found
                  if not (ROOT / path).with_suffix(".cc").exists() and not path.stem.endswith("_for_test"))


def compile_alone(header):
    """What the compiler says about the header, which it sees twice: a header is read once."""
    return check(f'#include "{header}"\n' * 2, "-Wall", "-Wextra", "-Werror")


@pytest.mark.parametrize("header", _headers_alone())
def test_header_compiles_alone(header):
    done = compile_alone(header)
    assert done.returncode == 0, done.stderr[:2000]


def test_a_header_that_needs_another_is_caught(tmp_path):
    header = tmp_path / "needs_another.h"
    header.write_text("#pragma once\ninline std::string name() { return {}; }\n")
    done = compile_alone(header)
    assert done.returncode != 0 and "std" in done.stderr
