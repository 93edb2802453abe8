"""Programs that a test starts. Their output is captured, their lines are events, and they certainly end.

    with Process([program, "--port", "0"], environment) as process:
        port = process.line(lambda line: re.search(r"listening on .*:(\\d+)", line))[1]
        process.terminate()
        assert process.exit_code() == 0
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from support.waiting import PATIENCE


_SETPRIV = shutil.which("setpriv")  # a full path, because a program's own PATH may be empty


@dataclass(frozen=True)
class Finished:
    """A program that ran to its end."""

    code: int
    stdout: str
    stderr: str


def run_to_end(command, environment, cwd=None, pass_fds=()):
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=4 * PATIENCE,
        check=False,
        pass_fds=pass_fds,
    )
    print(f"--- {command} (exit {done.returncode}) ---\n{done.stdout}{done.stderr}", end="")
    return Finished(done.returncode, done.stdout, done.stderr)


class Process:
    def __init__(self, command, environment, cwd=None, name=None, pass_fds=(), on_line=None):
        """`on_line` gets each line as soon as it is read, on the reader's thread."""
        self._on_line = on_line
        self.command = [str(word) for word in command]
        self.name = name or Path(self.command[0]).name
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        # If this test run is killed, its children must end too, because nothing else would end them.
        self._child = subprocess.Popen(
            [_SETPRIV, "--pdeathsig", "KILL", *self.command],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self._child.pid

    @property
    def output(self):
        with self._changed:
            return "".join(self._lines)

    def is_running(self):
        return self._child.poll() is None

    def line(self, match, what="a line", seconds=PATIENCE):
        """Returns `match(line)` for the first line for which it is true, including earlier lines."""
        end = time.monotonic() + seconds
        seen = 0
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    if found := match(line):
                        return found
                seen = len(self._lines)
                if self._ended or not self._changed.wait(max(0, end - time.monotonic())):
                    why = "ended" if self._ended else f"was silent for {seconds:g} s"
                    raise AssertionError(f"{self.name} {why}; waited for {what}. Its output:\n{''.join(self._lines)}")

    def terminate(self):
        self.signal(signal.SIGTERM)

    def signal(self, number):
        self._child.send_signal(number)

    def stop(self):
        """Suspends it: it keeps its connections and answers nothing."""
        self._child.send_signal(signal.SIGSTOP)
        # Only now have all its threads stopped.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def resume(self):
        self._child.send_signal(signal.SIGCONT)

    def kill(self):
        self._child.kill()
        self._child.wait()

    def exit_code(self, seconds=PATIENCE):
        """Waits for its end."""
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds:g} s. Its output:\n{self.output}") from None
        self._reader.join(seconds)
        return code

    def end(self):
        """Ends it in any state. If the test failed, pytest shows its output."""
        self.kill()
        self._reader.join(PATIENCE)
        if not self._reader.is_alive():  # a process that it has left behind may hold the pipe, and closing would wait for it
            self._child.stdout.close()
        print(f"--- {self.name} (pid {self.pid}, exit {self._child.returncode}) ---\n{''.join(self._lines[-40:])}", end="")

    def _read(self):
        for line in self._child.stdout:
            text = line.decode(errors="replace")
            if self._on_line:
                self._on_line(text)
            with self._changed:
                self._lines.append(text)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
