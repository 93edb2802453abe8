"""Service invocation, jobs and sends of many items, through a real daprd and a real scheduler, with an app over gRPC and over HTTP."""

import json
from pathlib import Path

import grpc
import pytest
from dapr.proto.common.v1 import common_pb2
from dapr.proto.runtime.v1 import appcallback_pb2_grpc
from google.rpc import error_details_pb2, status_pb2

from support.http_client import call
from support.ports import reserve_port
from support.program import binding, context, topic
from support.scheduler import Scheduler
from support.sidecars import named_daprd
from support.waiting import until


SOURCE = Path(__file__).with_name("invocation_functions.cc")

class Party:
    """The functions, and their sidecar."""

    def __init__(self, server, sidecar):
        self.server, self.sidecar = server, sidecar
        self.url = server.url

    def invoke(self, method, verb="POST", body=b"", **headers):
        """As another app would over daprd's HTTP API."""
        return call(
            f"http://127.0.0.1:{self.sidecar.http_port}/",
            f"/v1.0/invoke/contract/method/{method}",
            method=verb,
            body=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def ask(self, path, verb="POST", body=b""):
        """Calls the function directly."""
        return call(self.url, path, method=verb, body=body)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    with Scheduler(tmp_path_factory.mktemp("scheduler")) as it:
        yield it


@pytest.fixture(scope="module", params=["grpc", "http"])
def party(request, program, scheduler, tmp_path_factory):
    folder = tmp_path_factory.mktemp("invocation")
    port = reserve_port()
    flags = ["--scheduler-host-address", scheduler.address]
    # Over gRPC daprd sends the token with invocations, but not with jobs.
    token = "secret" if request.param == "http" else None
    with named_daprd("contract", folder / "sidecar", port, flags, app_protocol=request.param, app_token=token) as sidecar:
        outputs = (topic("events"), binding("archive"), topic("missing", component="nothing"))
        environment = sidecar.environment | {"APP_PROTOCOL": request.param}
        # With Async only what the functions themselves send goes to the outputs.
        document = context(outputs, runtime="Async", triggers={"http": {}})
        with program.serve(SOURCE, None, document, environment, port=port) as server:
            sidecar.start()
            it = Party(server, sidecar)
            it.protocol = request.param
            yield it


# --- service invocation --------------------------------------------------------------------------


def echoed(answer):
    head, _, body = answer.body.partition(b"\n\n")
    line, *fields = head.decode().split("\n")
    pairs = (field.split(": ", 1) for field in fields)
    return line, {name.lower(): value for name, value in pairs}, body


@pytest.mark.parametrize(
    ("verb", "path", "target"),
    [
        ("POST", "echo/a", "/echo/a"),
        ("GET", "echo/a?b=1&c=%20", "/echo/a?b=1&c=%20"),
        ("PUT", "echo/a%20b/%C3%A9", "/echo/a%20b/%C3%A9"),
        ("DELETE", "echo/x/y/", "/echo/x/y/"),
        ("PATCH", "echo/", "/echo/"),
    ],
)
def test_an_invocation_is_a_request(party, verb, path, target):
    sent = b"" if verb == "GET" else b"\0\xff"
    answer = party.invoke(path, verb, sent, content_type="a/b", x_own="7", cookie="a=b", accept="text/x")
    line, fields, body = echoed(answer)
    assert (line, body) == (f"{verb} {target}", sent)
    assert {"x-own": "7", "cookie": "a=b", "accept": "text/x", "content-type": "a/b"}.items() <= fields.items()
    assert fields["traceparent"]
    assert answer.headers["x-own"] == "1"
    assert answer.headers["content-type"] == "text/x-echo"
    # A gRPC app has no status of HTTP to give.
    assert answer.status == (201 if party.protocol == "http" else 200)
    assert answer.headers.get("ofn-http-status", "201") == "201"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 418, 429, 500, 501, 503])
def test_a_failure_keeps_its_status(party, status):
    answer = party.invoke(f"answer/{status}")
    if party.protocol == "http":
        assert (answer.status, answer.text) == (status, "no such order\n")
        return
    assert answer.status == {418: 400}.get(status, status)
    said = json.loads(answer.body)
    assert said["message"] == "no such order"
    assert said["details"][0]["metadata"] == {"http.code": str(status), "http.error_message": "no such order\n"}
    assert answer.headers["x-own"] == "1"


