"""HTTP as bytes: no redirects, no retries, and no fields of its own except Host and the length.

    answer = call(url + "echo", body=b"\\0\\1", headers={"x": "y"})
    assert answer.status == 200 and answer.body == b"\\0\\1"
"""

import http.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.waiting import PATIENCE


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def is_success(self):
        return 200 <= self.status < 300


class Caller:
    """One connection that is kept alive. For one thread at a time."""

    def __init__(self, url):
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=2 * PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def call(self, path="/", method="POST", body=b"", headers=None):
        self._connection.request(method, path, body=body, headers=headers or {})
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def call(url, path="/", **request):
    with Caller(url) as caller:
        return caller.call(path, **request)


_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="http")


def start_call(url, path="/", **request):
    """The same on another thread; returns a future."""
    return _threads.submit(call, url, path, **request)
