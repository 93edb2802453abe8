"""The ledger: clients that never stop sending, and a comparison of their answers with the delivered data.

    with Ledger(server.url) as ledger:
        ledger.wait_for_acknowledged(50)
        sidecar.kill(); …; sidecar.start()
        ledger.wait_for_acknowledged(50)
    ledger.check(sidecar.landed())
"""

import collections
import itertools
import threading

from support.http_client import call
from support.waiting import PATIENCE

# Larger than a TCP segment and an HTTP/2 frame, so that a cut can split it. Not base64, which daprd would decode.
_PADDING = b"\0" * 20_000


class Ledger:
    def __init__(self, url, callers=8):
        self._url = url
        self._changed = threading.Condition()
        self._stop = False
        self._ids = itertools.count()
        self._asked = set()
        self._answers = {}  # body → status, or the error of the call itself
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
        """Counts the answers of each status."""
        with self._changed:
            return collections.Counter(self._answers.values())

    def wait_for_acknowledged(self, more):
        """Waits for that many more acknowledged calls."""
        target = len(self.acknowledged) + more
        self._wait(lambda: sum(status == 200 for status in self._answers.values()) >= target, f"{more} more successes")

    def wait_for_answers(self, more):
        """The same for answers of any kind."""
        target = len(self._answers) + more
        self._wait(lambda: len(self._answers) >= target, f"{more} more answers")

    def wait_for_requests(self, more):
        """Waits for that many new requests, answered or not."""
        target = len(self._asked) + more
        self._wait(lambda: len(self._asked) >= target, f"{more} more requests")

    def check(self, landed):
        """Checks that no acknowledged data is lost, that nothing arrives twice, and that nothing arrives that was not sent."""
        # A sidecar that is killed while it writes may leave a truncated body. Whole bodies are checked below.
        count = collections.Counter(body for body in landed if body in self._asked)
        lost = [body for body in self.acknowledged if not count[body]]
        assert not lost, f"{len(lost)} of {len(self.acknowledged)} acknowledged are lost: {_names(lost)}"
        twice = [body for body, times in count.items() if times > 1]
        assert not twice, f"landed more than once: {_names(twice)}"
        unknown = [body for body in landed if body not in count and not self._is_beginning(body)]
        assert not unknown, f"landed, but nobody sent it: {_names(unknown)}"
        # Whatever the sidecar does, each client gets an answer that says what to do.
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


def _names(bodies):
    return [body[:20].partition(b"\0")[0].decode(errors="replace") for body in bodies[:10]]
