"""A terminal with a shell that has job control, and a developer who types.

    with Terminal(program.environment, folder) as terminal:
        terminal.enter("functions-framework dev --source hello.cc")
        terminal.says("serving build 1")
        terminal.press(b"q")

The shell is dash: unlike others it does not restore the terminal's modes after a program.
"""

import os
import pty
import re
import shutil
import signal
import termios
import threading

from support.dev_loop import below, command_of, status_of
from support.waiting import PATIENCE, until

_SETPRIV = shutil.which("setpriv")
_DASH = shutil.which("dash")
_CONTROL_Z, _CONTROL_C = b"\x1a", b"\x03"
# The shell says it when it waits for a command.
_PROMPT = "ready>"


class Terminal:
    def __init__(self, environment, folder):
        environment = environment | {"TERM": "dumb", "PS1": _PROMPT, "PS2": "", "HISTFILE": ""}
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(_SETPRIV, [_SETPRIV, "--pdeathsig", "KILL", _DASH, "-i"], environment)
        self._text = ""
        self._seen = 0
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.is_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [*below(self.pid), self.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(self.pid, 0)
        self._reader.join(PATIENCE)
        os.close(self.master)
        print(f"--- the terminal ---\n{self._text}")

    def press(self, keys):
        os.write(self.master, keys)

    def enter(self, command):
        self.press(command.encode() + b"\n")

    def suspend(self):
        self.press(_CONTROL_Z)
        self.is_ready()

    def interrupt(self):
        self.press(_CONTROL_C)
        self.is_ready()

    def is_ready(self):
        """Waits until the shell has the terminal again."""
        self.says(_PROMPT)

    def says(self, text, seconds=4 * PATIENCE):
        """Waits until this is written, behind what was waited for before."""
        with self._changed:
            found = self._changed.wait_for(lambda: self._text.find(text, self._seen) >= 0, seconds)
            assert found, f"waited for {text!r}; what came instead: {self._text[self._seen:]!r}"
            self._seen = self._text.find(text, self._seen) + len(text)

    def modes(self):
        """What `stty -a` says."""
        with self._changed:
            begin = len(self._text)
        self.enter("stty -a; echo en''d")
        self.says("end")
        self.is_ready()
        modes = self._text[begin:]
        assert "icanon" in modes, modes
        return re.search(r"speed .*(?=end)", modes, re.DOTALL)[0]

    @property
    def text(self):
        with self._changed:
            return self._text

    def has_echo(self):
        """What the modes are now, whoever has set them: the shell cannot be asked while a program runs."""
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def program(self, *words):
        """The process in the foreground or background whose command has these words."""
        def found():
            mine = (pid for pid in below(self.pid) if (status_of(pid) or (0, 0))[1] == self.pid)
            return next((pid for pid in mine if all(word in command_of(pid) for word in words)), None)

        return until(found, f"a program with {words}")

    def _read(self):
        while True:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # nobody has the terminal any more
                return
            with self._changed:
                self._text += data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "")
                self._changed.notify_all()
