"""Settings of component files, subscriptions and calls, compared with the real daprd: treated in the same way, or refused by name."""

import contextlib
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from dapr.proto.runtime.v1 import appcallback_pb2 as callbacks
from dapr.proto.runtime.v1 import dapr_pb2
from google.protobuf import json_format

from support.app import App
from support.mosquitto import Mosquitto
from support.redis import Redis
from support.sidecars import Daprd, LocalSidecar, write_component
from support.waiting import PATIENCE, until


@pytest.fixture(params=["local", "daprd"])
def sidecar_of(request, program, tmp_path):
    """sidecar_of(app_port=…): a sidecar that has yet to start."""
    with contextlib.ExitStack() as stack:

        def make(**options):
            folder = tmp_path / "sidecar"
            made = LocalSidecar(program, folder, **options) if request.param == "local" else Daprd(folder, **options)
            return stack.enter_context(made)

        yield make


def publish(sidecar, topic, data=b"x", type="text/plain", component="events", **metadata):
    request = dapr_pb2.PublishEventRequest(
        pubsub_name=component, topic=topic, data=data, data_content_type=type, metadata=metadata
    )
    with sidecar.stub() as stub:
        try:
            stub.PublishEvent(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            return error.code().name, error.details()
    return "OK", ""


def topic(name, component="events", **options):
    return callbacks.TopicSubscription(pubsub_name=component, topic=name, **options)


def first(app, sidecar, topic, **options):
    """Returns the first event of a topic. It is published until it arrives, because daprd drops events before it has subscribed."""
    until(lambda: publish(sidecar, topic, **options) and not app.topic_events.empty(), f"an event of {topic}")
    return app.next_topic()


SCOPES = {
    "allowed": ({"allowedTopics": "t, u"}, {"t": True, "u": True, "v": False}),
    "protected": ({"protectedTopics": "t"}, {"t": False, "v": True}),
    "protected, and open to us": ({"protectedTopics": "t", "publishingScopes": "contract=t"}, {"t": True, "v": False}),
    "ours": ({"publishingScopes": "other=v;contract=t"}, {"t": True, "v": False}),
    "others'": ({"publishingScopes": "other=v"}, {"t": True, "v": True}),
    "none of ours": ({"publishingScopes": "contract="}, {"t": False, "v": False}),
    "of subscriptions": ({"subscriptionScopes": "contract=t"}, {"v": True}),
    "in any case": ({"ALLOWEDTOPICS": "t"}, {"t": True, "v": False}),
}


@pytest.mark.parametrize(("properties", "expected"), SCOPES.values(), ids=SCOPES.keys())
def test_scopes_of_what_is_published(sidecar_of, properties, expected):
    sidecar = sidecar_of()
    write_component(sidecar.components, "events", "pubsub.in-memory", **properties)
    sidecar.start()
    for name, is_allowed in expected.items():
        refused = ("PERMISSION_DENIED", f"topic {name} is not allowed for app id contract")
        assert publish(sidecar, name) == (("OK", "") if is_allowed else refused), name


def test_scopes_of_subscriptions(sidecar_of):
    with App(topics=[topic("t"), topic("u")]) as app:
        sidecar = sidecar_of(app_port=app.port)
        write_component(sidecar.components, "events", "pubsub.in-memory", subscriptionScopes="contract=u")
        sidecar.start()
        first(app, sidecar, "u")
        publish(sidecar, "t")
        publish(sidecar, "u", b"last")
        seen = []
        until(lambda: seen.append(app.next_topic()[0]) or seen[-1].data == b"last", "the last one")
        assert {event.topic for event in seen} == {"u"}


@pytest.mark.parametrize("component", ["events", "redis"])
def test_metadata_of_a_message_reaches_the_app(sidecar_of, tmp_path, component):
    metadata = {"Key": "a value", "ttlInSeconds": "100", "content-type": "x/y"}
    with Redis(tmp_path) as redis, App(topics=[topic("t", component, metadata={"Mine": "1"})]) as app:
        sidecar = sidecar_of(app_port=app.port)
        write_component(sidecar.components, "redis", "pubsub.redis", redisHost=redis.host)
        sidecar.start()
        _, got = first(app, sidecar, "t", component=component, **metadata)
        wanted = {"mine": "1"} if component == "events" else {"key": "a value", "ttlinseconds": "100"}
        names = ("mine", "key", "ttlinseconds", "pubsubname")
        assert {name: got[name] for name in names if name in got} == wanted | {"pubsubname": component}
        assert "x/y" not in got.values()


def test_types_of_extensions(sidecar_of):
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "datacontenttype": "text/plain", "data": "x"}
    extensions = {"n": 1.5, "whole": 7, "yes": True, "nothing": None, "text": "7", "list": [1, "a"], "map": {"k": {}}}
    with App(topics=[topic("t")]) as app:
        sidecar = sidecar_of(app_port=app.port)
        sidecar.start()
        data = json.dumps(event | extensions).encode()
        got, _ = first(app, sidecar, "t", data=data, type="application/cloudevents+json")
        told = json_format.MessageToDict(got.extensions)
        assert {name: told[name] for name in extensions} == extensions
        assert isinstance(told["yes"], bool)