def test_an_unknown_method_is_not_found(party):
    assert party.invoke("nothing").status == 404
    assert party.invoke("job/x", "GET").status == (405 if party.protocol == "http" else 400)


def test_the_other_signatures(party):
    event = {"specversion": "1.0", "id": "7", "source": "/a", "type": "t", "data": "x", "datacontenttype": "text/plain"}
    answer = party.invoke("event", body=json.dumps(event).encode(), content_type="application/cloudevents+json")
    assert answer.status == 200, answer.text
    assert json.loads(answer.body)["id"] == "7-answer"
    answer = party.invoke("event", body=b"x", ce_id="8", ce_source="/a", ce_type="t", ce_specversion="1.0", content_type="text/plain")
    assert (answer.body, answer.headers["ce-id"]) == (b"got x", "8-answer")
    assert party.invoke("plain", body=b"x", content_type="a/b").text == "a/b: x"
    assert party.invoke("pieces?count=3&size=2").text == "xxxxxx"


def test_a_function_calls_a_function(party):
    line, fields, body = echoed(party.ask("/relay?app=contract&method=echo/a", body=b"hello"))
    assert (line, body) == ("PUT /echo/a?q=1", b"hello")
    assert fields["content-type"] == "text/plain"
    assert fields["traceparent"]
    answer = party.ask("/relay?app=contract&method=answer/404")
    assert (answer.status, answer.text.partition(":")[0]) == (502, "NOT_FOUND")


def test_large_invocations(party):
    answer = party.invoke("echo/a", body=b"x" * 3_000_000)
    assert answer.body.endswith(b"x" * 3_000_000)
    # gRPC's limit for messages is daprd's.
    assert party.invoke("pieces?count=5000&size=1000").status == (200 if party.protocol == "http" else 429)


# --- who may call --------------------------------------------------------------------------------


@pytest.fixture
def serve_alone(program, port):
    """serve_alone(document, environment): the functions without a sidecar; returns a stub of the app."""
    stack = []

    def serve(target, document, **environment):
        server = program.serve(SOURCE, target, document, {"DAPR_GRPC_PORT": "9"} | environment)
        channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
        stack.extend([server.process.end, channel.close])
        return server, channel

    yield serve
    for end in reversed(stack):
        end()


def invoke(channel, method="echo/a", timeout=20, metadata=(), **extension):
    request = common_pb2.InvokeRequest(method=method, http_extension=common_pb2.HTTPExtension(**extension))
    try:
        answer, call_of_it = appcallback_pb2_grpc.AppCallbackStub(channel).OnInvoke.with_call(request, timeout=timeout, metadata=metadata)
        return "OK", answer.data.value.decode(), dict(call_of_it.initial_metadata())
    except grpc.RpcError as error:
        return error.code().name, error.details(), error


TRIGGERS = {"inputs": {"tick": {"componentName": "tick", "componentType": "bindings.cron"}}}


@pytest.mark.parametrize(
    ("name", "environment", "metadata", "expected"),
    [
        ("this machine", {}, (), "OK"),
        ("switched off", {"OFN_DAPR_INVOCATION": "off"}, (), "UNIMPLEMENTED"),
        ("the app speaks HTTP", {"APP_PROTOCOL": "http"}, (), "UNIMPLEMENTED"),
        ("a token", {"APP_API_TOKEN": "t"}, (("dapr-api-token", "t"),), "OK"),
        ("no token", {"APP_API_TOKEN": "t"}, (), "UNAUTHENTICATED"),
        ("a wrong token", {"APP_API_TOKEN": "t"}, (("dapr-api-token", "T"),), "UNAUTHENTICATED"),
    ],
)
def test_who_may_invoke(serve_alone, name, environment, metadata, expected):
    _, channel = serve_alone(None, None, **environment)
    code, words, _ = invoke(channel, metadata=metadata)
    assert code == expected
    if code == "UNIMPLEMENTED":
        assert words in ("--dapr-invocation is off", "APP_PROTOCOL is http, so the sidecar must call over HTTP")


