"""Ports for programs that must be told one before anybody listens on it, such as a sidecar that comes later.

Where a program can take port 0 and say which it got, let it.
"""

import random
import socket

_locks = []  # held until the test run ends: no other run is given these ports


def reserve_port():
    """A port that is free, and stays so: below the range from which the system hands out ports of its own."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest_ephemeral = int(file.read().split()[0])
    choose = random.SystemRandom()
    for _ in range(1000):
        port = choose.randrange(lowest_ephemeral // 2, lowest_ephemeral)
        # An abstract socket is a lock that the system takes back when this process ends.
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
