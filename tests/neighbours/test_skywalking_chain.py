"""The framework for Go before and behind a function, with Dapr and a broker between them: all three make one trace of SkyWalking's.

    a request → Go → topic `orders` → the function → topic `bills` → Go

All run in a network of their own, because the framework for Go binds all interfaces.
"""

import http.client
import json
import os
import shutil

import pytest

from support.oap import Oap
from support.process import Process
from support.program import Program
from support.sidecars import write_component
from support.tools import missing, tool
from support.waiting import until

FORWARD = """
#include <cstdio>
#include <ofn/function.h>
ofn::Out forward(ofn::Context& context, ofn::Bytes data) {
  std::fprintf(stderr, "forwarded: %s\\n", std::string(data).c_str());
  return context.send(data).ok() ? ofn::Out::success() : ofn::Out::error("not sent", 503);
}
OFN_FUNCTION(forward)
"""
FIRST, SECOND, THIRD = 8082, 8080, 8081  # the ports of the functions
BROKER = 1883


def topic(name):
    return {name: {"uri": name, "componentName": "mq", "componentType": "pubsub.mqtt3"}}


def document(oap, name, port, runtime, **parts):
    section = oap.section(tags={"made": "by the test"}, baggage={"user": "7"} if name == "first" else {})
    return json.dumps({"name": name, "version": "v1.0.0", "runtime": runtime, "port": str(port), "pluginsTracing": section, **parts})


@pytest.fixture
def start(network):
    """start(port, *command, **variables): a program inside; it is there when it listens."""
    started = []

    def run(port, *command, **variables):
        process = Process(network.command(*command), {"PATH": os.environ["PATH"], **variables})
        started.append(process)
        if port:
            network.wait_for(port)
        return process

    yield run
    for process in reversed(started):
        process.end()


@pytest.fixture
def broker(start, tmp_path):
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        missing("mosquitto is missing: ./dev setup test, or apt-get install mosquitto")
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {BROKER} 127.0.0.1\nallow_anonymous true\nuser root\n")
    return start(BROKER, program, "-c", settings)


@pytest.fixture
def sidecar(broker, start, tmp_path):
    """sidecar(grpc_port, app_port): a daprd with the broker's topics."""

    def run(port, app_port):
        components = tmp_path / f"components-{port}"
        components.mkdir()
        write_component(components, "mq", "pubsub.mqtt3", url=f"mqtt://127.0.0.1:{BROKER}", qos="1", cleanSession="true", consumerID=f"app-{port}")
        return start(port, tool("daprd"), "--app-id", f"app-{port}", "--resources-path", components, "--app-port", app_port,
                     "--app-protocol", "grpc", "--dapr-grpc-port", port, "--dapr-http-port", port + 1, "--dapr-internal-grpc-port", port + 2,
                     "--dapr-listen-addresses", "127.0.0.1", "--dapr-internal-grpc-listen-address", "127.0.0.1", "--enable-metrics=false",
                     "--log-level", "warn", HOME=str(tmp_path), DAPR_HOST_IP="127.0.0.1")

    return run


def post(network, port, body):
    connection = http.client.HTTPConnection("x")
    connection.sock = network.connect(port)
    try:
        connection.request("POST", "/", body=body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_one_trace_of_three(network, start, sidecar, program, shared_from, tmp_path):
    functions = shared_from(FORWARD)
    with Oap(prefix=network.prefix) as oap:
        orders, bills = topic("orders"), topic("bills")
        pod = {"POD_NAMESPACE": "shop"}
        second = Program(program.path, tmp_path, prefix=network.prefix).run(
            ["--source", functions, "--target", "forward", "--host", "127.0.0.1"],
            {"FUNC_CONTEXT": document(oap, "second", SECOND, "Async", inputs=orders, outputs=bills), "DAPR_GRPC_PORT": "50001",
             "POD_NAME": "pod-2", "OTEL_BSP_SCHEDULE_DELAY": "20", **pod})
        try:
            # A daprd soon gives up a function that is late, while the framework for Go waits a minute for its daprd.
            network.wait_for(SECOND)
            third = start(THIRD, tool("go-sibling"), FUNC_CONTEXT=document(oap, "third", THIRD, "Async", inputs=bills),
                          DAPR_GRPC_PORT="50011", POD_NAME="pod-3", **pod)
            sidecar(50001, SECOND)
            sidecar(50011, THIRD)
            start(FIRST, tool("go-sibling"), FUNC_CONTEXT=document(oap, "first", FIRST, "Knative", outputs=orders), SEND_TO="orders",
                  DAPR_GRPC_PORT="50001", POD_NAME="pod-1", **pod)

            def whole_trace():
                """Earlier messages get lost: a sidecar subscribes when it has found its function."""
                assert post(network, FIRST, b"hello") == 200
                traces = {}
                for span in oap.spans:
                    traces.setdefault(span.trace, []).append(span)
                return next((spans for spans in traces.values() if len(spans) == 5), None)

            spans = until(whole_trace, "a trace of five spans")
        finally:
            second.end()
        assert "got \"hello\"" in third.output and "forwarded: hello\n" in second.output

    by = {(span.service, span.type): span for span in spans}
    sends, takes, sends_on, takes_at_last = (by[key] for key in [("first", "Exit"), ("second", "Entry"), ("second", "Exit"), ("third", "Entry")])
    assert by["first", "Entry"].references == []
    assert (takes.instance, takes.layer, takes.component) == ("pod-2", "FAAS", 5013)
    for parent, child, peer in [(sends, takes, "orders"), (sends_on, takes_at_last, "bills")]:
        reference, = child.references
        assert (reference["parentTraceSegmentId"], reference["parentSpanId"]) == (parent.segment, parent.id)
        assert (reference["parentService"], reference["parentServiceInstance"]) == (parent.service, parent.instance)
        assert reference["networkAddressUsedAtPeer"] == parent.peer == peer
    # What differs from how the other framework describes the same.
    assert takes.tags == takes_at_last.tags | {"func": "second", "instance": "pod-2"}