def test_triggers_alone_serve_no_requests(serve_alone):
    _, channel = serve_alone("plain", context((), runtime="Async", **TRIGGERS))
    code, words, _ = invoke(channel)
    assert code == "UNIMPLEMENTED"
    assert "triggers.http" in words


def test_the_details_are_googles(serve_alone):
    _, channel = serve_alone(None, None)
    _, _, error = invoke(channel, "answer/409")
    [details] = [value for name, value in error.trailing_metadata() if name == "grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message, info.reason, info.domain) == (10, "no such order", "Conflict", "dapr.io")


def test_daprd_sends_its_token(program, tmp_path, port):
    with named_daprd("contract", tmp_path / "sidecar", port, app_token="secret") as sidecar:
        with program.serve(SOURCE, None, context(()), {"APP_API_TOKEN": "secret"}, port=port) as server:
            sidecar.start()
            answer = Party(server, sidecar).invoke("echo/a")
            assert answer.status == 200
            assert b"secret" not in answer.body


# --- jobs ----------------------------------------------------------------------------------------


def came(party, name):
    return party.ask(f"/jobs/{name}", "GET").text.splitlines()


@pytest.mark.parametrize("path", ["schedule", "schedule-async"])
def test_a_job_calls_the_function(party, path):
    name = f"once-{path}"
    answer = party.ask(f"/{path}/{name}?due=0s", body=b'{"a": 1}')
    assert answer.text == "done"
    until(lambda: came(party, name), "the job")
    assert came(party, name) == ['application/json: {"a": 1}']


def test_a_job_is_kept_until_it_is_deleted(party):
    assert party.ask("/schedule/daily?schedule=@daily&repeats=3", body=b"x").text == "done"
    assert party.ask("/schedule/daily", "GET").text == "daily @daily  3 x"
    again = party.ask("/schedule/daily?schedule=@hourly")
    assert again.status == 502 and again.text.startswith("ALREADY_EXISTS"), again.text
    assert party.ask("/schedule/daily?schedule=@hourly&overwrite=1").text == "done"
    assert party.ask("/schedule/daily", "GET").text == "daily @hourly  0 "
    assert party.ask("/schedule/daily", "DELETE").text == "done"
    assert party.ask("/schedule/daily", "DELETE").text == "done"
    assert party.ask("/schedule/daily", "GET").status == 502


def test_a_job_that_fails_comes_again(party):
    assert party.ask("/schedule/failing?due=0s&retries=2", body=b"2 times").text == "done"
    until(lambda: len(came(party, "failing")) == 3, "three calls")


def test_a_job_of_daprs_http_api(party):
    job = json.dumps({"data": {"b": 1, "a": "x"}, "dueTime": "0s"}).encode()
    answer = call(
        f"http://127.0.0.1:{party.sidecar.http_port}/",
        "/v1.0-alpha1/jobs/by-http",
        body=job,
        headers={"content-type": "application/json"},
    )
    assert answer.is_success, answer.text
    until(lambda: came(party, "by-http"), "the job")
    type, _, text = came(party, "by-http")[0].partition(": ")
    assert (type, json.loads(text)) == ("application/json", {"a": "x", "b": 1})


def test_what_is_wrong_with_a_job(party):
    for path, words in [
        ("/schedule/x", "INVALID_ARGUMENT: the job 'x' needs a schedule or a due time, or both"),
        ("/schedule/x?schedule=never", "expected"),
    ]:
        answer = party.ask(path)
        assert answer.status == 502
        assert words in answer.text


# --- many items ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["send", "send-async"])
def test_many_items(party, path):
    assert party.ask(f"/{path}/events", body=b"a\nb\nc").text == "sent\n" * 3
    assert party.ask(f"/{path}/archive", body=b"%one\n%two").text == "sent\n" * 2
    assert {b"%one", b"%two"} <= set(party.sidecar.landed("archive"))
    assert party.ask(f"/{path}/missing", body=b"a\nb").text.count("INVALID_ARGUMENT") == 2
    assert "NOT_FOUND: no output is named" in party.ask(f"/{path}/typo", body=b"a").text
    assert party.ask(f"/{path}/events", body=b"").text == ""
