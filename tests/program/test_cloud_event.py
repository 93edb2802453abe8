"""CloudEvents in each mode of the HTTP binding; a request that is not an event gets the reason."""

import json

import pytest

from support.http_client import call

BINARY = {"ce-specversion": "1.0", "ce-id": "b1", "ce-source": "/shop", "ce-type": "order", "content-type": "text/plain"}
EVENT = {"specversion": "1.0", "id": "s1", "source": "/shop", "type": "order", "data": {"book": 1}}
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def server(program, functions):
    with program.serve(functions, "relay") as it:
        yield it


def without(fields, name):
    return {key: value for key, value in fields.items() if key != name}


def test_binary(server):
    answer = call(server.url, body=b"a \0 book", headers=BINARY)
    assert (answer.status, answer.body) == (200, b"a \0 book")
    assert {name: answer.headers["ce-" + name] for name in ("specversion", "id", "source", "type")} == {
        "specversion": "1.0",
        "id": "b1",
        "source": "/shop",
        "type": "com.example.relayed",
    }
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize("content_type", [STRUCTURED, STRUCTURED + "; charset=utf-8", "application/json"])
def test_structured(server, content_type):
    answer = call(server.url, body=json.dumps(EVENT).encode(), headers={"content-type": content_type})
    assert answer.status == 200
    assert json.loads(answer.body) == EVENT | {"type": "com.example.relayed"}
    assert answer.headers["content-type"].startswith(STRUCTURED)


def test_batch_runs_the_function_for_each(server):
    events = [EVENT | {"id": f"batch-{number}"} for number in range(3)]
    answer = call(server.url, body=json.dumps(events).encode(), headers={"content-type": BATCH})
    assert (answer.status, answer.body) == (200, b"")
    for event in events:
        server.logged("event " + event["id"])


def test_a_batch_fails_when_one_of_it_does(server):
    events = [EVENT | {"id": "c1"}, EVENT | {"id": "c2", "type": "throw"}, EVENT | {"id": "c3"}]
    answer = call(server.url, body=json.dumps(events).encode(), headers={"content-type": BATCH})
    assert answer.status == 500 and answer.headers["X-OpenFunction-Status"] == "crash"
    server.logged("event c3")


REFUSED = [
    # body, fields, status, words
    (b"x", without(BINARY, "ce-id"), 400, ["id"]),
    (b"x", without(BINARY, "ce-source"), 400, ["source"]),
    (b"x", without(BINARY, "ce-type"), 400, ["type"]),
    (b"x", without(BINARY, "ce-specversion"), 400, ["specversion"]),
    (b"x", BINARY | {"ce-specversion": "0.2"}, 400, ["specversion", "0.2"]),
    (b"x", BINARY | {"ce-id": ""}, 400, ["id"]),
    (b"x", BINARY | {"ce-time": "yesterday"}, 400, ["time", "yesterday"]),
    (b"{", {"content-type": STRUCTURED}, 400, ["JSON"]),
    (json.dumps(without(EVENT, "id")).encode(), {"content-type": STRUCTURED}, 400, ["id"]),
    (json.dumps(EVENT | {"source": 7}).encode(), {"content-type": STRUCTURED}, 400, ["source"]),
    (json.dumps([EVENT, without(EVENT, "type")]).encode(), {"content-type": BATCH}, 400, ["type"]),
    (b"<event/>", {"content-type": "application/cloudevents+xml"}, 415, ["application/cloudevents+json"]),
    (b"hello", {"content-type": "text/plain"}, 400, ["not a CloudEvent", "text/plain"]),
    (b"", {}, 400, ["not a CloudEvent"]),
]


@pytest.mark.parametrize(("body", "fields", "status", "words"), REFUSED)
def test_what_is_refused_is_told_why(server, body, fields, status, words):
    answer = call(server.url, body=body, headers=fields)
    assert answer.status == status
    assert answer.text.startswith("Bad event: ") and all(word in answer.text for word in words), answer.text
    assert answer.headers["X-OpenFunction-Status"] == "error" and answer.headers["X-Request-Id"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_events_come_by_post(server, method):
    answer = call(server.url, method=method, headers=BINARY)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
