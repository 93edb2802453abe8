"""A function behind an eventing broker: the meaning of its answers, with the official Go SDK."""

import json
import subprocess

import pytest

from support.http_client import call
from support.tools import tool

FUNCTIONS = """
#include <iostream>
#include <optional>
#include <stdexcept>
#include <ofn/function.h>
#include <ofn/typed.h>

namespace {
// Writes a line with the event that the function got.
void show(const ofn::CloudEvent& event) {
  std::cerr << "event " + event.id() + " subject=" + event.subject().value_or("") + " source=" + event.source() +
                   " schema=" + event.dataschema().value_or("") + " data=" + event.data().value_or("") + "\\n";
}
}  // namespace

void takes(const ofn::CloudEvent& event) { show(event); }
ofn::task<void> takes_later(ofn::CloudEvent event) { show(event); co_return; }
ofn::CloudEvent replies(ofn::CloudEvent event) { return event.type("com.example.reply").source("/reply"); }
std::optional<ofn::CloudEvent> may_reply(const ofn::CloudEvent& event) {
  if (event.id() == "reply") return event;
  return std::nullopt;
}
void background(const ofn::EventData&, const ofn::EventContext&) {}
void fails(const ofn::CloudEvent&) { throw std::runtime_error("the secret"); }
void refuses(const ofn::CloudEvent& event) { throw ofn::BadInput("the order " + event.id() + " has no items"); }
std::string answers(const ofn::Request&) { return "OK"; }
std::string quiet(const ofn::Request&) { return ""; }
struct Order { int count = 0; };
OFN_FIELDS(Order, count)
void typed(const Order&) {}
ofn::Out out(ofn::Context&, ofn::Bytes) { return ofn::Out::success(); }

OFN_FUNCTION(takes)
OFN_FUNCTION(takes_later)
OFN_FUNCTION(replies)
OFN_FUNCTION(may_reply)
OFN_FUNCTION(background)
OFN_FUNCTION(fails)
OFN_FUNCTION(refuses)
OFN_FUNCTION(answers)
OFN_FUNCTION(quiet)
OFN_FUNCTION(typed)
OFN_FUNCTION(out)
"""
MODES = ["binary", "structured", "batch"]


@pytest.fixture(scope="module")
def served(program, shared_from):
    """One server with all functions, each at the path of its name."""
    with program.serve(shared_from(FUNCTIONS), None) as server:
        yield server


@pytest.fixture(scope="module")
def broker(served):
    """broker(function, mode, *events): the outcome of the delivery."""

    def deliver(function, mode, *events):
        line = json.dumps({"mode": mode, "events": events}) + "\n"
        command = [tool("broker"), "-target", served.url + function]
        done = subprocess.run(command, input=line, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return deliver


def event(id="1", **more):
    return {"specversion": "1.0", "id": id, "source": "/shop", "type": "com.example.order", "datacontenttype": "application/json", "data": {"count": 1}} | more


def user_created(id="1"):
    return event(id, type="google.firebase.auth.user.v1.created", source="//firebaseauth.googleapis.com/projects/p", data={"uid": "u"})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("function", ["takes", "takes_later", "may_reply"])
def test_what_replies_nothing_is_delivered_at_once(broker, served, function, mode):
    answer = broker(function, mode, event(f"{function}-{mode}"))
    assert answer == {"result": "delivered", "statuses": [200]}


@pytest.mark.parametrize("mode", MODES)
def test_a_function_of_background_events(broker, mode):
    assert broker("background", mode, user_created()) == {"result": "delivered", "statuses": [200]}


@pytest.mark.parametrize("function", ["typed", "out", "quiet"])
def test_other_functions_whose_answer_is_empty(broker, function):
    assert broker(function, "binary", event())["result"] == "delivered"


def test_a_body_that_is_no_event_is_a_failure(broker):
    """So an http function behind a broker must return nothing."""
    answer = broker("answers", "binary", event())
    assert (answer["result"], answer["statuses"]) == ("dead", [200] * 3)


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_a_reply_goes_on(broker, mode):
    answer = broker("replies", mode, event("7", subject="100% done", myext="a b"))
    assert (answer["result"], answer["statuses"]) == ("replied", [200])
    assert answer["reply"]["id"] == "7" and answer["reply"]["type"] == "com.example.reply"
    assert answer["reply"]["data"] == {"count": 1}
    assert broker("may_reply", mode, event("reply"))["result"] == "replied"


def test_the_replies_of_a_batch_are_for_outputs_only(broker):
    assert broker("replies", "batch", event("1"), event("2")) == {"result": "delivered", "statuses": [200]}


@pytest.mark.parametrize("mode", MODES)
def test_a_failure_is_tried_again(broker, mode):
    answer = broker("fails", mode, event())
    assert (answer["result"], answer["statuses"]) == ("dead", [500] * 3)
    assert "secret" not in answer["why"]


@pytest.mark.parametrize("mode", MODES)
def test_bad_input_goes_to_the_dead_letters_at_once(broker, mode):
    answer = broker("refuses", mode, event("13"))
    assert (answer["result"], answer["statuses"]) == ("dead", [400])
    assert "the order 13 has no items" in answer["why"]


VALUES = {
    "percent": {"subject": "100% done"},
    "quote": {"subject": '"'},
    "quotes inside": {"subject": 'a "b" c'},
    "unfinished escape": {"subject": "50%2"},
    "backslash": {"subject": "C:\\temp"},
    "a source with escapes": {"source": "/a%20b"},
    "a schema with escapes": {"dataschema": "http://example.com/a%20b"},
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", VALUES)
def test_attributes_arrive_as_they_were_sent(broker, served, name, mode):
    id = f"{name}-{mode}"
    assert broker("takes", mode, event(id, **VALUES[name]))["result"] == "delivered"
    (value,) = VALUES[name].values()
    served.logged(f"event {id} ", f"={value} ")


@pytest.mark.parametrize("mode", MODES)
def test_events_of_version_0_3(broker, served, mode):
    sent = event(f"old-{mode}", specversion="0.3", schemaurl="http://example.com/s")
    assert broker("takes", mode, sent)["result"] == "delivered"
    served.logged(f"event old-{mode} ", "schema=http://example.com/s ", '{"count":')


def test_a_sender_asks_before_it_delivers(served):
    asked = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    for function in ("takes", "background"):
        answer = call(served.url, "/" + function, method="OPTIONS", headers=asked)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Allow"] == "POST"
        assert answer.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
        assert answer.headers["WebHook-Allowed-Rate"] == "*"
        assert call(served.url, "/" + function, method="OPTIONS").status == 405
    # A function of requests answers OPTIONS itself.
    answer = call(served.url, "/answers", method="OPTIONS", headers=asked)
    assert answer.text == "OK" and answer.headers["WebHook-Allowed-Origin"] is None
