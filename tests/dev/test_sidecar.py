"""The local sidecar goes on through reloads: messages, state and the timer's phase stay.

`--heavy`: 50 reloads instead of 25, and a minute of ticks.
"""

import collections
import itertools
import os
import signal

import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.http_client import Caller
from support.program import context, topic
from support.sidecars import write_component
from support.traffic import KeptAlive, Traffic
from support.waiting import until

MESSAGES = 1000


def alternate(dev, source, texts, reloads):
    for number in range(reloads):
        build = dev.reload(source, texts[(number + 1) % 2])
        assert (build, dev.failed, dev.crashed) == (number + 2, [], [])
        yield number


def publish(sidecar, id):
    event = {"pubsub_name": "bus", "topic": "orders", "data": str(id).encode(), "data_content_type": "text/plain"}
    sidecar.PublishEvent(dapr_pb2.PublishEventRequest(**event))


def wait_for_subscription(sidecar, ledger):
    """Publishes -1 until it is delivered. A topic in memory loses what comes before it is subscribed to."""
    until(lambda: publish(sidecar, -1) or ledger.lines("orders"), "the first delivery")


def noted(ledger):
    """Returns how often each message of the test was delivered."""
    return collections.Counter(int(id) for id, _ in ledger.lines("orders") if int(id) >= 0)


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_no_message_of_a_topic_is_lost(deliver, text, source, components, ledger, reloads, sidecar_of, protocol):
    write_component(components, "bus", "pubsub.in-memory")
    texts = [text("deliveries.cc", version) for version in ("A", "B")]
    dev = deliver(texts[0], [topic("orders", "bus")], APP_PROTOCOL=protocol)
    ids = iter(range(MESSAGES))
    with sidecar_of(dev) as sidecar:

        def publish_some(count):
            for id in itertools.islice(ids, count):
                publish(sidecar, id)

        wait_for_subscription(sidecar, ledger)
        publish_some(MESSAGES // reloads)
        for _ in alternate(dev, source, texts, reloads):
            publish_some(MESSAGES // reloads)
        publish_some(MESSAGES)
        until(lambda: noted(ledger).total() >= MESSAGES, "all deliveries")
    times = noted(ledger)
    twice = [id for id in times if times[id] > 1]
    by_version = collections.Counter(version for _, version in ledger.lines("orders"))
    print(f"{MESSAGES} messages, {reloads} reloads: {MESSAGES - len(times)} lost, {len(twice)} twice, {dict(by_version)}")
    assert sorted(times) == list(range(MESSAGES))
    assert twice == []
    assert set(by_version) == {"A", "B"}


def test_no_message_is_acknowledged_by_a_process_that_dies(deliver, text, components, ledger, sidecar_of):
    """Each is delivered at least once, whenever the worker is killed."""
    write_component(components, "bus", "pubsub.in-memory")
    dev = deliver(text("deliveries.cc", "A"), [topic("orders", "bus")])
    kills = 10
    with sidecar_of(dev) as sidecar:
        wait_for_subscription(sidecar, ledger)
        for kill in range(kills):
            for id in range(kill * MESSAGES // kills, (kill + 1) * MESSAGES // kills):
                publish(sidecar, id)
            # A process that has answered nothing when it ends is not started again at once. The second message comes when the first one is
            # answered.
            until(lambda: len(noted(ledger)) >= kill * MESSAGES // kills + 2, "an answer of this process")
            for worker in dev.workers:
                os.kill(worker, signal.SIGKILL)
            until(lambda: len(dev.crashed) > kill, "the crash")
    until(lambda: len(noted(ledger)) == MESSAGES, "all messages")
    print(f"{MESSAGES} messages, {kills} kills: 0 lost, {noted(ledger).total() - MESSAGES} delivered again")


def test_a_timer_keeps_its_phase(request, deliver, text, source, clock, ledger):
    texts = [text("deliveries.cc", version) for version in ("A", "B")]
    dev = deliver(texts[0], [clock])
    until(lambda: ledger.lines("clock"), "the first tick")
    ticks_a_reload = 3 if request.config.getoption("--heavy") else 0.5
    for number in alternate(dev, source, texts, 20):
        until(lambda: len(ledger.lines("clock")) >= number * ticks_a_reload, "ticks")
    times = ledger.ticks()
    seconds = times[-1] - times[0]
    print(f"{len(times)} ticks in {seconds:.1f} s, 20 reloads")
    assert abs(len(times) - 1 - round(seconds)) <= 1
    assert len({round(time) for time in times}) == len(times), "no tick comes twice"


def test_a_counter_is_exact(develop, text, source, components, reloads):
    write_component(components, "visits", "state.in-memory")
    texts = [text("counter.cc", version) for version in ("A", "B")]
    states = {"visits": {"componentName": "visits", "componentType": "state.in-memory"}}
    dev = develop(texts[0], "--local-sidecar", "on", "--components", components, function_context=context([], states=states))
    dev.serves(1)
    with Traffic(dev, [KeptAlive] * 3) as traffic:
        for _ in alternate(dev, source, texts, reloads):
            traffic.flows(10)
    with Caller(dev.url) as caller:
        count = int(caller.call("/?id=last", method="GET").headers["x-count"])
    traffic.check({build + 1: "AB"[build % 2] for build in range(reloads + 1)})
    print(f"counted {count - 1} of {traffic.begun} visits")
    assert count - 1 == traffic.begun
