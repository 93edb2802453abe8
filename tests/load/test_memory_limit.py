"""Every load that makes a server keep memory, for the program with its default flags in a separate memory group.

Under each load the process lives, a well-behaved client gets every answer, and the resident memory stays within the limit in docs/limits.md
and falls again after the load. The test also prints how long the good client waited and how much memory was resident (`-s` shows it); it
does not assert these.

    ./dev test pytest tests/load -s                  # 256 MiB, some seconds for each load
    ./dev test pytest tests/load -s --heavy          # 128, 256 and 512 MiB, longer
    … -k 'heads and 128' --program PATH              # some of the loads, and another program
"""

import contextlib
import time

import pytest

from support.crowd import Crowd
from support.good_caller import GoodCaller
from support.http_client import call
from support.memory import forget_peak, is_sanitized, peak_mib, resident_mib, stated_mib
from support.memory_group import memory_group
from support.memory_loads import LOADS, stalled_pieces
from support.program import Program
from support.waiting import until

_SIZES = [128, 256, 512]
_USUAL = 256
# After a load the program keeps more memory than after its start: pools for as many calls as ran or waited at once, and code.
_WARM_MIB = 16
# A client that reads nothing is kept for --slow-reader-timeout, 30 s. Then the test needs a few measurements.
_REST = 60


@pytest.fixture
def limited(program, functions, tmp_path):
    """limited(mib, target): the program, which serves in a memory group of this size."""
    with contextlib.ExitStack() as open_ones:

        def serve(mib, target="load"):
            # A sanitizer's own memory would fill a group of this size, so there is no group. The account has the same size as in one.
            if is_sanitized(program.path):
                return None, open_ones.enter_context(program.serve(functions, target, flags=["--max-body-memory", f"{mib // 4}MiB"]))
            group = open_ones.enter_context(memory_group(mib << 20))
            server = Program(program.path, tmp_path, prefix=group.prefix).serve(functions, target)
            return group, open_ones.enter_context(server)

        yield serve


_CASES = [pytest.param(load, mib, id=f"{load.__name__}-{mib}") for load in [*LOADS, stalled_pieces] for mib in _SIZES]


@pytest.mark.parametrize(("load", "mib"), _CASES)
def test_the_process_lives_and_a_good_caller_is_served(limited, request, load, mib):
    heavy = request.config.getoption("--heavy")
    if mib != _USUAL and not heavy:
        pytest.skip("one size does for every change; --heavy for the others")
    group, server = limited(mib, "load_in_pieces" if load is stalled_pieces else "load")
    assert call(server.url).status == 200
    before = resident_mib(server)
    forget_peak(server)
    began = time.monotonic()
    with GoodCaller(server.port) as caller, Crowd(server.port) as crowd:
        told = load(crowd, size=6 if heavy else 1)
        connections = len(crowd.peers) + 2
    assert server.process.is_running(), told
    print(f"\n{load.__name__} in {mib} MiB, {time.monotonic() - began:.0f} s: {told}\n  {caller.result}")
    if group is None:  # a sanitizer is so slow that the load alone may exceed the calls that may run and wait
        assert set(caller.result.wrong) <= {"503"}
        return
    assert caller.result.wrong == {} and caller.result.good > 10
    assert group.kills() == 0, told
    peak, stated = peak_mib(server), stated_mib(mib, connections)
    print(f"  resident: {before:.0f} MiB before, {peak:.0f} at its peak, {stated:.0f} stated; {group.peak() >> 20} MiB in the group ({group.name})")
    assert peak <= stated
    until(lambda: resident_mib(server) <= before + _WARM_MIB, f"what the load took to be given back: {before:.0f} MiB before it", _REST)
    print(f"  {resident_mib(server):.0f} MiB at rest")
