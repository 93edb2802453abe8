"""Deliveries of a sidecar, and the sidecar's own requests, which are no requests of a client."""

import grpc
import pytest
from dapr.proto.common.v1 import common_pb2

from support.apps import App

_CONTEXT = {
    "name": "keep",
    "version": "v1",
    "runtime": "Async",
    "inputs": {
        "orders": {"uri": "orders-v1", "componentName": "events", "componentType": "pubsub.kafka"},
        "clock": {"uri": "clock", "componentName": "clock", "componentType": "bindings.cron"},
        "files": {"uri": "files", "componentName": "files", "componentType": "bindings.aws.s3"},
    },
}
_SOURCE = """
#include <stdexcept>
#include <ofn/function.h>
ofn::Out act(ofn::Context&, ofn::Bytes data) {
  if (data == "throw") throw std::runtime_error("as asked");
  if (data == "drop") return ofn::Out::error("no").with("retry", "false");
  return ofn::Out("ok");
}
OFN_FUNCTION(act)
"""


@pytest.fixture
def measured(measure, shared_from):
    environment = {"DAPR_GRPC_PORT": "9", "DAPR_HOST": "127.0.0.1"}
    return measure("--local-sidecar", "off", source=shared_from(_SOURCE), target="act", function_context=_CONTEXT, environment=environment)


def test_deliveries_by_input_and_outcome(measured):
    with App(measured.server.port) as sidecar:
        for data in (b"a", b"b", b"drop"):
            sidecar.topic("orders-v1", data)
        with pytest.raises(grpc.RpcError):
            sidecar.topic("orders-v1", b"throw")
        sidecar.binding("clock")
        sidecar.binding("files", b"x")
        with pytest.raises(grpc.RpcError):
            sidecar.topic("unknown", b"x")

    def deliveries(name, outcome):
        return measured.value("ofn_deliveries_total", ofn_input=name, ofn_outcome=outcome)

    assert deliveries("orders", "success") == 2
    assert deliveries("orders", "drop") == 1
    assert deliveries("orders", "retry") == 1
    assert deliveries("clock", "success") == 1
    assert deliveries("files", "success") == 1
    assert measured.value("ofn_refused_requests_total", ofn_reason="no_route", faas_trigger="pubsub") == 1
    assert measured.value("faas_invocations_total", faas_trigger="timer") == 1
    assert measured.value("faas_invocations_total", faas_trigger="other") == 1
    assert measured.value("faas_errors_total", faas_trigger="pubsub") == 2
    labels = {"messaging_system": "kafka", "messaging_destination_name": "orders-v1", "messaging_operation_name": "process"}
    assert measured.value("messaging_process_duration_seconds_count", error_type="crash", **labels) == 1
    assert measured.value("messaging_process_duration_seconds_count", error_type="drop", **labels) == 1
    assert "http_server_request_duration_seconds" not in measured.scrape().text


def test_what_the_sidecar_asks_is_counted_apart(measured):
    with App(measured.server.port) as sidecar:
        sidecar.subscriptions()
        sidecar.bindings()
        sidecar.app_health()
        sidecar.health()
        sidecar.topic("orders-v1", b"a")
        with pytest.raises(grpc.RpcError):
            sidecar.stub.OnInvoke(common_pb2.InvokeRequest(method="x"), timeout=10)
    for name in ("ListTopicSubscriptions", "ListInputBindings", "HealthCheck", "Check", "OnTopicEvent", "OnInvoke"):
        assert measured.value("ofn_sidecar_callbacks_total", ofn_callback=name) == 1, name
    text = measured.scrape().text
    assert "http_server_request_duration_seconds" not in text
    assert measured.value("ofn_probes_total") == 0
