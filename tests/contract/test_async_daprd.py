"""A function behind the real daprd: either of them starts first; deliveries are repeated."""

import json

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.ports import reserve_port
from support.program import binding, topic
from support.sidecars import Daprd, write_component
from support.waiting import until

INPUTS = dict([topic("orders", "events", metadata={"deadLetterTopic": "dead"}), topic("dead", "events"), topic("plain", "events")])


def publish(sidecar, topic, data, content_type="text/plain", **attributes):
    metadata = {f"cloudevent.{name}": value for name, value in attributes.items()}
    with sidecar.stub() as stub:
        stub.PublishEvent(
            dapr_pb2.PublishEventRequest(
                pubsub_name="events", topic=topic, data=data, data_content_type=content_type, metadata=metadata
            ),
            timeout=30,
        )


def count(server, line):
    return server.process.output.count(f"took: {line}\n")


def reaches(sidecar, server, topic, data):
    """Publishes until the event arrives: daprd subscribes when it has found the app, and drops earlier events."""

    def arrived():
        publish(sidecar, topic, data)
        return count(server, f"{topic} {data.decode()}")

    until(arrived, f"{data} on {topic}")


@pytest.fixture(params=["grpc", "http"])
def protocol(request):
    return request.param


@pytest.fixture
def pair(serve_async, tmp_path, protocol):
    """A sidecar that has yet to start, and a function that starts the program on the port that the sidecar calls."""
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port, app_protocol=protocol) as sidecar:

        def start(*outputs, inputs=INPUTS, **options):
            environment = {"APP_PROTOCOL": protocol}
            return serve_async(inputs, *outputs, port=port, environment_of=sidecar, environment=environment, **options)

        yield sidecar, start


@pytest.mark.parametrize("first", ["program", "sidecar"])
def test_either_may_start_first_and_a_restart_subscribes_again(pair, first):
    sidecar, start = pair
    if first == "sidecar":
        sidecar.launch()
        server = start()
        sidecar.wait_until_ready()
    else:
        server = start()
        sidecar.start()
    reaches(sidecar, server, "orders", b"fine 1")
    sidecar.kill()
    sidecar.start()
    reaches(sidecar, server, "orders", b"fine 2")


# The order to the function; True if its event comes again; True if it goes to the dead-letter topic, if there is one.
ANSWERS = [
    (b"fine once", False, False),
    (b"drop", False, True),
    (b"fail", True, True),
    (b"throw", True, True),
    (b"code 400", True, True),
    (b"code 404", True, True),
    (b"code 429", True, True),
    (b"code 501", True, True),
    (b"code 503", True, True),
    (b"slow", True, True),  # runs until its deadline
]


def test_what_daprd_does_with_each_answer(pair):
    sidecar, start = pair
    server = start(flags=["--timeout", "1s"])
    sidecar.start()
    reaches(sidecar, server, "plain", b"fine first")
    for data, *_ in ANSWERS:
        publish(sidecar, "plain", data)
        publish(sidecar, "orders", data)
    for data, again, dead in ANSWERS:
        word = data.decode()
        if again:
            until(lambda: count(server, f"plain {word}") >= 3, f"a redelivery of {word}")
        if dead:
            until(lambda: count(server, f"dead {word}"), f"the dead letter of {word}")
    for data, again, dead in ANSWERS:
        word = data.decode()
        # An event with a dead-letter topic is not delivered again.
        assert count(server, f"orders {word}") == 1
        assert again or count(server, f"plain {word}") == 1
        assert dead or not count(server, f"dead {word}")
    server.logged("event dropped", "plain")


def test_a_poisonous_event_is_given_up(pair):
    sidecar, start = pair
    server = start(inputs=dict([topic("poison", "events", metadata={"maxFailures": "2"})]))
    sidecar.start()
    reaches(sidecar, server, "poison", b"fine first")
    publish(sidecar, "poison", b"fail")
    server.logged("event dropped", "maxFailures")
    reaches(sidecar, server, "poison", b"fine last")
    assert count(server, "poison fail") == 2


def test_an_event_that_breaks_the_rules_of_events_is_delivered_all_the_same(pair):
    sidecar, start = pair
    server = start()
    sidecar.start()
    reaches(sidecar, server, "plain", b"fine first")
    publish(sidecar, "plain", b"fine source", source="my app")
    until(lambda: count(server, "plain fine source"), "an event whose source is no URI")


def test_what_no_rule_matches_does_not_come_where_there_is_no_default(pair):
    sidecar, start = pair
    routes = {"rules": [{"match": 'event.type == "wanted"', "path": "/wanted"}]}
    server = start(inputs=dict([topic("plain", "events", metadata={"routes": json.dumps(routes)})]))
    sidecar.start()

    def arrived():
        publish(sidecar, "plain", b"fine other", type="other")
        publish(sidecar, "plain", b"fine wanted", type="wanted")
        return count(server, "plain fine wanted")

    until(arrived, "an event that a rule matches")
    until(lambda: count(server, "plain fine wanted") >= 2 or arrived(), "one more, behind what came before it")
    assert count(server, "plain fine other") == 0


def test_a_function_that_is_away_gets_what_comes_afterwards(pair):
    sidecar, start = pair
    server = start()
    sidecar.start()
    reaches(sidecar, server, "plain", b"fine before")
    server.process.end()
    server = start()
    reaches(sidecar, server, "plain", b"fine after")


def test_cron_to_the_function_to_a_file(pair):
    sidecar, start = pair
    write_component(sidecar.components, "tick", "bindings.cron", schedule="@every 1s", direction="input")
    server = start(binding("archive", operation="create"), inputs=dict([binding("clock", "tick", type="bindings.cron")]))
    sidecar.start()
    server.logged("took: clock")
    until(sidecar.landed, "what the function sent")


def test_the_token(serve_async, tmp_path, protocol):
    """daprd sends the token with every call over HTTP. Over gRPC it asks for the lists without the token, so it gets no lists."""
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port, app_protocol=protocol, app_token="right") as sidecar:
        environment = {"APP_API_TOKEN": "right", "APP_PROTOCOL": protocol}
        server = serve_async(INPUTS, port=port, environment_of=sidecar, environment=environment)
        sidecar.start()
        if protocol == "http":
            reaches(sidecar, server, "plain", b"fine")
        else:
            server.logged("APP_PROTOCOL=http", "token")
            sidecar.process.line(lambda line: "dapr-api-token is missing or wrong" in line, "the refusal in daprd's log")


def test_bulk(serve_async, tmp_path):
    inputs = dict([topic("plain", "events", metadata={"bulkSubscribe": "true", "maxMessagesCount": "5", "maxAwaitDurationMs": "100"})])
    port = reserve_port()
    with Daprd(tmp_path / "sidecar", app_port=port) as sidecar:
        server = serve_async(inputs, port=port, environment_of=sidecar)
        sidecar.start()
        reaches(sidecar, server, "plain", b"fine")
        publish(sidecar, "plain", b"fail")
        until(lambda: count(server, "plain fail") >= 2, "a redelivery")


def test_health_gates_the_app(serve_async, tmp_path):
    port = reserve_port()
    flags = ["--enable-app-health-check", "--app-health-probe-interval", "1"]
    with Daprd(tmp_path / "sidecar", app_port=port, flags=flags) as sidecar:
        server = serve_async(INPUTS, port=port, environment_of=sidecar)
        sidecar.start()
        reaches(sidecar, server, "plain", b"fine")
