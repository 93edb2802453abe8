"""Every load that makes a server keep memory, for the program with its default flags in a separate memory group.

In each the process lives, a caller that behaves gets every answer, what is resident stays within what docs/limits.md states, and
goes back when the load has gone. Printed, not asserted (`-s` shows it): how long the good caller waited, and how much was resident.

    ./dev test pytest tests/load -s                  # 256 MiB, seconds a load
    ./dev test pytest tests/load -s --heavy          # 128, 256 and 512 MiB, longer
    … -k 'heads and 128' --program PATH              # some of them, of another program
"""

import contextlib
import time

import pytest

from support.crowd import Crowd
from support.good_caller import GoodCaller
from support.http_client import call
from support.memory import forget_peak, is_sanitized, peak_mib, resident_mib, stated_mib
from support.memory_group import memory_group
from support.memory_loads import LOADS
from support.program import Program
from support.waiting import until

_SIZES = [128, 256, 512]
_USUAL = 256
# A served program keeps more than one that has just started: the pools of as many calls as ran or waited at once, and code.
_WARM_MIB = 16
# A reader that takes nothing is kept for --slow-reader-timeout, 30 s; then come a few looks.
_REST = 60


@pytest.fixture
def limited(program, functions, tmp_path):
    """limited(mib): the program, serving in a memory group of that size."""
    with contextlib.ExitStack() as open_ones:

        def serve(mib):
            # Beside a sanitizer's own memory a group of that size has no room for anything. The account has its size all the same.
            if is_sanitized(program.path):
                return None, open_ones.enter_context(program.serve(functions, "load", flags=["--max-body-memory", f"{mib // 4}MiB"]))
            group = open_ones.enter_context(memory_group(mib << 20))
            server = Program(program.path, tmp_path, prefix=group.prefix).serve(functions, "load")
            return group, open_ones.enter_context(server)

        yield serve


_CASES = [pytest.param(load, mib, id=f"{load.__name__}-{mib}") for load in LOADS for mib in _SIZES]


@pytest.mark.parametrize(("load", "mib"), _CASES)
def test_the_process_lives_and_a_good_caller_is_served(limited, request, load, mib):
    heavy = request.config.getoption("--heavy")
    if mib != _USUAL and not heavy:
        pytest.skip("one size does for every change; --heavy for the others")
    group, server = limited(mib)
    assert call(server.url).status == 200
    before = resident_mib(server)
    forget_peak(server)
    began = time.monotonic()
    with GoodCaller(server.port) as caller, Crowd(server.port) as crowd:
        told = load(crowd, size=6 if heavy else 1)
        connections = len(crowd.peers) + 2
    assert server.process.is_running(), told
    print(f"\n{load.__name__} in {mib} MiB, {time.monotonic() - began:.0f} s: {told}\n  {caller.result}")
    if group is None:  # so slow that the load's calls alone may be more than may run and wait
        assert set(caller.result.wrong) <= {"503"}
        return
    assert caller.result.wrong == {} and caller.result.good > 10
    assert group.kills() == 0, told
    peak, stated = peak_mib(server), stated_mib(mib, connections)
    print(f"  resident: {before:.0f} MiB before, {peak:.0f} at its peak, {stated:.0f} stated; {group.peak() >> 20} MiB in the group ({group.name})")
    assert peak <= stated
    until(lambda: resident_mib(server) <= before + _WARM_MIB, f"what the load took to be given back: {before:.0f} MiB before it", _REST)
    print(f"  {resident_mib(server):.0f} MiB at rest")
