"""The client's end of an HTTP/2 connection in cleartext, frame by frame, with another implementation (h2).

    with Raw(server.port) as raw:
        client = Http2(raw)
        client.h2.initiate_connection()
        client.flush()
        assert client.answer(client.request("/")).status == 200
"""

import h2.config
import h2.connection
import h2.events

from support.http_client import Answer


class Http2:
    """A client connection."""

    def __init__(self, raw):
        self._raw = raw
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.events = []

    def request(self, path="/", method="POST", body=b"", authority="x", **fields):
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":path", path), (":scheme", "http"), (":authority", authority), *fields.items()]
        self.h2.send_headers(stream, head, end_stream=not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def flush(self):
        self._raw.send(self.h2.data_to_send())

    def until(self, condition):
        """Reads until an event fulfils the condition."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                if condition(event):
                    return event
            seen = len(self.events)
            data = self._raw.receive()
            assert data, f"closed; so far {self.events}"
            self.events += self.h2.receive_data(data)
            self.flush()

    def answer(self, stream):
        self.until(lambda event: isinstance(event, h2.events.StreamEnded) and event.stream_id == stream)
        mine = [event for event in self.events if getattr(event, "stream_id", None) == stream]
        head = dict(next(event for event in mine if isinstance(event, h2.events.ResponseReceived)).headers)
        body = b"".join(event.data for event in mine if isinstance(event, h2.events.DataReceived))
        return Answer(int(head[":status"]), head, body)
