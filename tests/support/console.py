"""Runs a document's commands as its reader would, and compares their output with the document.

    console = Console(program, clone, Images(program, tmp_path))
    for block in blocks(page.read_text()):
        console.take(block)

Three kinds of fenced blocks have a meaning here; all others are only for the reader.

    ```cpp hello.cc            a file of that name, which is written into the console's folder
    ```console                 `$ command`, and below it the command's output; `…` stands for any text
    ```log                     lines that the last server writes

A command that serves runs until the next one that serves, and is then ended as by Ctrl-C. The documents' port 8080 is replaced by
a free port, because other tests run at the same time, and their registry.example by `registry`.
"""

import os
import re
import shlex
import signal
import string
import subprocess
from dataclasses import dataclass

from support.ports import reserve_port
from support.process import Process
from support.waiting import PATIENCE, until

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_PROGRAM = re.compile(r"^(?:\w+=\S+ )*(?:functions-framework|ofn|(?:build|opt)\S*/\S+)(?: |$)")
_ENDS_BY_ITSELF = re.compile(r"functions-framework (?:build|image|manifest|test) |--(?:print-schema|print-openapi|dry-run|help|version)\b")
# Commands that the tests do not run, with the reasons.
NOT_TYPED = {"./dev build": "the program that the tests run is built",
             "apt-get update && apt-get install -y ./dist/": "test_bare_debian of tests/packages/test_heavy.py types it, in a root of its own"}
# The second step of `./dev run`, after it has built the program.
_DEV_RUN = re.compile(r"^  cd (?P<folder>\S+)\n  (?P<context>FUNC_CONTEXT=\S+) exec \S+ \\\n    (?P<flags>.*) \"\$@\"$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    kind: str
    name: str | None
    text: str


def blocks(text):
    return [Block(*match.groups()) for match in _BLOCK.finditer(text)]


def sections(text):
    """Returns the blocks below each `## heading`, in order."""
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return {heading: blocks(body) for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def commands(block):
    """Returns the (command, output) pairs of a console block."""
    assert block.text.startswith("$ "), f"a console block begins with a command:\n{block.text}"
    return [(match[1], match[2]) for match in _COMMAND.finditer(block.text)]


class Console:
    def __init__(self, program, folder, images, registry=None):
        self.folder = folder
        self.server = None
        self._images = images
        self._port = reserve_port()
        self._places = {"8080": str(self._port)} | ({"registry.example": registry.address} if registry else {})
        # "on", because a developer's daprd may also run on this machine.
        self.environment = program.environment | {"HOST": "127.0.0.1", "PORT": str(self._port), "OFN_LOCAL_SIDECAR": "on",
                                                   "HOME": str(folder)}
        self.environment["PATH"] = f"{program.path.parent}:{self.environment['PATH']}"
        if registry:
            registry.tell_clients(folder)

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if self.server is not None and failed:
            self.server.end()
        else:
            self._end_server()

    def take(self, block):
        """Does what the block says; fails if the output differs."""
        if block.kind == "console":
            for command, printed in commands(block):
                self.type(command, printed)
        elif block.kind == "log":
            for line in block.text.splitlines():
                pattern = _pattern(self._here(line))
                self.server.line(pattern.search, f"the line: {line}")
        elif block.name:
            file = self.folder / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)

    def type(self, command, printed=""):
        if command.startswith(tuple(NOT_TYPED)):
            return
        if command == "./dev run":
            run = _DEV_RUN.search((self.folder / "dev").read_text())
            command = f"cd {run['folder']} && {run['context']} exec functions-framework {run['flags']}"
            self.serve(self._here(command))
            return
        command, pattern = self._here(command), re.compile(_pattern(self._here(printed).rstrip("\n")).pattern + r"\n?", re.DOTALL)
        if command.startswith("docker build "):
            self._images.build(self._words(command), self.folder)
        elif command.startswith("docker run "):
            self._end_server()
            self.server = self._images.run(self._words(command, self._port), self._port)
            self._wait_until_it_listens()
        elif _PROGRAM.match(command) and not _ENDS_BY_ITSELF.search(command):
            assert not printed, f"show in a log block what `{command}` writes: it does not end by itself"
            self.serve(command)
        elif command.startswith("cat "):
            # A function's output may appear a moment later.
            until(lambda: pattern.fullmatch(self._run(command, check=False)), f"`{command}` to print {printed!r}")
        else:
            said = self._run(command)
            assert pattern.fullmatch(said), f"`{command}` printed {said!r}, and the document says {printed!r}"

    def serve(self, command):
        self._end_server()
        self.server = Process(["bash", "-c", command], self.environment, self.folder, name=command)
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        # The time may include a first compilation.
        self.server.line(re.compile(r'"message":"listening"').search, "the line that it listens", seconds=120)

    def _run(self, command, check=True):
        """Runs a command in bash. As in a terminal, the effects of `cd` and `export` stay."""
        ours, theirs = os.pipe()
        with open(ours, encoding="utf-8") as state:
            done = subprocess.run(
                ["bash", "-c", f"{command}\ncode=$?; {{ pwd; env -0; }} >&{theirs}; exit $code"],
                env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                pass_fds=[theirs], timeout=4 * PATIENCE, check=False)
            os.close(theirs)
            folder, _, variables = state.read().partition("\n")
        assert not check or done.returncode == 0, f"`{command}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        self.folder = type(self.folder)(folder)
        self.environment = dict(variable.split("=", 1) for variable in variables.split("\0") if variable)
        return done.stdout

    def _end_server(self):
        """Ends the server as Ctrl-C does."""
        if self.server is None:
            return
        server, self.server = self.server, None
        try:
            server.signal(signal.SIGINT)
            assert server.exit_code() == 0, server.output
        finally:
            server.end()

    def _words(self, command, port=None):
        text = string.Template(command).substitute(self.environment)
        return shlex.split(text.replace(str(port), "8080") if port else text)

    def _here(self, text):
        for shown, used in self._places.items():
            text = text.replace(shown, used)
        return text


def _pattern(text):
    return re.compile(".*".join(re.escape(part) for part in text.split("…")))
