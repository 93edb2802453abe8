"""SkyWalking's server, with the descriptors that its own project publishes. It shows what it got.

    with Oap(tmp_path) as oap:
        program.serve(…, pluginsTracing=oap.section())
        entry, exit = oap.wait_for(2)
        assert exit.peer == "orders"

A span carries what its segment says: the trace, the segment, the service and the instance.
"""

import json
from dataclasses import dataclass

from support.process import Process
from support.tools import tool
from support.waiting import until


@dataclass(frozen=True)
class Span:
    trace: str
    segment: str
    service: str
    instance: str
    id: int
    parent: int
    operation: str
    peer: str
    type: str  # Entry, Exit, Local
    layer: str
    component: int
    failed: bool
    tags: dict
    logs: list  # of dictionaries
    references: list  # as SegmentReference has them
    began: int  # milliseconds
    ended: int


def _pairs(pairs):
    return {pair["key"]: pair["value"] for pair in pairs}


def _spans(segment):
    for span in segment["spans"]:
        yield Span(
            trace=segment["traceId"],
            segment=segment["traceSegmentId"],
            service=segment["service"],
            instance=segment["serviceInstance"],
            id=span["spanId"],
            parent=span["parentSpanId"],
            operation=span["operationName"],
            peer=span["peer"],
            type=span["spanType"],
            layer=span["spanLayer"],
            component=span["componentId"],
            failed=span["isError"],
            tags=_pairs(span["tags"]),
            logs=[_pairs(log["data"]) for log in span["logs"]],
            references=span["refs"],
            began=int(span["startTime"]),
            ended=int(span["endTime"]),
        )


class Oap:
    def __init__(self, prefix=(), code="OK"):
        """`prefix`: words before the command, such as those that enter a namespace; `code`: by which it answers each call."""
        self._process = Process([*prefix, tool("oap"), "-code", code], {"PATH": "/usr/bin:/bin"}, name="oap")
        self.port = self._process.line(lambda line: json.loads(line).get("port"), "the server's port")
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.end()

    def section(self, **others):
        """The context's section tracing."""
        return {"enabled": True, "provider": {"name": "skywalking", "oapServer": self.address}, **others}

    def falls_silent(self):
        """From now on no call is answered; connections stay."""
        self._process.stop()

    @property
    def calls(self):
        """All until now, as (method, headers, message)."""
        lines = [json.loads(line) for line in self._process.output.splitlines(keepends=True) if line.endswith("\n")]
        return [(line["method"], line["headers"], line["message"]) for line in lines if "method" in line]

    def calls_of(self, method):
        return [(headers, message) for name, headers, message in self.calls if name == method]

    @property
    def spans(self):
        """In the order in which they began; in a segment by their numbers."""
        segments = [segment for name, _, message in self.calls if name.startswith("collect") for segment in message["segments"]]
        return sorted((span for segment in segments for span in _spans(segment)), key=lambda span: (span.began, span.segment, span.id))

    def wait_for(self, count):
        return until(lambda: self.spans if len(self.spans) >= count else None, f"{count} spans")
