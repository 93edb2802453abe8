"""`functions-framework dev`: its terminal's lines, saves, the builds that it serves.

    with DevLoop(program, folder / "hello.cc") as dev:
        dev.serves(1)
        save(folder / "hello.cc", TEXT)
        dev.serves(2)
        assert call(dev.url).headers["X-OpenFunction-Build"] == "2"
"""

import json
import os
import re
import signal
from pathlib import Path

from support.waiting import PATIENCE

# A compiler on a busy machine is slow.
COMPILING = 4 * PATIENCE

_SERVING = re.compile(r"serving build (\d+)( again)?$")
_FAILED = re.compile(r"build (\d+) failed")
_CRASHED = re.compile(r"build (\d+) crashed: (\w+)")
_URL = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)/")


def save(path, text):
    """Saves as most programs do: the file has its old content or its new one, and nothing between."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def status_of(pid):
    """Returns state, parent and CPU ticks; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1]), int(fields[11]) + int(fields[12])


def exists(pid):
    status = status_of(pid)
    return status is not None and status[0] != "Z"


def below(pid):
    """Returns all living processes that a process has started, directly or not."""
    parents = {int(entry): status[1] for entry in os.listdir("/proc") if entry.isdigit() and (status := status_of(entry)) and status[0] != "Z"}
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


class DevLoop:
    def __init__(self, program, source, *flags, target=None, port=0, function_context=None, environment=None, cwd=None, prefix=()):
        """Starts it, and does not wait. `port`: None to leave the choice to the program."""
        self.serving = 0  # the build of the newest line "serving build N"
        self.failed = []  # the builds of the lines "build N failed"
        self.events = []  # with --json
        self.crashed = []  # the builds and causes of the lines "build N crashed: SIGSEGV"
        self._port = port or None
        self.cache = Path(program.environment["XDG_CACHE_HOME"]) / "ofn"
        environment = dict(environment or {})
        if function_context is not None:
            environment["FUNC_CONTEXT"] = json.dumps(function_context)
        chosen = ["--target", target] if target else []
        where = [] if port is None else ["--host", "127.0.0.1", "--port", str(port)]
        arguments = ["dev", "--source", source, *chosen, *where, *flags]
        self.process = program.run(arguments, environment, cwd=cwd or source.parent, prefix=prefix, on_line=self._hear)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Ends it as Ctrl-C does, so that it ends its workers."""
        if self.process.is_running():
            self.process.signal(signal.SIGINT)
            self.process.exit_code()
        self.process.end()

    @property
    def port(self):
        if self._port is None:
            self._port = int(self.process.line(_URL.search, "the address", COMPILING)[1])
        return self._port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def workers(self):
        """The processes that serve or start to. Each has a small process between it and the supervisor, whose command is the supervisor's."""
        return [pid for pid in below(self.process.pid) if "--listen-fd" in command_of(pid)]

    def serves(self, build, seconds=COMPILING):
        """Waits until this build is served, or a newer one."""
        self.process.line(lambda _: self.serving >= build, f"the line that build {build} is served", seconds)

    def says(self, *words, seconds=COMPILING):
        """Waits for a line that contains all the words, and returns it."""
        return self.process.line(lambda line: line if all(word in line for word in words) else None, f"a line with {words}", seconds)

    def reload(self, source, text):
        """Saves the file, and returns the number of the build when it is served."""
        build = self.serving + 1
        save(source, text)
        self.serves(build)
        return build

    def _hear(self, line):
        line = line.rstrip()
        if line.startswith("{") and '"event":' in line:
            self._take(json.loads(line))
        if found := _SERVING.search(line):
            self.serving = int(found[1])
        elif found := _FAILED.search(line):
            self.failed.append(int(found[1]))
        elif found := _CRASHED.search(line):
            self.crashed.append((int(found[1]), found[2]))

    def _take(self, event):
        self.events.append(event)
        if event["event"] == "serving":
            self.serving = event["build"]
        elif event["event"] == "build_failed":
            self.failed.append(event["build"])
        elif event["event"] == "crash":
            self.crashed.append((event["build"], event["how"].partition(":")[0]))
