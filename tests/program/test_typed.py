"""Typed functions: responses, outputs, the schema; the conformance client's exchange."""

import json

import openapi_spec_validator
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
// Values in place of text.
void lines(const ofn::Request& request, ofn::Writer& writer) {
  for (const auto& message : ofn::from_json<std::vector<Message>>(request.body())) writer.line(message);
}
std::string values(ofn::Context& context, const ofn::Request& request) {
  const auto message = ofn::from_json<Message>(request.body());
  context.send("files", message).check();
  context.save_state("kept", "m", Payload{message}).check();
  context.save_state("kept", "wrong", std::vector{1}).check();
  const auto wrong = context.get_state_as<Payload>("kept", "wrong");
  const auto none = context.get_state_as<Payload>("kept", "none").value();
  return context.get_state_as<Payload>("kept", "m").value()->payload.message + (none ? "" : ", none, ") + wrong.failure().message;
}
ofn::task<std::string> values_later(ofn::Context& context, const ofn::Request& request) {
  const Message message{std::string(request.body())};
  const ofn::SendReport sent = co_await context.async_send("files", message);
  co_return sent.ok() ? "sent" : sent.error();
}
ofn::CloudEvent data(const ofn::CloudEvent& event) {
  ofn::CloudEvent answer(event.id(), "/data", "answer");
  ofn::set_data(answer, Payload{ofn::data_as<Message>(event)});
  return answer;
}
struct Code { std::string code; };
OFN_FIELDS(Code, (code, ofn::pattern<"^[A-Z]{2,3}$">))
ofn::Json<Code> coded(const Code& code) { return ofn::Json(code).status(201); }
OFN_ROUTE("POST /codes/{place...}", coded)
OFN_FUNCTION(lines)
OFN_FUNCTION(values)
OFN_FUNCTION(values_later)
OFN_FUNCTION(data)
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


def test_values_in_place_of_text(serve, typed, tmp_path):
    (tmp_path / "components.yaml").write_text(
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: files}\n"
        f"spec: {{type: bindings.localstorage, version: v1, metadata: [{{name: rootPath, value: {tmp_path}/data}}]}}\n"
        "---\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: kept}\n"
        "spec: {type: state.in-memory, version: v1}\n"
    )
    files = {"componentName": "files", "componentType": "bindings.localstorage", "operation": "create"}
    context = {"name": "f", "runtime": "Async", "outputs": {"files": files | {"metadata": {"fileName": "a.json"}}}}
    context["triggers"] = {"http": {}}
    flags = ("--components", tmp_path, "--local-sidecar", "on")
    server = serve(None, *flags, source=typed, function_context=context)
    lines = call(server.url, "/lines", body=b'[{"message":"a"},{"message":"b\\n"}]')
    assert lines.body == b'{"message":"a"}\n{"message":"b\\n"}\n'
    assert lines.headers["content-type"] == "application/x-ndjson"
    values = call(server.url, "/values", body=b'{"message":"x"}')
    assert values.body == b'x, none, the value of "wrong" in "kept": $: expected an object, found an array'
    assert (tmp_path / "data" / "a.json").read_bytes() == b'{"message":"x"}'
    assert call(server.url, "/values_later", body=b"y").body == b"sent"
    assert (tmp_path / "data" / "a.json").read_bytes() == b'{"message":"y"}'


EVENT = {"ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0"}


def test_data_of_events(serve, typed):
    server = serve("data", source=typed)
    answer = call(server.url, headers=EVENT | JSON, body=b'{"message":"x"}')
    assert (answer.status, answer.body) == (200, b'{"payload":{"message":"x"}}')
    assert answer.headers["content-type"] == "application/json"
    for headers, body, text in [
        (JSON, b'{"message":1}', b"$.message: expected a string, found the number 1"),
        ({"Content-Type": "text/plain"}, b"x", b"the event's data has the type text/plain: expected application/json"),
    ]:
        refused = call(server.url, headers=EVENT | headers, body=body)
        assert (refused.status, refused.body.strip()) == (400, text)


def test_a_pattern(serve, typed, program, shared_from):
    server = serve("coded", source=typed)
    assert call(server.url, "/codes/a/b", headers=JSON, body=b'{"code":"AB"}').status == 201
    refused = call(server.url, "/codes/", headers=JSON, body=b'{"code":"ab"}')
    assert (refused.status, refused.body) == (400, b"$.code: expected a string that matches ^[A-Z]{2,3}$\n")


def test_a_wrong_pattern_stops_the_start(program, shared_from):
    wrong = shared_from(
        "#include <ofn/function.h>\n#include <ofn/typed.h>\nstruct A { std::string b; };\n"
        'OFN_FIELDS(A, (b, ofn::pattern<"[">))\nvoid f(const A&) {}\nOFN_FUNCTION(f)\n'
    )
    done = program.run_to_end(["--source", wrong, "--dry-run"])
    assert done.code == 3
    assert 'f: A.b: the pattern "[" is wrong at offset 1: missing terminating ] for character class' in done.stderr


def test_openapi(serve, program, typed):
    """The document is valid by an independent judge, printed and shown."""
    printed = program.run_to_end(["--source", typed, "--print-openapi"])
    assert printed.code == 0, printed.stderr
    document = json.loads(printed.stdout)
    openapi_spec_validator.validate(document)
    assert "get" in document["paths"]["/found"]
    assert document["paths"]["/codes/{place}"]["post"]["responses"]["2XX"]["content"]
    server = serve(None, "--openapi", "/api.json", source=typed)
    shown = call(server.url, "/api.json?x", method="GET")
    assert (shown.status, shown.headers["content-type"]) == (200, "application/openapi+json")
    assert json.loads(shown.body) == document
    assert call(server.url, "/api.json", method="POST").status == 405
    assert call(server.url, "/api.json/").status == 404
