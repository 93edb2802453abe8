"""The ledger of deliveries: whichever party fails, no event that the function acknowledged is missing in its outputs.

    publisher ─▶ redis ══▶ daprd ══▶ recorder ─▶ the program ══▶ daprd ─▶ a folder
                                                                      ══▶ redis, another topic

Redis, daprd and the program are killed and paused in turn, and each double line is cut and slowed. Only the recorder decides which events
were acknowledged. Redis keeps every event that it has confirmed, so every published event must also arrive.

The long form, by hand: ./dev test pytest tests/contract/test_ledger.py --ledger-messages 100000 -s
"""

import collections
import contextlib
import functools
import itertools
import threading

import grpc
from dapr.proto.runtime.v1 import dapr_pb2

from support.ports import reserve_port
from support.program import binding, topic
from support.recorder import Recorder
from support.redis import Redis
from support.sidecars import Daprd, write_component

_PADDING = b"\xff" * 200  # not base64, which the folder's component would decode, and not text
_PUBLISHERS = 4
_AHEAD = 100  # the most events that are published but not yet acknowledged
_BETWEEN = 1_000  # the most events that are acknowledged between two faults
# A fault lasts for this many publications, and for this many answers if answers come.
_PUBLISHED = 50
_ANSWERED = 20

_CONCURRENT = 16
# A delivery is soon repeated if it failed or if its answer takes too long. The times are in milliseconds, because daprd 1.16 reads the
# interval in no other unit.
_QUEUE = {"consumerID": "ledger", "concurrency": str(_CONCURRENT), "queueDepth": "32", "processingTimeout": "1000", "redeliverInterval": "300"}


def data_of(id):
    return b"%s " % id.encode() + _PADDING


