"""What `functions-framework doctor` finds of the machine."""

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "check.md"


def examined(program, environment=None, words=(), prefix=()):
    done = program.run_to_end(["doctor", "--json", *words], environment, prefix=prefix)
    result = json.loads(done.stdout)
    assert result["version"] == 1
    assert done.code == (7 if result["problems"] else 0)
    return {each["name"]: each for each in result["examined"]}


def test_this_machine_has_what_the_tests_need(program):
    found = examined(program)
    assert {found[name]["health"] for name in ("compiler", "headers", "cache", "gtest")} == {"ok"}
    text = program.run_to_end(["doctor"])
    assert re.search(r"^ok +compiler +\S", text.stdout, re.MULTILINE)
    assert "\x1b" not in text.stdout


def test_the_page_lists_what_is_examined(program):
    rows = re.findall(r"`([a-z0-9-]+)`(?=[^|]*\| )", PAGE.read_text().split("## The machine")[1])
    assert set(examined(program)) <= set(rows)


def test_nothing_is_installed(program, tmp_path):
    found = examined(program, {"PATH": str(tmp_path)})
    assert found["compiler"]["health"] == "problem" and "no C++ compiler is installed" in found["compiler"]["found"]
    assert "install" in found["compiler"]["mend"]


def test_headers_are_missing(program, tmp_path):
    found = examined(program, {"OFN_INCLUDE_DIR": str(tmp_path)})
    assert found["headers"]["health"] == found["compiler"]["health"] == "problem"
    assert "ofn/function.h" in found["compiler"]["found"]


def test_a_port_is_held(program):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        found = examined(program, words=["--port", str(port), "--host", "127.0.0.1"])["port"]
        assert found["health"] == "warning" and f"(pid {os.getpid()})" in found["found"], found


def test_a_compiler_that_hangs_is_left(program, tmp_path):
    compiler = tmp_path / "c++"
    compiler.write_text("#!/bin/sh\nexec sleep 1000\n")
    compiler.chmod(0o755)
    began = time.monotonic()
    found = examined(program, {"OFN_CXX": str(compiler)})["compiler"]
    assert (found["health"], "has not answered within 10 s" in found["found"]) == ("problem", True), found
    assert time.monotonic() - began < 30


def test_without_network_and_home(program):
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespace can be made here")
    found = examined(program, {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}, prefix=["/usr/bin/unshare", "-n"])
    assert found["cache"]["health"] in ("warning", "problem")
    assert found["compiler"]["health"] == "ok", found["compiler"]
