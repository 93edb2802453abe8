"""A sidecar with its own port that can be absent, stopped, killed and started again.

    with Daprd(folder) as sidecar:      # or LocalSidecar(program, folder), or Embedded(program, folder)
        sidecar.start()
        program.serve(…, environment=sidecar.environment)
        assert sidecar.landed("archive") == [b"…"]

Both have the same components, from the same files: two folders (`archive`, `second`), a topic (`events`), and `web`, an
HTTP server that each test run provides.
"""

import contextlib
import re
import urllib.error
import urllib.request
from pathlib import Path

import grpc
from dapr.proto.runtime.v1 import dapr_pb2_grpc

from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import until

_COMPONENT = """\
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: {name}
spec:
  type: {type}
  version: v1
  metadata:
"""
_EMBEDDED = re.compile(r'"local sidecar listening","grpc":"127\.0\.0\.1:(\d+)"')
_ENTRY = "    - name: {name}\n      value: '{value}'\n"


def write_component(folder, name, type, **metadata):
    text = _COMPONENT.format(name=name, type=type)
    text += "".join(_ENTRY.format(name=key, value=value) for key, value in metadata.items())
    (folder / f"{name}.yaml").write_text(text if metadata else text + "    []\n", encoding="utf-8")


class Sidecar:
    """The part that both share. With `app_port` it delivers to the app there."""

    def __init__(self, folder, web="http://127.0.0.1:9/", app_port=None, app_protocol="grpc", app_token=None, variables=None):
        self._app = ["--app-port", app_port, "--app-protocol", app_protocol] if app_port else []
        self._variables = (variables or {}) | ({"APP_API_TOKEN": app_token} if app_token else {})
        self.folder = Path(folder).resolve()
        self.components = self.folder / "components"
        self.components.mkdir(parents=True)
        for name in ("archive", "second"):
            self.root(name).mkdir()
            write_component(self.components, name, "bindings.localstorage", rootPath=self.root(name))
        write_component(self.components, "events", "pubsub.in-memory")
        write_component(self.components, "web", "bindings.http", url=web)
        self.port = reserve_port()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.end()

    @property
    def environment(self):
        """The variables that tell a program the sidecar's address."""
        return {"DAPR_GRPC_PORT": str(self.port)}

    def root(self, component):
        return self.folder / component

    def landed(self, component="archive"):
        """Returns the content of a folder's files, in any order."""
        contents = []
        for path in self.root(component).rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # it may have been renamed or deleted meanwhile
                if path.is_file():
                    contents.append(path.read_bytes())
        return contents

    def kill(self):
        """Kills it: its connections break, and nothing listens on its port."""
        self.process.end()
        self.process = None

    @contextlib.contextmanager
    def stub(self):
        """Returns a client made with another language's gRPC."""
        unlimited = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(f"127.0.0.1:{self.port}", options=unlimited) as channel:
            yield dapr_pb2_grpc.DaprStub(channel)


class Daprd(Sidecar):
    name = "daprd"

    def __init__(self, folder, flags=(), **options):
        self._program = tool("daprd")
        super().__init__(folder, **options)
        self._app += flags
        self.http_port = reserve_port()

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self):
        """Starts it without waiting, because with an app it is ready only when the app listens."""
        self.process = Process(
            [
                self._program,
                *("--app-id", "contract", "--resources-path", self.components),
                *("--dapr-grpc-port", self.port, "--dapr-http-port", self.http_port),
                *("--dapr-internal-grpc-port", reserve_port()),
                *("--dapr-listen-addresses", "127.0.0.1", "--dapr-internal-grpc-listen-address", "127.0.0.1"),
                *("--enable-metrics=false", "--log-level", "warn"),
                *self._app,
            ],
            # Here it would look for a user's components.
            {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", **self._variables},
            cwd=self.folder,
        )

    def wait_until_ready(self):
        until(lambda: self._is_ready(), "daprd to be ready")

    def _is_ready(self):
        assert self.process.is_running(), self.process.output
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/v1.0/healthz/outbound", timeout=5) as answer:
                return answer.status == 204
        except (urllib.error.URLError, ConnectionError):
            return False


# daprd finds also its own app only by a name resolver.
_NAMES = """\
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: names
spec:
  nameResolution:
    component: table
    configuration: {{{name}: "127.0.0.1:{port}"}}
"""


def named_daprd(name, folder, app_port, flags=(), **options):
    """A daprd whose app, on that port, can be called by its name."""
    port = reserve_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "configuration.yaml"
    configuration.write_text(_NAMES.format(name=name, port=port), encoding="utf-8")
    own = ["--app-id", name, "--config", configuration, "--dapr-internal-grpc-port", port, *flags]
    return Daprd(folder, own, app_port=app_port, **options)


class LocalSidecar(Sidecar):
    name = "local"

    def __init__(self, program, folder, **options):
        self._program = program
        super().__init__(folder, **options)

    def start(self):
        arguments = ["sidecar", "--components", self.components, "--grpc-port", self.port, *self._app]
        self.process = self._program.run(arguments, {"APP_ID": "contract"} | self._variables, cwd=self.folder)
        self.process.line(lambda line: f"127.0.0.1:{self.port}" in line, "the sidecar's announcement")


class Embedded(LocalSidecar):
    """The local sidecar inside a served program: `flags` start it, and it delivers to that program."""

    name = "embedded"
    environment = {}

    def __init__(self, program, folder, **options):
        super().__init__(program, folder, **options)
        self.flags = ["--components", self.components, "--local-sidecar"]

    def found_in(self, server):
        """Finds the port that the program has chosen."""
        self.port = int(server.process.line(_EMBEDDED.search, "the local sidecar's announcement")[1])
