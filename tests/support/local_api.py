"""The local API of the developer's loop: a client of its Unix socket, and its OpenAPI document.

    api = LocalApi(runtime, dev)
    assert api.get("/instance").json["pid"] == dev.process.pid
"""

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import openapi_spec_validator
import yaml

from support.waiting import until

DOCUMENT = Path(__file__).parents[2] / "docs/dev-api.yaml"


@dataclass
class Reply:
    status: int
    text: str

    @property
    def json(self):
        return json.loads(self.text)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def description():
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    openapi_spec_validator.validate(document)
    return document


class LocalApi:
    """`runtime`: the folder that $XDG_RUNTIME_DIR names. Every JSON answer is compared with the document."""

    def __init__(self, runtime):
        self._folder = runtime / "ofn"
        until(lambda: list(self._folder.glob("*.json")), "the file that announces the loop")
        self.file = next(self._folder.glob("*.json"))
        self.socket = self.file.with_suffix(".sock")
        self._document = description()

    def connection(self):
        return _UnixConnection(str(self.socket))

    def get(self, target):
        return self._ask("GET", target, None)

    def post(self, target, **members):
        return self._ask("POST", target, json.dumps(members))

    def invoke(self, path="/", **members):
        answer = self.post("/invoke", path=path, **members)
        assert answer.status == 200, answer.text
        return answer.json

    def _ask(self, method, target, body):
        connection = self.connection()
        connection.request(method, "/api/v1" + target, body)
        response = connection.getresponse()
        reply = Reply(response.status, response.read().decode())
        connection.close()
        self._check(method.lower(), target.partition("?")[0], reply)
        return reply

    def _check(self, method, path, reply):
        parts = path.strip("/").split("/")
        if parts[0] == "requests" and len(parts) > 1:
            parts[1] = "{id}"
        operation = self._document["paths"].get("/" + "/".join(parts), {}).get(method)
        if operation is None:
            return
        described = operation["responses"][str(reply.status)]
        if "$ref" in described:
            described = self._document["components"]["responses"]["Refused"]
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(reply.json, {**schema, "components": self._document["components"]})
