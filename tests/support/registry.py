"""The CNCF's registry of images, in memory.

    with Registry(tmp_path) as registry:
        push(layout, f"{registry.address}/functions/hello:1")
"""

import os
import re

from support.process import Process
from support.tools import tool

_CONFIGURATION = """
version: 0.1
storage: {inmemory: {}}
http: {addr: 127.0.0.1:0}
log: {accesslog: {disabled: true}}
"""


class Registry:
    def __init__(self, folder):
        file = folder / "registry.yml"
        file.write_text(_CONFIGURATION)
        self._process = Process([tool("registry"), "serve", file], {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"})
        self.address = self._process.line(lambda line: re.search(r"listening on (127\.0\.0\.1:\d+)", line), "its address")[1]

    def tell_clients(self, home):
        """Tells skopeo, podman and buildah of the user with this home folder that there is no TLS here."""
        file = home / ".config/containers/registries.conf"
        file.parent.mkdir(parents=True)
        file.write_text(f'[[registry]]\nlocation = "{self.address}"\ninsecure = true\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.end()
