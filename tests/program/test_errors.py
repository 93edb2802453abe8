"""Exceptions that become answers: HttpError, BadInput and OFN_ERROR_HANDLER, across the border of the function's program."""

import json

import pytest

from support.http_client import call

THROWING = """
#include <ofn/function.h>
#include <ofn/errors.h>
#include <ofn/typed.h>

namespace {
struct Missing : std::runtime_error { using runtime_error::runtime_error; };
}
struct Order { int count = 0; };
OFN_FIELDS(Order, count)

ofn::Response missing(const Missing& error, const ofn::Request& request) {
  return ofn::Response(std::string(request.path()) + ": " + error.what() + "\\n").status(404);
}
const char* any(const std::exception&) { return "any\\n"; }
OFN_ERROR_HANDLER(any)
OFN_ERROR_HANDLER(missing)

void throws(const std::string& what) {
  if (what == "missing") throw Missing("no tea");
  if (what == "bad") throw ofn::BadInput("name an item");
  if (what == "http") throw ofn::HttpError(409, "taken", {{"Retry-After", "7"}});
  if (what == "other") throw std::logic_error("x");
  if (what == "memory") throw std::bad_alloc();
  if (what == "number") throw 42;
}
std::string plain(const ofn::Request& request) { throws(*request.query("what")); return "returned"; }
ofn::task<std::string> later(ofn::Request request) {
  const bool slept = co_await ofn::sleep_for(std::chrono::milliseconds(1));
  if (slept) throws(*request.query("what"));
  co_return "returned";
}
Order typed(const ofn::Request& request, const Order& order) { throws(*request.query("what")); return order; }
void event(ofn::Context& context, const ofn::CloudEvent&) { throws(*context.request()->query("what")); }
void pieces(const ofn::Request& request, ofn::Writer& writer) { writer.header("x", "y"); throws(*request.query("what")); writer.write("p"); }
OFN_FUNCTION(plain)
OFN_FUNCTION(later)
OFN_FUNCTION(typed)
OFN_FUNCTION(event)
OFN_FUNCTION(pieces)
"""
EVENT = {"ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0", "content-type": "application/json"}


@pytest.fixture(scope="module")
def throwing(program, shared_from):
    server = program.serve(shared_from(THROWING), None)
    yield server
    server.process.end()


ANSWERS = [
    # what is thrown, the status, the text, X-OpenFunction-Status
    ("missing", 404, "/{}: no tea\n", "error"),
    ("bad", 400, "name an item\n", "error"),
    ("http", 409, "taken\n", "error"),
    ("other", 200, "any\n", "success"),
    ("memory", 503, "Not enough memory", "error"),
    ("number", 500, "The function crashed", "crash"),
]


@pytest.mark.parametrize("function", ["plain", "later", "typed", "event", "pieces"])
@pytest.mark.parametrize(("what", "status", "text", "verdict"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_what_is_thrown_is_answered(throwing, function, what, status, text, verdict):
    answer = call(throwing.url, f"/{function}?what={what}", headers=EVENT, body=b'{"count":1}')
    assert answer.status == status
    assert answer.body.decode().startswith(text.format(function))
    assert answer.headers["x-openfunction-status"] == verdict
    assert answer.headers.get("retry-after") == {"http": "7", "memory": "1"}.get(what)


@pytest.mark.parametrize("function", ["plain", "later", "typed", "event"])
@pytest.mark.parametrize(("what", "status", "detail"), [("bad", 400, "name an item"), ("http", 409, "taken")])
def test_a_client_of_json_gets_a_problem(throwing, function, what, status, detail):
    answer = call(throwing.url, f"/{function}?what={what}", headers=EVENT | {"accept": "application/json"}, body=b'{"count":1}')
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert (problem["status"], problem["detail"]) == (status, detail)


def test_two_handlers_for_a_type_stop_the_load(program, shared_from):
    source = shared_from(
        "#include <ofn/function.h>\n#include <ofn/errors.h>\nstruct E {};\n"
        'const char* a(const E&) { return ""; }\nconst char* b(const E&) { return ""; }\n'
        'OFN_ERROR_HANDLER(a)\nOFN_ERROR_HANDLER(b)\nconst char* hello() { return ""; }\nOFN_FUNCTION(hello)\n')
    for flags in ([], ["--dry-run"]):
        done = program.run_to_end(["--source", source, *flags], {})
        assert done.code == 3
        assert "two error handlers are registered for the type 'E': a (" in done.stderr
        assert ":6) and b (" in done.stderr
