"""Typed functions: responses, outputs, the schema; the conformance client's exchange."""

import json

import pytest

from support.http_client import call

TYPED = """
#include <ofn/function.h>
#include <ofn/typed.h>

struct Message { std::string message; };
OFN_FIELDS(Message, message)
struct Payload { Message payload; };
OFN_FIELDS(Payload, payload)

Payload conformance(const Message& message) { return {message}; }
double infinite(const Message&) { return 1e308 * 10; }

OFN_FUNCTION(conformance)
OFN_FUNCTION(infinite)
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def typed(shared_from):
    return shared_from(TYPED)


def test_conformance(serve, typed):
    """The request that the public conformance client sends for `typed`, with the type http in the variable, and the answer that it expects."""
    server = serve("conformance", source=typed, environment={"FUNCTION_SIGNATURE_TYPE": "http"})
    answer = call(server.url, headers=JSON, body=b'{"message":"Hello world!"}')
    assert answer.status == 200
    assert json.loads(answer.body) == {"payload": {"message": "Hello world!"}}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-openfunction-status"] == "success"


REFUSED = [
    ("POST", JSON, b'{"message":1}', 400, b"$.message: expected a string, found the number 1\n"),
    ("POST", JSON, b"", 400, b"the body is empty: expected an object\n"),
    ("POST", {"Content-Type": "text/plain"}, b"{}", 415, b"the content type must be application/json\n"),
    ("GET", {}, b"", 405, b"allowed here: POST\n"),
]


@pytest.mark.parametrize(("method", "headers", "body", "status", "text"), REFUSED)
def test_what_does_not_fit(serve, typed, method, headers, body, status, text):
    server = serve("conformance", source=typed)
    answer = call(server.url, method=method, headers=headers, body=body)
    assert (answer.status, answer.body) == (status, text)
    assert answer.headers.get("x-openfunction-status") == (None if status == 405 else "error")


def test_what_json_cannot_say(serve, typed):
    server = serve("infinite", source=typed)
    answer = call(server.url, headers=JSON, body=b'{"message":""}')
    assert (answer.status, answer.headers["x-openfunction-status"]) == (500, "crash")
    server.logged("it has a number that is not finite")


def test_the_result_goes_out(serve, typed, tmp_path):
    """An output gets the JSON; a refused body sends nothing."""
    component = tmp_path / "files.yaml"
    component.write_text(
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: files}\n"
        f"spec: {{type: bindings.localstorage, version: v1, metadata: [{{name: rootPath, value: {tmp_path}/data}}]}}\n"
    )
    output = {"componentName": "files", "componentType": "bindings.localstorage", "operation": "create"}
    context = {"name": "f", "runtime": "Knative", "outputs": {"files": output | {"metadata": {"fileName": "a.json"}}}}
    flags = ("--components", tmp_path, "--local-sidecar", "on")
    server = serve("conformance", *flags, source=typed, function_context=context)
    assert call(server.url, headers=JSON, body=b"{}").status == 400
    assert not (tmp_path / "data" / "a.json").exists()
    answer = call(server.url, headers=JSON, body=b'{"message":"x"}')
    assert answer.status == 200
    assert (tmp_path / "data" / "a.json").read_bytes() == answer.body == b'{"payload":{"message":"x"}}'


def test_the_schema_is_printed(program, typed):
    done = program.run_to_end(["--source", typed, "--print-schema"])
    assert done.code == 0
    schema = json.loads(done.stdout)
    assert schema["functions"]["conformance"]["result"] == {"$ref": "#/$defs/Payload"}
    assert schema["$defs"]["Message"] == {
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    }
