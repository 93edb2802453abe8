"""A well-behaved client in a separate process, so that the test's own work does not slow it down.

    with GoodCaller(server.port) as caller:
        … a load …
    assert caller.result.wrong == {} and caller.result.good > 0
    print(caller.result)
"""

import http.client
import json
import select
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass

_PAUSE = 0.005
_TIMEOUT = 30
# Its requests, in turn: one without a body, small ones, and one whose body needs several reads.
_BODIES = [b"", b"x" * 1_000, b"", b"x" * 100, b"", b"x" * 100_000]


@dataclass(frozen=True)
class Result:
    good: int
    wrong: dict
    p50_ms: float
    p99_ms: float
    longest_ms: float

    def __str__(self):
        return (f"good caller: {self.good} answers, wrong {self.wrong or 'none'}; "
                f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, longest {self.longest_ms:.0f} ms")


class GoodCaller:
    def __init__(self, port):
        self._command = [sys.executable, __file__, str(port)]
        self.result = None

    def __enter__(self):
        self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout.readline() == "begun\n"
        return self

    def __exit__(self, *_):
        # It works until the end of its input.
        output, _ = self._child.communicate(timeout=2 * _TIMEOUT)
        self.result = Result(**json.loads(output))


def _ask(connection, body):
    """Returns the mistake in the answer, or None."""
    connection.request("POST" if body else "GET", "/", body=body or None)
    answer = connection.getresponse()
    got = answer.read()
    if answer.status != 200:
        return str(answer.status)
    return None if got == b"%d\n" % len(body) else f"answered {got[:40]!r}"


def _main(port):
    wrong = Counter()
    times = []
    connection = None
    number = 0
    while not (number > 0 and select.select([sys.stdin], [], [], _PAUSE)[0]):
        # Half of the calls use a new connection each.
        if connection is None or number % 2:
            if connection is not None:
                connection.close()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        began = time.monotonic()
        try:
            problem = _ask(connection, _BODIES[number % len(_BODIES)])
        except (OSError, http.client.HTTPException) as error:
            problem = repr(error)
        times.append(1000 * (time.monotonic() - began))
        if problem:
            wrong[problem] += 1
            connection.close()
            connection = None
        if number == 0:
            print("begun", flush=True)
        number += 1
    times.sort()
    print(json.dumps({"good": len(times) - sum(wrong.values()), "wrong": wrong, "p50_ms": times[len(times) // 2],
                      "p99_ms": times[len(times) * 99 // 100], "longest_ms": times[-1]}))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
