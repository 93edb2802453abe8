"""HTTP/2's conformance suite against the served program: h2spec, strict, every case."""

import re
import subprocess

from support.tools import tool


def test_every_case_of_h2spec_passes(serve):
    done = subprocess.run([tool("h2spec"), "--strict", "-h", "127.0.0.1", "-p", str(serve("app::echo").port)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    found = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", done.stdout)
    assert found, done.stdout[-2000:]
    assert found.groups() == ("146", "146", "0", "0"), done.stdout[done.stdout.find("Failures"):][:4000]
