"""Each refused or failed call is a line of the log: the request id, the function and the reason, without the payload."""

import json
import re

import pytest

from support.http_client import Caller, call
from support.program import binding, context
from support.raw import Raw

_SOURCE = """
#include <ofn/function.h>
#include <ofn/typed.h>

ofn::Response returns(const ofn::Request& request) {
  return ofn::Response("the secret of the answer").status(std::stoi(std::string(request.query("status").value_or("500"))));
}
void takes_event(const ofn::CloudEvent&) {}
ofn::Out out(ofn::Context&, ofn::Bytes) { return ofn::Out("the secret of the answer").code(500); }
std::string sends(ofn::Context& context, ofn::Bytes) {
  (void)context.send("nowhere", "the secret of the payload");
  return "ok";
}
struct Order {
  int count = 0;
};
OFN_FIELDS(Order, count)
int typed(const Order& order) { return order.count; }

OFN_FUNCTION(returns)
OFN_FUNCTION(takes_event)
OFN_FUNCTION(out)
OFN_FUNCTION(sends)
OFN_FUNCTION(typed)
"""

_MORE = re.compile(r"^(\d+) more like this$")


@pytest.fixture(scope="module")
def served(program, shared_from):
    with program.serve(shared_from(_SOURCE), None) as server:
        yield server


CASES = [
    # path, request, status, message, other fields of the line
    ("/returns?status=500", {}, 500, "function failed", {"function": "returns", "status": 500}),
    ("/returns?status=503", {}, 503, "function failed", {"function": "returns", "status": 503}),
    ("/out", {}, 500, "function failed", {"function": "out", "status": 500}),
    ("/takes_event", {"body": b'{"secret":1}'}, 400, "event refused", {"function": "takes_event", "status": 400}),
    (
        "/typed",
        {"body": b'{"count":"the secret"}', "headers": {"Content-Type": "application/json"}},
        400,
        "argument refused",
        {"function": "typed", "status": 400},
    ),
    ("/typed", {"body": b"secret", "headers": {"Content-Type": "text/csv"}}, 415, "argument refused", {"status": 415}),
]


@pytest.mark.parametrize(("path", "request_", "status", "message", "fields"), CASES)
def test_a_failed_call_is_one_warning(served, path, request_, status, message, fields):
    name = f"{message} {status} {path}".replace(" ", "-").replace("?", "-")
    headers = {"X-Request-Id": name, **request_.get("headers", {})}
    assert call(served.url, path, **(request_ | {"headers": headers})).status == status
    record = json.loads(served.logged(name))
    assert (record["level"], record["message"], record["request_id"]) == ("warning", message, name)
    assert record | fields == record and record["reason"]
    assert "secret" not in json.dumps(record)
    assert sum(name in line for line in served.process.output.splitlines()) == 1


def test_an_unknown_output_is_a_warning(program, shared_from, tmp_path):
    with program.serve(shared_from(_SOURCE), "sends", context([binding("archive")]), {"DAPR_GRPC_PORT": "1"}) as server:
        call(server.url, headers={"X-Request-Id": "asked"})
        record = json.loads(server.logged("no such output"))
        assert (record["level"], record["request_id"], record["output"]) == ("warning", "asked", "nowhere")
        assert "archive" in record["known"] and "secret" not in server.process.output


def test_what_is_refused_as_http_is_told(served):
    with Raw(served.port) as raw:
        raw.send(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n")
        assert raw.answer().status == 400
    record = json.loads(served.logged("request refused"))
    assert (record["level"], record["status"]) == ("info", 400) and record["reason"]


def test_a_function_that_says_404_is_no_warning(served):
    assert call(served.url, "/returns?status=404", headers={"X-Request-Id": "not-there"}).status == 404
    assert call(served.url, "/returns?status=500", headers={"X-Request-Id": "behind-it"}).status == 500
    served.logged("behind-it")
    assert "not-there" not in served.process.output


def test_many_of_a_kind_are_counted(program, shared_from):
    """Each failure is written or counted, no matter when a time window ends."""
    calls = 200
    with program.serve(shared_from(_SOURCE), None) as server:
        with Caller(server.url) as caller:
            for _ in range(calls):
                assert caller.call("/returns?status=500").status == 500
        assert call(server.url, "/out").status == 500
        server.process.terminate()
        assert server.process.exit_code() == 0
        records = [json.loads(line) for line in server.process.output.splitlines() if line.startswith("{")]
    written = sum(each["message"] == "function failed" and each["function"] == "returns" for each in records)
    counted = sum(
        int(found[1]) for each in records if (found := _MORE.match(each["message"])) and each["function"] == "returns"
    )
    assert written + counted == calls and written < calls
    assert any(each["message"] == "function failed" and each["function"] == "out" for each in records), "another kind"
