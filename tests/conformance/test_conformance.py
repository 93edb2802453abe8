"""The protocol of the public conformance client, with the program under test and with PyPI's functions-framework."""

import json
from datetime import datetime

import pytest
from conformance.cases import CASES

from support.http_client import call, start_call

JSON = {"content-type": "application/json"}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def modern_request(event):
    """A CloudEvent in binary mode."""
    fields = {f"ce-{name}": value for name, value in event.items() if name not in ("data", "datacontenttype")}
    return {"headers": JSON | fields, "body": json.dumps(event["data"]).encode()}


def legacy_request(event):
    return {"headers": JSON, "body": json.dumps(event).encode()}


def compared(output):
    """The members that the client compares. Times are compared as points in time."""
    if "context" in output:
        return output | {"context": output["context"] | {"timestamp": instant(output["context"]["timestamp"])}}
    names = ("id", "source", "subject", "type", "datacontenttype", "data")
    return {name: output.get(name) for name in names} | {"time": instant(output["time"])}


def check(party, request, expected):
    answer = party.call(**request)
    assert answer.is_success, answer.text
    assert compared(party.output) == compared(expected)


@pytest.fixture(params=["ours", "peer"])
def party(request):
    return request.getfixturevalue(request.param)


def test_there_are_as_many_cases_as_the_client_has():
    assert len({case.name for case in CASES}) == 17


def test_http(party):
    served = party("http")
    answer = served.call(headers=JSON, body=b'{"res":"PASS"}')
    assert answer.is_success
    assert served.output == {"res": "PASS"}


def test_typed(party):
    served = party("typed")
    answer = served.call(headers=JSON, body=b'{"message":"Hello world!"}')
    assert answer.is_success
    assert json.loads(answer.body) == {"payload": {"message": "Hello world!"}}
    assert served.output is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestEvents:
    def test_cloudevent(self, party, case):
        check(party("cloudevent"), modern_request(case.sent_event), case.sent_event)

    def test_cloudevent_of_a_background_event(self, party, case):
        check(party("cloudevent"), legacy_request(case.legacy), case.modern)

    def test_background_event(self, party, case):
        check(party("legacyevent"), legacy_request(case.legacy), case.legacy_output)

    def test_background_event_of_a_cloudevent(self, party, case):
        check(party("legacyevent"), modern_request(case.sent_event), case.legacy_output_of_modern)


# The client measures durations to see whether calls run at once. Here each call waits in the function until all ten are in it.
@pytest.mark.parametrize("kind", ["http", "typed", "cloudevent", "legacyevent"])
def test_ten_calls_run_at_once(program, functions, kind):
    event = CASES[0].modern | {"id": "meet-10"}
    requests = {"http": {"body": b"meet-10"}, "typed": {"headers": JSON, "body": b'{"message":"meet-10"}'}}
    request = requests.get(kind, modern_request(event))
    with program.serve(functions, f"meet_{kind}", flags=["--timeout", "60"]) as server:
        calls = [start_call(server.url, **request) for _ in range(10)]
        assert [one.result().status for one in calls] == [200] * 10


# A structured event is one JSON object, whichever form of event the function takes.
def test_structured_events_are_converted_too(ours):
    for case in CASES:
        request = {"headers": {"content-type": "application/cloudevents+json"}, "body": json.dumps(case.sent_event).encode()}
        check(ours("cloudevent"), request, case.sent_event)
        check(ours("legacyevent"), request, case.legacy_output_of_modern)


PUSH = {
    "subscription": "projects/our-project/subscriptions/ours",
    "message": {"data": "aGk=", "messageId": "push-1", "publishTime": "2021-03-04T05:06:07.089Z", "attributes": {"a": "b"}},
}


@pytest.mark.parametrize("path", ["/", "/projects/our-project/topics/our-topic?token=1"])
def test_raw_push(ours, peer, path):
    for target in ("cloudevent", "legacyevent"):
        outputs = []
        for party in (ours(target), peer(target)):
            assert party.call(path, **legacy_request(PUSH)).is_success
            outputs.append(compared(party.output))
        assert outputs[0] == outputs[1]


def test_data_keeps_its_text(ours):
    """Numbers keep their digits and members their order, also if the event is converted."""
    data = '{"z":1.50,"a":12345678901234567890123,"metadata":{"createdAt":"1","n":1e2}}'
    legacy = json.dumps(CASES[0].legacy | {"data": None}).replace('"data": null', '"data":' + data)
    server = ours("cloudevent").server
    assert call(server.url, headers=JSON, body=legacy.encode()).is_success
    written = (ours("cloudevent")._output).read_text()
    assert data.replace("createdAt", "createTime") in written
