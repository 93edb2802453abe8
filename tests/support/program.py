"""The program under test: its path and its start.

    with program.serve(FUNCTIONS, "act", context([binding("archive")]), {"DAPR_GRPC_PORT": "50001"}) as server:
        assert call(server.url).status == 200
"""

import json
import os
import re
from pathlib import Path

import pytest

from support.process import Process, run_to_end

_REPOSITORY = Path(__file__).resolve().parents[2]

# `listening on 127.0.0.1:8080`, or {"message":"listening",…,"url":"http://127.0.0.1:8080/"}.
_LISTENING = re.compile(r"listening\b.*?127\.0\.0\.1:(\d+)")

# The variables that a child process needs. Any other variable would make runs differ.
_PASSED_ON = ("PATH", "LANG", "OFN_INCLUDE_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")


def program_path(option):
    """Returns --program, or else OFN_PROGRAM, or else the program in the build directory that ./dev names, or in the default one."""
    named = option or os.environ.get("OFN_PROGRAM")
    build = Path(os.environ.get("OFN_BUILD_DIR", _REPOSITORY / "build"))
    path = Path(named) if named else build / "bin" / "functions-framework"
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is no program; build it (./dev build) or name another (--program, OFN_PROGRAM)", 2)
    return path.absolute()


class Program:
    def __init__(self, path, home, prefix=()):
        """`prefix`: words before the command, such as those that enter a namespace."""
        self.path = path
        self._prefix = prefix
        # Functions are compiled once in a test run, because all servers share the program's cache.
        self.environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self.environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TMPDIR": str(home)}
        self._home = home

    def run(self, arguments, environment=None, cwd=None, prefix=(), pass_fds=(), on_line=None):
        """Starts it with any arguments. `prefix`: words before the command; `pass_fds`: the descriptors that it inherits."""
        command = [*self._prefix, *prefix, self.path, *arguments]
        return Process(command, self.environment | (environment or {}), cwd=cwd or self._home, pass_fds=pass_fds, on_line=on_line)

    def run_to_end(self, arguments, environment=None, cwd=None, prefix=(), pass_fds=()):
        """The same for a command that ends by itself; returns its exit code and both streams."""
        command = [*prefix, self.path, *arguments]
        return run_to_end(command, self.environment | (environment or {}), cwd=cwd or self._home, pass_fds=pass_fds)

    def serve(self, source, target, function_context=None, environment=None, flags=(), cwd=None, port=0):
        """Serves a function, or all functions if there is no target; returns when it listens."""
        environment = dict(environment or {})
        if function_context is not None:
            environment["FUNC_CONTEXT"] = json.dumps(function_context)
        chosen = ["--target", target] if target else []
        if "--debug" in flags and "--no-watch" not in flags:
            flags = [*flags, "--no-watch"]  # the program itself, without the developer's loop
        arguments = ["--source", source, *chosen, "--host", "127.0.0.1", "--port", str(port), *flags]
        return Server(self.run(arguments, environment, cwd))


class Server:
    """A served function."""

    def __init__(self, process):
        self.process = process
        try:
            # The time may include a first compilation.
            self.port = int(process.line(_is_listening, "the line that says where it listens", seconds=120)[1])
        except BaseException:
            process.end()
            raise
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.end()

    def logged(self, *words):
        """Waits for a log line that contains all the words."""
        return self.process.line(lambda line: line if all(word in line for word in words) else None, f"a log line with {words}")


def _is_listening(line):
    return None if "sidecar" in line else _LISTENING.search(line)


def context(outputs, runtime="Knative", **others):
    """A FUNC_CONTEXT (v1beta1)."""
    return {"name": "contract", "version": "v1", "runtime": runtime, "outputs": dict(outputs), **others}


def binding(name, component=None, type="bindings.localstorage", operation="create", metadata=None):
    return name, {
        "uri": name,
        "componentName": component or name,
        "componentType": type,
        "operation": operation,
        "metadata": metadata or {},
    }


def topic(name, component=None, uri=None, type="pubsub.in-memory", metadata=None):
    return name, {
        "uri": uri or name,
        "componentName": component or name,
        "componentType": type,
        "metadata": metadata or {},
    }