class Publisher:
    """Publishes each id until the broker has confirmed it."""

    def __init__(self, sidecar, recorder, messages):
        self._sidecar = sidecar
        self._recorder = recorder
        self._ids = iter([f"id-{number}" for number in range(messages)])
        self._lock = threading.Lock()
        self._over = False
        self._ahead = _AHEAD
        self.promised = set()
        self.failed = 0
        self._threads = [threading.Thread(target=self._publish_on) for _ in range(_PUBLISHERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over = True
        self._recorder.wake()
        for thread in self._threads:
            thread.join()

    @contextlib.contextmanager
    def unhindered(self):
        """Within it, events are published although none is acknowledged."""
        self._ahead = len(self.promised) - len(self._recorder.acknowledged) + 2 * _PUBLISHED
        self._recorder.wake()
        yield
        self._ahead = _AHEAD

    def _publish_on(self):
        with self._sidecar.stub() as stub:
            while (id := self._next()) and not self._over:
                self._recorder.wait(self._may_publish, "acknowledgements")
                while not self._over and not self._publish(stub, id):
                    pass

    def _next(self):
        with self._lock:
            return next(self._ids, None)

    def _may_publish(self):
        return self._over or len(self.promised) < len(self._recorder.acknowledged) + self._ahead

    def _publish(self, stub, id):
        request = dapr_pb2.PublishEventRequest(
            pubsub_name="queue",
            topic="orders",
            data=data_of(id),
            data_content_type="application/octet-stream",
            metadata={"cloudevent.id": id},
        )
        try:
            stub.PublishEvent(request, timeout=1)
            self.promised.add(id)
        except grpc.RpcError:
            self.failed += 1
        self._recorder.wake()
        return id in self.promised


class World:
    """All parties, running, and the faults; a fault lasts until its `with` ends."""

    def __init__(self, stack, tmp_path, toxiproxy, serve_async):
        self.broker = stack.enter_context(Redis(tmp_path))
        self._program_port = reserve_port()
        self.recorder = stack.enter_context(Recorder(self._program_port))
        to_broker, to_program = toxiproxy.link(self.broker.port), toxiproxy.link(self.recorder.port)
        self.sidecar = stack.enter_context(Daprd(tmp_path / "sidecar", app_port=to_program.port))
        self._to_sidecar = toxiproxy.link(self.sidecar.port)
        self.links = {"to redis": to_broker, "to the program": to_program, "from the program": self._to_sidecar}
        self.publishing = stack.enter_context(Daprd(tmp_path / "publishing"))
        for sidecar, port in ((self.sidecar, to_broker.port), (self.publishing, self.broker.port)):
            write_component(sidecar.components, "queue", "pubsub.redis", redisHost=f"127.0.0.1:{port}", **_QUEUE)
        self._serve_async = serve_async
        self._start_program()
        self.sidecar.start()
        self.publishing.start()

    def _start_program(self):
        self.program = self._serve_async(
            dict([topic("orders", "queue", type="pubsub.redis")]),
            binding("archive"),
            topic("results", "queue", type="pubsub.redis"),
            port=self._program_port,
            environment_of=self._to_sidecar,
            flags=["--sidecar-timeout", "200ms", "--timeout", "1s"],
        )

    def faults(self):
        yield "redis killed", lambda: self._killed(self.broker)
        yield "daprd killed", lambda: self._killed(self.sidecar)
        yield "the program killed", self._program_killed
        yield "the program replaced", self._program_replaced
        yield "redis paused", lambda: _paused(self.broker.process)
        yield "daprd paused", lambda: _paused(self.sidecar.process)
        yield "the program paused", lambda: _paused(self.program.process)
        for where, link in self.links.items():
            yield f"the way {where} cut", functools.partial(_cut, link)
            for stream in ("upstream", "downstream"):
                slow = functools.partial(link.toxic, "latency", stream=stream, latency=50, jitter=50)
                yield f"the way {where} slow, {stream}", slow

    @contextlib.contextmanager
    def _killed(self, what):
        what.kill()
        yield
        what.start()

    @contextlib.contextmanager
    def _program_killed(self):
        self.program.process.kill()
        yield
        self._start_program()

    @contextlib.contextmanager
    def _program_replaced(self):
        """Replaces the program as a platform does: asks it to end, and then starts another one."""
        self.program.process.terminate()
        yield
        assert self.program.process.exit_code() == 0
        self._start_program()


@contextlib.contextmanager
def _paused(process):
    process.stop()
    yield
    process.resume()


@contextlib.contextmanager
def _cut(link):
    link.cut()
    yield
    link.mend()


def acknowledge(recorder, more, limit):
    target = min(limit, len(recorder.acknowledged) + more)
    recorder.wait(lambda: len(recorder.acknowledged) >= target, f"{target} acknowledgements")


def is_noticed(publisher, recorder):
    published, failed, answered = len(publisher.promised), publisher.failed, recorder.statuses.total()

    def noticed():
        goes_on = len(publisher.promised) < published + _PUBLISHED and publisher.failed == failed
        # If there are no more answers, either no call is in flight, or all calls wait.
        stuck = recorder.in_flight in (0, _CONCURRENT)
        return not goes_on and (stuck or recorder.statuses.total() >= answered + _ANSWERED)

    return noticed


def test_ledger(request, tmp_path, toxiproxy, serve_async):
    messages = request.config.getoption("--ledger-messages")
    with contextlib.ExitStack() as stack:
        world = World(stack, tmp_path, toxiproxy, serve_async)
        recorder = world.recorder
        faults = list(world.faults())
        between = min(_BETWEEN, messages // (4 * len(faults)))
        suffered = collections.Counter()
        with Publisher(world.publishing, recorder, messages) as publisher:

            for name, fault in itertools.cycle(faults):
                acknowledge(recorder, between, messages)
                if len(publisher.promised) + between + 2 * _PUBLISHED > messages:
                    break
                with fault(), publisher.unhindered():
                    recorder.wait(is_noticed(publisher, recorder), f"anybody to notice: {name}")
                suffered[name] += 1
            acknowledge(recorder, messages, messages)
        # From here on nothing is written, not even by repeated deliveries.
        world.sidecar.kill()
        recorder.wait(lambda: recorder.in_flight == 0, "the last answers")
        landed = {"the folder": world.sidecar.landed(), "the topic": world.broker.published("results")}
        check(messages, publisher, recorder, suffered, landed)
        assert len(suffered) == len(faults), "too few messages: some fault never came"


def check(messages, publisher, recorder, suffered, landed):
    print(f"\n{messages} messages, {len(publisher.promised)} of them promised by redis, {publisher.failed} publications failed")
    print(f"{len(recorder.acknowledged)} acknowledged in {recorder.deliveries.total()} deliveries: {recorder.redeliveries} redeliveries")
    print(f"the program answered: {dict(recorder.statuses)}")
    print(f"{suffered.total()} faults: " + ", ".join(f"{name} {times}" for name, times in suffered.items()))
    whole = {data_of(id): id for id in recorder.deliveries}
    for where, bodies in landed.items():
        count = collections.Counter(whole[body] for body in bodies if body in whole)
        missing = recorder.acknowledged - count.keys()
        duplicates = count.total() - len(count)
        torn = len(bodies) - count.total()
        print(f"{where}: {len(missing)} acknowledged ids missing, {duplicates} duplicates, {torn} files cut short by a kill")
        assert not missing, sorted(missing)[:10]
        assert duplicates <= recorder.redeliveries
        # This also holds for each event: it is not sent more often than it was delivered.
        more = [id for id, times in count.items() if times > recorder.deliveries[id]]
        assert not more, more[:10]
        strange = [body for body in bodies if body not in whole and not _is_beginning(body)]
        assert not strange, strange[:10]
    assert publisher.promised == recorder.acknowledged
    assert recorder.redeliveries > 0, "no fault was noticed by anybody"


def _is_beginning(body):
    """Returns True if the body is the beginning of a file that a sidecar was writing when it was killed."""
    return data_of("id-").startswith(body[:3]) and len(body) < len(data_of("id-0"))
