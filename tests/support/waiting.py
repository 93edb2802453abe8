"""Waiting for what no event tells: the one place that polls.

    until(lambda: list(folder.iterdir()), "a file in the folder")
"""

import os
import socket
import time

# Generous, because sanitizers and a busy machine are slow. Nothing waits that long when all is well.
PATIENCE = float(os.environ.get("OFN_TEST_PATIENCE", "30"))

_PAUSE = 0.005


def until(condition, what, seconds=PATIENCE):
    """The first true value of `condition()`. Fails, saying `what` was waited for."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(_PAUSE)


def accepts(port):
    """Does anybody listen there?"""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
