"""Component files and the context that change while the function is served: what starts anew, and what goes on.

`--heavy`: 20 changes instead of 8.
"""

import collections
import json
import re
import threading

import pytest
from dapr.proto.common.v1 import common_pb2
from dapr.proto.runtime.v1 import dapr_pb2

from support.dev_loop import save
from support.http_client import call
from support.mosquitto import Mosquitto
from support.program import binding, context, topic
from support.sidecars import write_component
from support.waiting import until

STATES = {"visits": {"componentName": "visits", "componentType": "state.in-memory"}}


def publish(sidecar, pubsub, topic, id):
    event = {"pubsub_name": pubsub, "topic": topic, "data": str(id).encode(), "data_content_type": "text/plain"}
    sidecar.PublishEvent(dapr_pb2.PublishEventRequest(**event))


def arrives(sidecar, ledger, input, id, pubsub="bus"):
    """Publishes until it is delivered: a topic in memory loses what comes before it is subscribed to."""
    until(lambda: publish(sidecar, pubsub, input, id) or [str(id), "A"] in ledger.lines(input), f"the message {id} of {input}")


def keep(sidecar, value):
    items = [common_pb2.StateItem(key="k", value=value)]
    sidecar.SaveState(dapr_pb2.SaveStateRequest(store_name="visits", states=items))


def kept(sidecar):
    return sidecar.GetState(dapr_pb2.GetStateRequest(store_name="visits", key="k")).data


def change(components, number):
    """Saves the component `noise` with other topics."""
    write_component(components, "noise", "pubsub.in-memory", allowedTopics="noise" + ",more" * (number % 2))


def ids_of(ledger):
    return {int(id) for id, _ in ledger.lines("orders")}


class Publisher:
    """Publishes to `orders` all the time."""

    def __init__(self, sidecar):
        self.count = 0
        self._sidecar = sidecar
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _run(self):
        while not self._ends.wait(0.002):
            publish(self._sidecar, "bus", "orders", self.count)
            self.count += 1


def test_only_the_changed_component_starts_anew(request, deliver, text, components, clock, ledger, sidecar_of, tmp_path):
    changes = 20 if request.config.getoption("--heavy") else 8
    with Mosquitto(tmp_path) as broker:
        for name in ("bus", "noise"):
            write_component(components, name, "pubsub.in-memory")
        write_component(components, "visits", "state.in-memory")
        write_component(components, "queue", "pubsub.mqtt3", url=broker.url, qos="1")
        topics = [topic("orders", "bus"), topic("noise"), topic("far", "queue", type="pubsub.mqtt3")]
        dev = deliver(text("deliveries.cc", "A"), [*topics, clock])
        with sidecar_of(dev) as sidecar:
            keep(sidecar, b"mine")
            arrives(sidecar, ledger, "orders", -1)
            arrives(sidecar, ledger, "far", 0, "queue")
            until(ledger.ticks, "the first tick")
            with Publisher(sidecar) as publisher:
                for number in range(1, changes + 1):
                    change(components, number)
                    dev.serves(number + 1)
                    arrives(sidecar, ledger, "noise", number, "noise")
            publish(sidecar, "queue", "far", 1)
            until(lambda: ["1", "A"] in ledger.lines("far"), "a message of the broker")
            assert kept(sidecar) == b"mine"
        until(lambda: ids_of(ledger) >= set(range(publisher.count)), "all messages")
    assert (dev.failed, dev.crashed) == ([], [])
    output = dev.process.output
    assert output.count("component noise (pubsub.in-memory) has started anew, the others go on") == changes
    assert output.count("has started anew") == changes
    noted = collections.Counter(int(id) for id, _ in ledger.lines("orders") if int(id) >= 0)
    assert noted == collections.Counter(range(publisher.count))
    connected = re.findall(r"New client connected from \S+ as (\S+) ", broker.process.output)
    assert sorted(connected) == ["contract", "contract-producer"]
    ticks = ledger.ticks()
    assert abs(len(ticks) - 1 - round(ticks[-1] - ticks[0])) <= 1
    assert len({round(tick) for tick in ticks}) == len(ticks), "no tick comes twice"
    print(f"{changes} changes: {publisher.count} messages, {len(ticks)} ticks, 0 lost, 0 twice")


def test_what_is_lost_is_told(deliver, text, components, ledger, sidecar_of):
    write_component(components, "bus", "pubsub.in-memory")
    write_component(components, "visits", "state.in-memory")
    dev = deliver(text("deliveries.cc", "A"), [topic("orders", "bus")])
    messages = 1000
    with sidecar_of(dev) as sidecar:
        keep(sidecar, b"mine")
        arrives(sidecar, ledger, "orders", -1)
        for id in range(messages):
            publish(sidecar, "bus", "orders", id)
        write_component(components, "bus", "pubsub.in-memory", allowedTopics="orders")
        line = dev.says("component bus (pubsub.in-memory) has started anew", "lost:")
        lost = int(re.search(r"lost: (\d+) messages that waited in it", line)[1])
        dev.serves(2)
        arrives(sidecar, ledger, "orders", messages)
        delivered = len(ids_of(ledger) & set(range(messages)))
        # One may have been with the function when its component ended.
        assert lost > 0 and lost + delivered in (messages, messages + 1)
        (components / "visits.yaml").unlink()
        dev.says("component visits (state.in-memory) has ended", "lost: 1 value")
        dev.serves(3)
        write_component(components, "visits", "state.in-memory")
        dev.says("component visits (state.in-memory) is new")
        dev.serves(4)
        assert kept(sidecar) == b""


