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
std::optional<Payload> found(const ofn::Request& request) {
  const auto text = request.query("text");
  if (!text) return std::nullopt;
  return Payload{{*text}};
}
ofn::task<ofn::Json<Payload>> later(const ofn::Request& request, Message message) {
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  co_return ofn::Json(Payload{message}).status(201).header("Location", std::string(request.path()));
}
// JSON by hand, on any thread.
ofn::task<std::string> by_hand(ofn::Request request) {
  const auto messages = ofn::from_json<std::vector<Message>>(request.body());
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  co_return ofn::to_json(messages);
}
double infinite(const Message&) { return 1e308 * 10; }

OFN_FUNCTION(conformance)
OFN_FUNCTION(infinite)
OFN_FUNCTION(found)
OFN_FUNCTION(later)
OFN_FUNCTION(by_hand)
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


FORMS = [
    # the target, the method, its query, the body; the status, the answer's body and content type
    ("found", "GET", "/?text=a", b"", 200, b'{"payload":{"message":"a"}}', "application/json"),
    ("found", "GET", "/", b"", 404, b"there is no such thing here\n", "text/plain; charset=utf-8"),
    ("later", "POST", "/", b'{"message":"a"}', 201, b'{"payload":{"message":"a"}}', "application/json"),
    ("later", "POST", "/", b'{}', 400, b"$.message: expected a string, found nothing\n", "text/plain; charset=utf-8"),
    ("by_hand", "PUT", "/", b'[{"message":"a"}]', 200, b'[{"message":"a"}]', "text/plain; charset=utf-8"),
    ("by_hand", "PUT", "/", b'[{"message":1}]', 400, b"$[0].message: expected a string, found the number 1\n", "text/plain; charset=utf-8"),
]


@pytest.mark.parametrize(("target", "method", "path", "body", "status", "text", "type"), FORMS)
def test_forms(serve, typed, target, method, path, body, status, text, type):
    server = serve(target, source=typed)
    answer = call(server.url, path, method=method, headers=JSON, body=body)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (status, text, type)
    assert answer.headers.get("location") == ("/" if status == 201 else None)


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
