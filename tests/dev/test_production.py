"""A program that serves without the developer's loop has none of its parts: no thread, no descriptor, no process."""

import collections
import os
import re

import pytest

from support.http_client import call
from support.waiting import until


def threads_of(pid):
    names = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as file:
            names.append(file.read().strip())
    return collections.Counter(names)


def descriptors_of(pid):
    """Returns what the descriptors are, without the standard streams and the numbers of sockets and pipes."""
    kinds = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        if int(fd) > 2:
            kinds.append(re.sub(r":\[\d+\]$", "", os.readlink(f"/proc/{pid}/fd/{fd}")))
    return collections.Counter(kinds)


@pytest.mark.parametrize("flags", [(), ("--debug", "--no-watch")], ids=["production", "debug without a watch"])
def test_the_program_has_only_what_serving_needs(program, tmp_path, shared, flags):
    source = tmp_path / "hello.cc"
    source.write_text("#include <ofn/function.h>\nstd::string hello() { return \"hello\"; }\nOFN_FUNCTION(hello)\n")
    built = shared(source, tmp_path / "hello.so")
    with program.serve(built, "hello", flags=("--threads", "2", *flags)) as server:
        pid = server.process.pid
        assert "x-openfunction-build" not in call(server.url).headers
        until(lambda: descriptors_of(pid)["socket"] == 1, "the connection to be gone")
        until(lambda: threads_of(pid)["functions-frame"] == 1, "the other threads to take their names")
        threads, descriptors = threads_of(pid), descriptors_of(pid)
        print(dict(threads), dict(descriptors))
        # The worker of the call may have ended.
        assert {"functions-frame": 1, "ofn-log": 1, "ofn-loop": 2} == threads - collections.Counter(["ofn-worker"])
        # Each loop has the first three; the log has an eventfd, the signals to stop and SIGUSR1 have a pipe each, and the server has the socket.
        assert descriptors == {
            "anon_inode:[eventpoll]": 2,
            "anon_inode:[timerfd]": 2,
            "anon_inode:[eventfd]": 3,
            "pipe": 4,
            "socket": 1,
        }
        assert not [task for task in os.listdir(f"/proc/{pid}/task") if children(pid, task)]


def children(pid, task):
    with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
        return file.read().split()