DATA = {
    "no type": ({"data": "x"}, b""),
    "JSON of a kind": ({"data": {"a": 1}, "datacontenttype": "application/vnd.a+json"}, b""),
    "JSON": ({"data": {"a": 1}, "datacontenttype": "application/json"}, b'{"a":1}'),
    "JSON with a parameter": ({"data": {"a": 1}, "datacontenttype": "application/json; charset=utf-8"}, b'{"a":1}'),
    "base64 without a type": ({"data_base64": "eA=="}, b"x"),
    "text": ({"data": "x", "datacontenttype": "text/html"}, b"x"),
}


def test_data_by_its_type(sidecar_of):
    with App(topics=[topic("t")]) as app:
        sidecar = sidecar_of(app_port=app.port)
        sidecar.start()
        first(app, sidecar, "t")
        for name, (event, expected) in DATA.items():
            whole = {"specversion": "1.0", "id": name, "source": "s", "type": "t"} | event
            assert publish(sidecar, "t", json.dumps(whole).encode(), "application/cloudevents+json") == ("OK", "")
            got = None
            while got is None or got.id != name:
                got, _ = app.next_topic()
            assert got.data == expected, name
        if sidecar.name == "local":
            for type in ("(absent)", "application/vnd.a+json"):
                sidecar.process.line(lambda line, type=type: "an event without its data" in line and type in line, type)


def test_a_failed_binding_tells_its_metadata(sidecar_of):
    class Web(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path[1:]))
            self.send_header("X-Why", "so")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sidecar = sidecar_of(web=f"http://127.0.0.1:{server.server_address[1]}")
        sidecar.start()
        with sidecar.stub() as stub:
            for status in (200, 404, 503):
                request = dapr_pb2.InvokeBindingRequest(name="web", operation="get", metadata={"path": str(status)})
                future = stub.InvokeBinding.future(request, timeout=PATIENCE)
                told = {name: value for name, value in future.initial_metadata()}
                assert (future.exception() is None) == (status == 200)
                assert (told["metadata.statuscode"], told["metadata.x-why"]) == (str(status), "so")
        server.shutdown()


def test_directions(sidecar_of):
    """A binding is an output only if its direction says so; an input whose direction says so starts without a question to the app; an input
    whose direction excludes it never starts."""
    with App(bindings=["closed"]) as app:
        sidecar = sidecar_of(app_port=app.port)
        write_component(sidecar.components, "files", "bindings.localstorage", rootPath=sidecar.folder / "f", direction="input")
        write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s", direction="input, output")
        write_component(sidecar.components, "closed", "bindings.cron", schedule="@every 1s", direction="output")
        sidecar.start()
        assert [app.next_binding()[0].name for _ in range(3)] == ["tick"] * 3
        with sidecar.stub() as stub:
            with pytest.raises(grpc.RpcError) as raised:
                stub.InvokeBinding(dapr_pb2.InvokeBindingRequest(name="files", operation="list"), timeout=PATIENCE)
            assert "couldn't find output binding files" in raised.value.details()
            told = stub.GetMetadata(dapr_pb2.GetMetadataRequest(), timeout=PATIENCE).registered_components
        capabilities = {component.name: list(component.capabilities) for component in told}
        assert (capabilities["files"], capabilities["tick"], capabilities["closed"]) == ([], ["INPUT_BINDING"], [])


class HttpApp:
    """Records the targets of questions and of calls; accepts everything."""

    def __init__(self, subscriptions):
        self.asked = queue.SimpleQueue()
        self.called = queue.SimpleQueue()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(json.dumps(subscriptions) if self.path == "/dapr/subscribe" else "{}")

            def do_OPTIONS(self):
                app.asked.put(self.path)
                self.answer("")

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                app.called.put((self.path, dict(self.headers)))
                self.answer("")

            def answer(self, body):
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


ROUTES = {
    "/plain": "/plain",
    "bare": "/bare",
    "/a b": "/a%20b",
    "/a%20b": "/a%20b",
    "/a b%2Fc": "/a%20b/c",
    "/(a)": "/(a)",
    "/ü": "/%C3%BC",
    "/a?q=1": "/a?q=1",
}


def test_routes(sidecar_of):
    subscriptions = [{"pubsubname": "events", "topic": f"t{i}", "route": route} for i, route in enumerate(ROUTES)]
    with HttpApp(subscriptions) as app:
        sidecar = sidecar_of(app_port=app.port, app_protocol="http")
        sidecar.start()
        until(lambda: publish(sidecar, "t0") and not app.called.empty(), "the subscription")
        for i, target in enumerate(ROUTES.values()):
            publish(sidecar, f"t{i}")
            if i > 0:
                until(lambda target=target: app.called.get(timeout=PATIENCE)[0] == target, target)


