"""An app over HTTP, made with Python's own server, with each sidecar: the meaning of its answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.sidecars import Daprd, LocalSidecar, write_component
from support.waiting import until

SUBSCRIPTIONS = [{"pubsubname": "events", "topic": "news", "route": "/on/news"}]


class App:
    """Answers a topic's event as the event's data says: "STATUS body"."""

    def __init__(self, port):
        self.seen = []
        self.held = threading.Event()
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, json.dumps(SUBSCRIPTIONS) if self.path == "/dapr/subscribe" else "{}")

            def do_OPTIONS(self):
                self.answer(200 if self.path == "/tick" else 404)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path == "/on/news":
                    event = json.loads(body)
                    app.seen.append((event["data"], self.headers["content-type"], self.headers["dapr-api-token"]))
                    if event["data"] == "hold":
                        app.held.wait()
                    status, _, answer = event["data"].partition(" ")
                    return self.answer(int(status) if status.isdigit() else 200, answer)
                app.seen.append((self.path, self.headers["readTimeUTC"] is not None, self.headers["dapr-api-token"]))
                self.answer(200)

            def answer(self, status, body=""):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # such as the error of a sidecar that has left
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.held.set()
        self._server.shutdown()
        self._server.server_close()

    def times(self, data):
        return [seen[0] for seen in self.seen].count(data)


@pytest.fixture
def app(port):
    with App(port) as it:
        yield it


@pytest.fixture(params=["daprd", "local"])
def beside(request, program, tmp_path, port):
    options = {"app_port": port, "app_protocol": "http", "app_token": "secret"}
    folder = tmp_path / "sidecar"
    with Daprd(folder, **options) if request.param == "daprd" else LocalSidecar(program, folder, **options) as it:
        yield it


def publish(sidecar, data):
    request = dapr_pb2.PublishEventRequest(pubsub_name="events", topic="news", data=data.encode(), data_content_type="text/plain")
    with sidecar.stub() as stub:
        stub.PublishEvent(request, timeout=20)


ONCE = ["200", "204", '200 {"status":"SUCCESS"}', "200 fine", '200 {"status":"DROP"}', "404"]
AGAIN = ["500", '200 {"status":"RETRY"}', '200 {"status":"WHAT"}', "302"]


def test_what_a_topics_answer_means(app, beside):
    beside.start()
    until(lambda: publish(beside, "there") or app.times("there"), "the subscription")
    for data in [*ONCE, *AGAIN]:
        publish(beside, data)
    until(lambda: all(app.times(data) >= 3 for data in AGAIN), "what is not taken to come again")
    assert [app.times(data) for data in ONCE] == [1] * len(ONCE)
    assert {seen[1:] for seen in app.seen} == {("application/cloudevents+json", "secret")}


def test_a_binding_that_the_app_wants(app, beside):
    write_component(beside.components, "tick", "bindings.cron", schedule="@every 1s")
    write_component(beside.components, "unwanted", "bindings.cron", schedule="@every 1s")
    beside.start()
    until(lambda: app.times("/tick") >= 2, "the binding's events")
    assert ("/tick", True, "secret") in app.seen
    assert app.times("/unwanted") == 0


def test_an_app_that_never_answers_keeps_no_sidecar_from_ending(app, program, tmp_path, port):
    with LocalSidecar(program, tmp_path / "sidecar", app_port=port, app_protocol="http") as sidecar:
        sidecar.start()
        until(lambda: publish(sidecar, "there") or app.times("there"), "the subscription")
        publish(sidecar, "hold")
        until(lambda: app.times("hold"), "the event that is held")
        sidecar.process.terminate()
        sidecar.process.line(lambda line: "stopped before the app had answered" in line)
        assert sidecar.process.exit_code() == 0
