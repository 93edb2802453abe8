"""Ports for programs that need a port's number before anything listens on it, such as the port of a sidecar that starts later.

If a program can take port 0 and report its port, use that instead.
"""

import random
import socket

_locks = []  # held until the test run ends, so that no other run gets these ports


def reserve_port():
    """Returns a port that is free and stays free: it is below the range from which the system chooses ports."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest_ephemeral = int(file.read().split()[0])
    choose = random.SystemRandom()
    for _ in range(1000):
        port = choose.randrange(lowest_ephemeral // 2, lowest_ephemeral)
        # An abstract socket is a lock that the system releases when this process ends.
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0ofn-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _locks.append(lock)
        return port
    raise AssertionError("no free port found")