def test_the_route_of_an_input(sidecar_of):
    with HttpApp([]) as app:
        sidecar = sidecar_of(app_port=app.port, app_protocol="http")
        write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s", route="/on/a tick")
        sidecar.start()
        assert app.asked.get(timeout=PATIENCE) == "/on/a%20tick"
        assert app.called.get(timeout=PATIENCE)[0] == "/on/a%20tick"


# --- only our sidecar: refusals by name


def starts(program, folder, text):
    folder.mkdir()
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    process = program.run(["sidecar", "--components", folder, "--grpc-port", "0"], {}, cwd=folder)
    try:
        return process.exit_code(), process.output
    finally:
        process.end()


@pytest.mark.parametrize("kind", ["Subscription", "Configuration", "Resiliency", "HTTPEndpoint"])
def test_other_kinds_end_the_start(program, tmp_path, kind):
    text = f"apiVersion: dapr.io/v2alpha1\nkind: {kind}\nmetadata:\n  name: s\nspec:\n  topic: t\n"
    code, output = starts(program, tmp_path / "c", text)
    assert code == 1
    assert f"found kind {kind}" in output and "run Dapr" in output and "line=2" in output


CALLS = ["QueryStateAlpha1", "GetConfiguration", "InvokeActor", "Nonsense"]


def test_calls_that_it_does_not_have_are_named(program, tmp_path):
    with LocalSidecar(program, tmp_path / "sidecar") as sidecar:
        sidecar.start()
        with grpc.insecure_channel(f"127.0.0.1:{sidecar.port}") as channel:
            for name in CALLS:
                with pytest.raises(grpc.RpcError) as raised:
                    channel.unary_unary(f"/dapr.proto.runtime.v1.Dapr/{name}")(b"", timeout=PATIENCE)
                assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
                assert f"does not have {name}; run Dapr" in raised.value.details()


def test_topics_that_mqtt_does_not_have(program, tmp_path):
    with Mosquitto(tmp_path) as broker, LocalSidecar(program, tmp_path / "sidecar") as sidecar:
        write_component(sidecar.components, "queue", "bindings.mqtt3", url=broker.url, topic="in/+", consumerID="queue")
        write_component(sidecar.components, "mqtt", "pubsub.mqtt3", url=broker.url, consumerID="bus")
        sidecar.start()
        wrong = {
            "a\0b": "NUL",
            "a" * 65_536: "65536 bytes",
            "a/+": "wildcard",
            "#": "wildcard",
            "a\n": "control character",
            "/" * 201: "200 levels",
        }
        for name, words in wrong.items():
            code, said = publish(sidecar, name, component="mqtt")
            assert code == "INVALID_ARGUMENT" and words in said and len(said) < 300
        for name, words in {"": "wildcard", **wrong}.items():
            request = dapr_pb2.InvokeBindingRequest(name="queue", operation="create", data=b"x", metadata={"topic": name})
            with sidecar.stub() as stub, pytest.raises(grpc.RpcError) as raised:
                stub.InvokeBinding(request, timeout=PATIENCE)
            assert raised.value.code() == grpc.StatusCode.INTERNAL and words in raised.value.details()
        # Valid topics still work.
        assert publish(sidecar, "a" * 60_000, component="mqtt") == ("OK", "")
        assert publish(sidecar, "a/ü b", component="mqtt") == ("OK", "")


@pytest.mark.parametrize("name", ["a\0b", "t" * 70_000, "with blank\n", "*"])
def test_any_topic_is_a_stream_of_redis(sidecar_of, tmp_path, name):
    with Redis(tmp_path) as redis:
        sidecar = sidecar_of()
        write_component(sidecar.components, "redis", "pubsub.redis", redisHost=redis.host)
        sidecar.start()
        assert publish(sidecar, name, component="redis") == ("OK", "")
        assert redis.ask("DBSIZE").strip() == "1"
        assert publish(sidecar, name, component="redis") == ("OK", "")
        assert redis.ask("DBSIZE").strip() == "1"


def test_a_file_name_with_a_nul_writes_nothing(sidecar_of):
    sidecar = sidecar_of()
    sidecar.start()
    request = dapr_pb2.InvokeBindingRequest(name="archive", operation="create", data=b"\0", metadata={"fileName": "a\0b"})
    with sidecar.stub() as stub, pytest.raises(grpc.RpcError) as raised:
        stub.InvokeBinding(request, timeout=PATIENCE)
    assert raised.value.code() == grpc.StatusCode.INTERNAL
    assert sidecar.landed() == []
