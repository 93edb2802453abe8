"""Requests to which PyPI's functions-framework and the program under test give different answers: each row is asserted for both."""

import json
from dataclasses import dataclass

import pytest
from conformance.cases import CASES

JSON = {"content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
BINARY = JSON | {f"ce-{name}": value for name, value in EVENT.items()}
USER = CASES[0]
OF_USER = JSON | {f"ce-{name}": USER.modern[name] for name in ("specversion", "id", "source", "type", "time", "subject")}
OF_FILE = OF_USER | {
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/b",
    "ce-subject": "objects/a",
}
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


def text(value):
    return json.dumps(value).encode()


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


@dataclass(frozen=True)
class Answer:
    """The expected answer of one of the two programs."""

    status: int
    words: str = ""  # a part of the body
    empty: bool = False  # True if there is no body
    ran: bool = False  # True if the function was called
    type: str | None = None  # the content type; None means any
    crash: bool = False  # True if X-Google-Status says so
    allow: frozenset = frozenset()


OK = Answer(200, "OK", ran=True)
QUIET = Answer(200, empty=True, ran=True)
CRASH = Answer(500, crash=True)


@dataclass(frozen=True)
class Row:
    about: str
    target: str
    body: bytes
    headers: dict
    ours: Answer
    peer: Answer
    path: str = "/"
    method: str = "POST"


def cloudevent(about, body, headers, ours, peer, **others):
    return Row(about, "cloudevent", body, headers, ours, peer, **others)


def legacyevent(about, body, headers, ours, peer, **others):
    return Row(about, "legacyevent", body, headers, ours, peer, **others)


ROWS = [
    # Our answers are texts for programs; the peer's are pages for browsers. Our successes have no body, because an eventing broker takes a
    # body that is not an event for a failure.
    cloudevent("a success", b"{}", BINARY, QUIET, Answer(200, "OK", ran=True, type=HTML)),
    legacyevent("a success", text(USER.legacy), JSON, QUIET, Answer(200, "OK", ran=True, type=HTML)),
    cloudevent("an event as application/json", text(EVENT), JSON, QUIET, OK),
    Row(
        "a string is text",
        "http",
        b"{}",
        {},
        Answer(200, "OK", ran=True, type=TEXT),
        Answer(200, "OK", ran=True, type=HTML),
    ),
    # Both refuse the request; our answer has the reason.
    cloudevent("no JSON", b"{", STRUCTURED, Answer(400, "is not JSON: error at byte 2"), Answer(400, "<h1>Bad Request")),
    cloudevent(
        "no JSON, as application/json",
        b"{",
        JSON,
        Answer(400, "not a background event: the body is not JSON"),
        Answer(400, "<h1>Bad Request"),
    ),
    legacyevent("no JSON", b"{", JSON, Answer(400, "not a background event: the body is not JSON"), Answer(400, "<h1>Bad")),
    legacyevent("null", b"null", JSON, Answer(400, "the body is not a JSON object"), Answer(400, "<h1>Bad")),
    legacyevent("nothing", b"{}", JSON, Answer(400, 'member "eventId": expected a string, found none'), Answer(400, "<h1>Bad")),
    cloudevent(
        "an attribute is missing",
        b"{}",
        without(BINARY, "ce-id"),
        Answer(400, 'Bad event: attribute "id": expected a value that is not empty, found none\n', type=TEXT),
        Answer(400, "Got HTTP headers: ", type=HTML),  # lists all of them, and the body
    ),
    cloudevent(
        "another version",
        b"{}",
        BINARY | {"ce-specversion": "0.9"},
        Answer(400, 'attribute "specversion": expected "1.0", found "0.9"'),
        Answer(400, "Got HTTP headers: "),
    ),
    # The status differs: our answer is 400 for a request that cannot be read. It is 415 only for unsupported formats of events.
    cloudevent("no body and no type", b"", {}, Answer(400, "the content type is absent"), Answer(415)),
    legacyevent("no body and no type", b"", {}, Answer(400, "the content type is absent"), Answer(415)),
    # We accept these requests, the peer does not.
    cloudevent("a batch", text([EVENT]), BATCH, QUIET, CRASH),
    cloudevent(
        "an unknown member of context", text(USER.legacy | {"context": USER.context | {"x": 1}}), JSON, QUIET, CRASH
    ),
    legacyevent(
        "an unknown member of context", text(USER.legacy | {"context": USER.context | {"x": 1}}), JSON, QUIET, CRASH
    ),
    # The peer accepts these requests, we do not: they break a rule of CloudEvents, or are not events.
    cloudevent("an invalid time", b"{}", BINARY | {"ce-time": "yesterday"}, Answer(400, 'attribute "time"'), OK),
    cloudevent("a source that is not a URI", b"{}", BINARY | {"ce-source": "a b"}, Answer(400, 'attribute "source"'), OK),
    cloudevent(
        "an event in another type", text(EVENT), {"content-type": "text/plain"}, Answer(400, 'the content type is "text/plain"'), OK
    ),
    legacyevent("no context", text({"data": {}}), JSON, Answer(400, 'member "eventId"'), OK),
    legacyevent("no data", text({"context": USER.context}), JSON, Answer(400, 'member "data"'), OK),
    legacyevent(
        "a source of another service",
        text(USER.modern["data"]),
        OF_USER | {"ce-source": "//pubsub.googleapis.com/x"},
        Answer(400, 'attribute "source": expected "//firebaseauth.googleapis.com/'),
        OK,
    ),
    cloudevent("a path without a function", b"{}", BINARY, Answer(404), OK, path="/robots.txt"),
    legacyevent("a path without a function", text(USER.legacy), JSON, Answer(404), OK, path="/favicon.ico"),
    # A mistake of the sender does not count as a crash of the function.
    legacyevent(
        "an invalid source",
        text(USER.modern["data"]),
        OF_USER | {"ce-source": "nonsense"},
        Answer(400, 'attribute "source"'),
        CRASH,
    ),
    legacyevent("a file without a kind", b"{}", OF_FILE, Answer(400, 'data: member "kind"'), CRASH),
    legacyevent("a CloudEvent of another type", b"{}", BINARY, Answer(400, 'attribute "type"'), CRASH),
    # Allow lists only the methods that the function is for.
    legacyevent("a method", b"", {}, Answer(405, allow={"POST"}), Answer(405, allow={"GET", "HEAD", "POST"}), method="PUT"),
]
# Requests that both answer alike, besides the conformance cases.
ALIKE = [
    cloudevent("GET", b"", {}, Answer(405, allow={"POST"}), Answer(405, allow={"POST"}), method="GET"),
    cloudevent("a format of events", b"<e/>", {"content-type": "application/cloudevents+xml"}, Answer(415), Answer(415)),
    legacyevent("GET /", b"", {}, Answer(200), Answer(200), method="GET"),
    legacyevent("GET /x", b"", {}, Answer(405, allow={"POST"}), Answer(405, allow={"POST"}), method="GET", path="/x"),
    cloudevent(
        "an unknown type of event",
        text(USER.legacy | {"context": USER.context | {"eventType": "no.such"}}),
        JSON,
        Answer(400, "no.such"),
        Answer(400, "no.such"),
    ),
    Row("an unknown method", "http", b"{}", {}, OK, OK, method="BREW"),
    Row("a path without a function", "http", b"", {}, Answer(404), Answer(404), method="GET", path="/robots.txt"),
    Row("a path that only looks like it", "http", b"{}", {}, OK, OK, path="/robots.txt/"),
]


@pytest.mark.parametrize("row", ROWS + ALIKE, ids=lambda row: f"{row.target}: {row.about}")
@pytest.mark.parametrize("who", ["ours", "peer"])
def test_answer(request, row, who):
    party = request.getfixturevalue(who)(row.target)
    expected = getattr(row, who)
    answer = party.call(row.path, method=row.method, body=row.body, headers=row.headers)
    assert answer.status == expected.status, answer.text
    assert expected.words in answer.text
    assert not (expected.empty and answer.body)
    assert (party.output is not None) == expected.ran
    assert expected.type in (None, answer.headers["content-type"])
    assert (answer.headers["X-Google-Status"] == "crash") == expected.crash
    assert set((answer.headers["Allow"] or "").replace(",", " ").split()) == expected.allow


def test_every_row_is_a_difference():
    for row in ROWS:
        assert row.ours != row.peer, row.about
    for row in ALIKE:
        assert row.ours == row.peer, row.about


def written(party, **request):
    assert party.call(**request).is_success
    return party.output


def test_what_a_function_sees_of_the_same_event(ours, peer):
    subject = {"headers": BINARY | {"ce-subject": "a%20b"}, "body": b"{}"}
    assert written(ours("cloudevent"), **subject)["subject"] == "a b"
    assert written(peer("cloudevent"), **subject)["subject"] == "a%20b"

    # Our function sees a time only if the sender has set one.
    timeless = {"headers": STRUCTURED, "body": text(EVENT)}
    assert "time" not in written(ours("cloudevent"), **timeless)
    assert "time" in written(peer("cloudevent"), **timeless)

    # The peer gives a structured CloudEvent to a background function as data with an empty context.
    structured = {"headers": STRUCTURED, "body": text(USER.modern)}
    assert written(ours("legacyevent"), **structured)["context"]["eventId"] == USER.context["eventId"]
    assert written(peer("legacyevent"), **structured)["context"]["eventId"] == ""

    # Pub/Sub sends a push that has only attributes without data.
    bare = {"headers": JSON, "body": text({"subscription": "s", "message": {"messageId": "7", "attributes": {"a": "b"}}})}
    assert written(ours("legacyevent"), **bare)["context"]["eventId"] == "7"
    assert written(peer("legacyevent"), **bare)["context"]["eventId"] == ""


def test_failures(ours, peer):
    """Our answer has the request's id, the peer's is a page."""
    for party, status in ((ours("throws"), "crash"), (peer("throws"), None)):
        answer = party.call(body=b"{}")
        assert (answer.status, answer.headers["X-Google-Status"]) == (500, "crash")
        assert answer.headers["X-OpenFunction-Status"] == status
        assert "the secret" not in answer.text
