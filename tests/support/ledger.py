"""The ledger: callers that never stop asking, and what they were told, against what landed.

    with Ledger(server.url) as ledger:
        ledger.wait_for_acknowledged(50)
        sidecar.kill(); …; sidecar.start()
        ledger.wait_for_acknowledged(50)
    ledger.check(sidecar.landed())
"""

import collections
import itertools
import threading

import grpc

from support.apps import App, code_of
from support.http_client import call
from support.waiting import PATIENCE

# More than one TCP segment and one HTTP/2 frame, so that a cut can go through it. Not base64: daprd would decode it.
_PADDING = b"\0" * 20_000


class Ledger:
    def __init__(self, url, callers=8):
        self._url = url
        self._changed = threading.Condition()
        self._stop = False
        self._ids = itertools.count()
        self._asked = set()
        self._answers = {}  # body → status, or what went wrong with the call itself
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(callers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop = True
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self):
        with self._changed:
            return [body for body, status in self._answers.items() if status == 200]

    @property
    def statuses(self):
        """How many answers of each status."""
        with self._changed:
            return collections.Counter(self._answers.values())

    def wait_for_acknowledged(self, more):
        """As many more as that, counted from now."""
        target = len(self.acknowledged) + more
        self._wait(lambda: sum(status == 200 for status in self._answers.values()) >= target, f"{more} more successes")

    def wait_for_answers(self, more):
        """The same, of any kind."""
        target = len(self._answers) + more
        self._wait(lambda: len(self._answers) >= target, f"{more} more answers")

    def wait_for_requests(self, more):
        """Requests that are asked from now on, answered or not."""
        target = len(self._asked) + more
        self._wait(lambda: len(self._asked) >= target, f"{more} more requests")

    def check(self, landed):
        """Nothing acknowledged is lost, nothing arrives twice, nothing arrives that nobody sent."""
        # A sidecar that is killed while it writes leaves a beginning; what is whole has its own rules.
        count = collections.Counter(body for body in landed if body in self._asked)
        lost = [body for body in self.acknowledged if not count[body]]
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} acknowledged are lost: {_names(lost)}"
        twice = [body for body, times in count.items() if times > 1]
        assert not twice, f"landed more than once: {_names(twice)}"
        unknown = [body for body in landed if body not in count and not self._is_beginning(body)]
        assert not unknown, f"landed, but nobody sent it: {_names(unknown)}"
        # Whatever the sidecar does, a caller gets an answer that tells it what to do.
        assert set(self.statuses) <= {200, 502, 503, 504}, self.statuses

    def _is_beginning(self, body):
        return not body or any(asked.startswith(body) for asked in self._asked)

    def _wait(self, condition, what):
        with self._changed:
            if not self._changed.wait_for(condition, PATIENCE):
                raise AssertionError(f"waited {PATIENCE:g} s for {what}; so far {self.statuses}")

    def _send(self, body):
        return call(self._url, body=body).status

    def _ask_on(self):
        while not self._stop:
            body = b"id %d " % next(self._ids) + _PADDING
            with self._changed:
                self._asked.add(body)
                self._changed.notify_all()
            try:
                result = self._send(body)
            except Exception as error:  # noqa: BLE001: whatever it is, check() shows it
                result = repr(error)
            with self._changed:
                self._answers[body] = result
                self._changed.notify_all()


class Deliveries(Ledger):
    """The same of a sidecar that delivers a topic's events over gRPC: each again, until it is acknowledged or the end."""

    def __init__(self, port, topic, callers=8):
        super().__init__(None, callers)
        self._port = port
        self._topic = topic
        self._sent = collections.Counter()

    def check(self, landed):
        count = collections.Counter(body for body in landed if body in self._asked)
        lost = [body for body in self.acknowledged if not count[body]]
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} acknowledged are lost: {_names(lost)}"
        more = [body for body, times in count.items() if times > self._sent[body]]
        assert not more, f"landed more often than delivered: {_names(more)}"

    def wait_for_deliveries(self, more):
        """Attempts from now on, whatever becomes of them."""
        target = self._sent.total() + more
        self._wait(lambda: self._sent.total() >= target, f"{more} more deliveries")

    @property
    def redeliveries(self):
        return self._sent.total() - len(self._sent)

    def _send(self, body):
        while not self._stop:
            with self._changed:
                self._sent[body] += 1
                self._changed.notify_all()
            # A new connection each time, as the platform's proxy does.
            with App(self._port) as app:
                code = code_of(lambda: app.topic(self._topic, body, id=body[:20].decode()))
            if code == grpc.StatusCode.OK:
                return 200
        return 0


def _names(bodies):
    return [body[:20].partition(b"\0")[0].decode(errors="replace") for body in bodies[:10]]