def test_a_broken_file_leaves_the_components(deliver, text, components, ledger, sidecar_of):
    write_component(components, "bus", "pubsub.in-memory")
    write_component(components, "visits", "state.in-memory")
    dev = deliver(text("deliveries.cc", "A"), [topic("orders", "bus")])
    good = (components / "bus.yaml").read_text(encoding="utf-8")
    with sidecar_of(dev) as sidecar:
        keep(sidecar, b"mine")
        for number, (broken, problem) in enumerate(
            [("a: [", "bus.yaml"), (good.replace("in-memory", "kafka"), "no component type 'pubsub.kafka'"), ("", "'bus'")], 2
        ):
            save(components / "bus.yaml", broken)
            dev.says(problem)
            dev.says(f"build {number} failed")
            arrives(sidecar, ledger, "orders", number)
        save(components / "bus.yaml", good)
        dev.serves(5)
        assert kept(sidecar) == b"mine"
    assert "has started anew" not in dev.process.output


@pytest.mark.parametrize("mode", ["auto", "on"])
def test_the_sidecar_starts_when_the_context_needs_it(develop, text, source, components, mode):
    """It is the supervisor's, so it outlives the workers."""
    write_component(components, "visits", "state.in-memory")
    document = source.with_name("context.json")
    document.write_text(json.dumps(context([])))
    dev = develop(text("counter.cc", "A"), "--context", document, "--components", components, "--local-sidecar", mode)
    dev.serves(1)
    assert "local sidecar" not in dev.process.output
    save(document, json.dumps(context([], states=STATES)))
    dev.says("the context needs a sidecar now: local sidecar at 127.0.0.1:")
    dev.serves(2)

    def count():
        return call(dev.url, method="GET").headers["x-count"]

    assert count() == "1"
    dev.reload(source, text("counter.cc", "B"))
    assert count() == "2"
    save(document, json.dumps(context([])))  # it is kept, although nothing needs it
    dev.serves(4)
    save(document, json.dumps(context([], states=STATES)))
    dev.serves(5)
    assert count() == "3"
    assert dev.process.output.count("local sidecar at") == 1


@pytest.mark.parametrize("before", [context([], states=STATES), context([], "Async", inputs=dict([topic("others", "bus")]))], ids=["no app", "an app"])
def test_a_trigger_that_comes_later_is_delivered(develop, text, source, components, ledger, sidecar_of, before):
    write_component(components, "bus", "pubsub.in-memory")
    write_component(components, "visits", "state.in-memory")
    document = source.with_name("context.json")
    document.write_text(json.dumps(before))
    flags = ("--context", document, "--components", components, "--local-sidecar", "on")
    dev = develop(text("deliveries.cc", "A"), *flags, environment={"LEDGER": str(ledger.path)})
    dev.serves(1)
    save(document, json.dumps(context([], "Async", inputs=dict([topic("orders", "bus")]))))
    dev.serves(2)
    with sidecar_of(dev) as sidecar:
        until(lambda: publish(sidecar, "bus", "orders", 1) or ledger.lines("orders"), "a delivery")


def test_the_key_b_takes_all_that_has_changed(develop, source, text, components, press, tmp_path):
    write_component(components, "visits", "state.in-memory")
    write_component(components, "files", "bindings.localstorage", rootPath=tmp_path / "first")
    document = source.with_name("context.json")
    document.write_text(json.dumps(context([], states=STATES)))
    flags = ("--no-watch", "--context", document, "--components", components, "--local-sidecar", "on")
    dev = develop(text("counter.cc", "A"), *flags, prefix=press.prefix, environment={"TERM": "dumb"})
    dev.says("serving build 1")
    assert call(dev.url, method="GET").headers["x-count"] == "1"
    write_component(components, "files", "bindings.localstorage", rootPath=tmp_path / "second")
    save(document, json.dumps(context([binding("out", "files")], states=STATES)))
    save(source, text("counter.cc", "B"))
    press(b"b")
    dev.says("component files (bindings.localstorage) has started anew")
    dev.says("serving build 2")
    answer = call(dev.url, method="GET")
    assert (answer.text[0], answer.headers["x-count"]) == ("B", "2")
    assert [file.read_text()[0] for file in (tmp_path / "second").iterdir()] == ["B"]
    (components / "files.yaml").unlink()
    press(b"b")
    dev.says("build 3 failed")
    write_component(components, "files", "bindings.localstorage", rootPath=tmp_path / "second")
    press(b"b")
    dev.says("serving build 4")
    assert call(dev.url, method="GET").headers["x-count"] == "3"
