"""A real Jaeger that keeps its spans in memory. It shows them as support.collector does.

    with Jaeger(folder) as jaeger:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": jaeger.url("grpc")}
        …
        spans = jaeger.trace("0af7651916cd43dd8448eb211c80319c")
"""

import json
import urllib.error
import urllib.request

from support.collector import Span
from support.ports import reserve_port
from support.process import Process
from support.tools import tool
from support.waiting import accepts, until


class Jaeger:
    def __init__(self, folder):
        self._query = reserve_port()
        self._otlp = {"grpc": reserve_port(), "http": reserve_port()}
        listen = {
            "collector.otlp.grpc.host-port": self._otlp["grpc"],
            "collector.otlp.http.host-port": self._otlp["http"],
            "query.http-server.host-port": self._query,
            **{
                name: reserve_port()
                for name in (
                    "collector.grpc-server.host-port",
                    "collector.http-server.host-port",
                    "query.grpc-server.host-port",
                    "admin.http.host-port",
                )
            },
        }
        flags = [f"--{name}=127.0.0.1:{port}" for name, port in listen.items()]
        # Its own calls are not traced.
        environment = {"SPAN_STORAGE_TYPE": "memory", "OTEL_TRACES_SAMPLER": "always_off"}
        self._process = Process([tool("jaeger"), *flags], environment, cwd=folder)
        try:
            until(lambda: accepts(self._otlp["grpc"]) and accepts(self._query), "Jaeger's ports")
        except BaseException:
            self._process.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.end()

    def url(self, protocol):
        return f"http://127.0.0.1:{self._otlp['grpc' if protocol == 'grpc' else 'http']}"

    def trace(self, id):
        """Returns the spans of a trace that have arrived, by Jaeger's API; an empty list if it knows no such trace."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._query}/api/traces/{id}", timeout=30) as answer:
                found = json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return []
        return [_span(span, trace["processes"]) for trace in found for span in trace["spans"]]


def _tags(tags):
    return {tag["key"]: tag["value"] for tag in tags}


def _span(span, processes):
    tags = _tags(span["tags"])
    process = processes[span["processID"]]
    references = span["references"]
    return Span(
        name=span["operationName"],
        kind=tags.get("span.kind", "internal").upper(),
        trace=span["traceID"],
        id=span["spanID"],
        parent=next((each["spanID"] for each in references if each["refType"] == "CHILD_OF"), ""),
        state=tags.get("w3c.tracestate", ""),
        attributes=tags,
        failed=tags.get("error", False),
        events=[_tags(log["fields"]) for log in span["logs"]],
        links=[f"{each['traceID']}-{each['spanID']}" for each in references if each["refType"] == "FOLLOWS_FROM"],
        began=span["startTime"] * 1000,
        ended=(span["startTime"] + span["duration"]) * 1000,
        resource={"service.name": process["serviceName"]} | _tags(process["tags"]),
    )
