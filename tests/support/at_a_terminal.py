"""Runs a command at a terminal, as a program of its own: `python at_a_terminal.py FIFO COMMAND…`.

What the command writes to the terminal goes to standard output, and bytes that are written to the FIFO are typed.
"""

import os
import pty
import select
import signal
import sys


def main():
    keys, command = sys.argv[1], sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGINT))
    typed = os.open(keys, os.O_RDWR)  # so that its end never comes
    while True:
        ready, _, _ = select.select([terminal, typed], [], [])
        if typed in ready:
            os.write(terminal, os.read(typed, 100))
        if terminal in ready:
            try:
                os.write(1, os.read(terminal, 65536))
            except OSError:  # nobody has the terminal any more
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
