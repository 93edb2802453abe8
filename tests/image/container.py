"""An image's root folder as a container: read-only, without capabilities, in its own namespaces, but on this machine's network.

    with Container(bundle).start() as process: ...
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from support.process import Process
from support.program import Server
from support.tools import missing


def need(program):
    """Returns the program's path; ends the test if it is not installed."""
    found = shutil.which(program)
    if not found:
        missing(f"{program} is not installed: apt-get install {'bubblewrap' if program == 'bwrap' else program}")
    return found


def check(*words):
    """Runs another program; returns its output."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


class Container:
    def __init__(self, bundle, prefix=()):
        """`bundle`: what umoci has unpacked. `prefix`: words before the command, such as those that enter a network."""
        self.root = bundle / "rootfs"
        self._prefix = prefix
        self._process = json.loads((bundle / "config.json").read_text())["process"]

    def command(self, arguments=(), user=None, mounts=(), tmp=None, environment=None):
        """`mounts`: pairs of a file of this machine and its place in the container. `tmp`: a folder of this machine that is /tmp, where the
        program may write. `environment`: as the platform sets it; by default the program takes any free port."""
        uid = self._process["user"]["uid"] if user is None else user
        gid = self._process["user"]["gid"] if user is None else 0
        words = [*self._prefix, need("bwrap"), "--bind", self.root, "/", "--proc", "/proc", "--dev", "/dev"]
        for outside, inside in mounts:
            words += ["--ro-bind", outside, inside]
        words += ["--remount-ro", "/", *(["--bind", tmp, "/tmp"] if tmp else []), "--unshare-all", "--share-net", "--uid", uid, "--gid", gid, "--cap-drop", "ALL",
                  "--as-pid-1", "--die-with-parent", "--clearenv", "--chdir", self._process["cwd"]]
        variables = dict(variable.split("=", 1) for variable in self._process["env"])
        for name, value in (variables | {"HOST": "127.0.0.1"} | ({"PORT": "0"} if environment is None else environment)).items():
            words += ["--setenv", name, value]
        return [*words, *self._process["args"], *arguments]

    def start(self, arguments=(), **how):
        """Starts it with the image's entry point, and returns at once."""
        return Process(self.command(arguments, **how), {"PATH": os.environ["PATH"]}, name="container")

    def serve(self, arguments=(), **how):
        """The same; returns when it listens."""
        return Server(self.start(arguments, **how))


def ask_to_stop(server):
    """Sends SIGTERM to the container's process 1, as a runtime does."""
    (child,) = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)


def terminate(server):
    """The same; returns its exit code."""
    ask_to_stop(server)
    return server.process.exit_code()
