"""A registry, the real one of the CNCF, keeps an image as it is: what is pulled has the digest that was printed, and runs."""

import json
import os
import re

import pytest

from image.container import Container, check, need
from support.http_client import call
from support.process import Process
from support.tools import tool

_CONFIGURATION = """
version: 0.1
storage: {inmemory: {}}
http: {addr: 127.0.0.1:0}
log: {accesslog: {disabled: true}}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Its address."""
    file = tmp_path_factory.mktemp("registry") / "config.yml"
    file.write_text(_CONFIGURATION)
    with Process([tool("registry"), "serve", file], {"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}) as process:
        yield process.line(lambda line: re.search(r"listening on (127\.0\.0\.1:\d+)", line), "its address")[1]


def test_an_image_is_pushed_and_pulled(hello, registry, unpack, tmp_path):
    layout, printed = hello
    name = f"docker://{registry}/functions/hello:1"
    check(need("skopeo"), "copy", "--dest-tls-verify=false", f"oci:{layout}:latest", name)
    stored = json.loads(check(need("skopeo"), "inspect", "--tls-verify=false", name))
    assert stored["Digest"] in printed
    pulled = tmp_path / "pulled"
    check(need("skopeo"), "copy", "--src-tls-verify=false", name, f"oci:{pulled}:latest")
    assert json.loads((pulled / "index.json").read_text())["manifests"][0]["digest"] == stored["Digest"]
    with Container(unpack(pulled)).serve() as server:
        assert call(server.url, "/?name=registry", method="GET").body == b"hello, registry\n"
