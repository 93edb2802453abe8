"""A server whose metrics are on a second port, and its scraper.

    measured = Measured(server)
    assert measured.value("ofn_probes_total") == 1
"""

import re

from support.http_client import call

_SERVED = re.compile(r"metrics are served.*?127\.0\.0\.1:(\d+)")


class Measured:
    """A server, and what its second port says."""

    def __init__(self, server):
        self.server = server
        self.url = server.url
        port = server.process.line(_SERVED.search, "the line that says where metrics are")[1]
        self.metrics_url = f"http://127.0.0.1:{port}/"

    def scrape(self, accept=None):
        answer = call(self.metrics_url, "/metrics", method="GET", headers={"Accept": accept} if accept else {})
        assert answer.status == 200
        return answer

    def value(self, name, **labels):
        """Returns the value of the only sample that has these labels, or None."""
        found = [value for each, value in samples(self.scrape().text) if each[0] == name and labels.items() <= dict(each[1]).items()]
        assert len(found) <= 1, found
        return found[0] if found else None


def samples(text):
    """Returns ((name, labels), value) of each line."""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(r"([\w:]+)(?:\{(.*)\})? (\S+)(?: #.*)?", line).groups()
        pairs = tuple(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))
        yield (name, pairs), float(value)
