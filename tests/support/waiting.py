"""Waiting without an event: the only code that polls.

    until(lambda: list(folder.iterdir()), "a file in the folder")
"""

import os
import socket
import time

# Generous, because sanitizers and a busy machine are slow. A passing test does not wait this long.
PATIENCE = float(os.environ.get("OFN_TEST_PATIENCE", "30"))

_PAUSE = 0.005


def until(condition, what, seconds=PATIENCE):
    """Returns the first true value of `condition()`. On failure, the message contains `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(_PAUSE)


def accepts(port):
    """Returns True if a program listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
