"""One trace through an app in Go, the function and another app in Go, each beside its own daprd, which traces, too.

`--heavy` also asks a real Jaeger for the trace, whose first build takes five minutes of a processor.
"""

import contextlib
import os
import re
from urllib.parse import urlsplit

import pytest

from support.collector import Collector
from support.jaeger import Jaeger
from support.otel_app import OtelApp
from support.ports import reserve_port
from support.program import binding, context, topic
from support.redis import Redis
from support.sidecars import Daprd, write_component
from support.waiting import until

_CONFIGURATION = """\
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: tracing
spec:
  tracing:
    samplingRate: "1"
    otel: {{endpointAddress: "{collector}", isSecure: false, protocol: grpc}}
  nameResolution:
    component: table
    configuration: {{{table}}}
"""


@pytest.fixture(params=["collector", "jaeger"])
def traces(request, tmp_path):
    """Who takes the spans of all six."""
    if request.param == "collector":
        it = Collector()
    elif request.config.getoption("--heavy"):
        it = Jaeger(tmp_path)
    else:
        pytest.skip("only with --heavy")
    with it:
        yield it


class Chain:
    def __init__(self, stack, folder, traces):
        self._stack, self._folder, self._traces = stack, folder, traces
        self._collector = urlsplit(traces.url("grpc")).netloc
        self._internal = {f"{name}-sidecar": reserve_port() for name in ("front", "ours", "back")}
        self._components = []
        self.back_port = reserve_port()
        self.front = None
        self.trace = os.urandom(16).hex()
        table = ", ".join(f'{name}: "127.0.0.1:{port}"' for name, port in self._internal.items())
        (folder / "configuration.yaml").write_text(_CONFIGURATION.format(collector=self._collector, table=table))

    def component(self, name, type, of=("front", "ours", "back"), **metadata):
        self._components.append((name, type, of, metadata))

    def _sidecar(self, name, port, protocol):
        id = f"{name}-sidecar"
        flags = ["--app-id", id, "--config", self._folder / "configuration.yaml", "--dapr-internal-grpc-port", self._internal[id]]
        # Its spans leave soon.
        variables = {"OTEL_BSP_SCHEDULE_DELAY": "20"}
        sidecar = Daprd(self._folder / name, flags, app_port=port, app_protocol=protocol, variables=variables)
        for component, type, of, metadata in self._components:
            if name in of:
                write_component(sidecar.components, component, type, **metadata)
        return self._stack.enter_context(sidecar)

    def start(self, program, source, function_context, protocol):
        """Starts all six, and returns the function's server; `protocol`: the function's."""
        ports = {"front": reserve_port(), "ours": reserve_port(), "back": self.back_port}
        sidecars = {name: self._sidecar(name, port, protocol if name == "ours" else "http") for name, port in ports.items()}
        apps = {
            name: self._stack.enter_context(
                OtelApp(name, ports[name], sidecars[name].http_port, self._collector, subscribe="bus/second" if name == "back" else "")
            )
            for name in ("front", "back")
        }
        self.front = apps["front"]
        environment = sidecars["ours"].environment | {
            "APP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self._traces.url("grpc"),
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "20",
            "OTEL_SERVICE_NAME": "ours",
        }
        flags = ["--access-log", "on"]
        server = self._stack.enter_context(program.serve(source, "pass_on", function_context, environment, flags, port=ports["ours"]))
        for sidecar in sidecars.values():
            sidecar.launch()
        for sidecar in sidecars.values():
            sidecar.wait_until_ready()
        return server

    def send(self, to, data):
        """Makes the first app send to its sidecar, as a part of the trace."""
        headers = {"traceparent": f"00-{self.trace}-00f067aa0ba902b7-01", "Content-Type": "text/plain"}
        answer = self.front.relay(to, data, headers)
        assert answer.is_success, (answer.status, answer.text)

    def arrives(self, *tree):
        """Waits until the trace's spans are these, each as "service: KIND name", indented below its parent."""
        expected = "".join(f"{line}\n" for line in tree)
        try:
            until(lambda: self.shown() == expected, "the spans")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are:\n{self.shown()}expected:\n{expected}") from None

    def shown(self):
        spans = self.spans()
        known = {span.id for span in spans}

        def below(parent, indent):
            return "".join(
                f"{indent}{_service(span)}: {span.kind} {span.name}\n{below(span.id, indent + '  ')}"
                for span in spans
                if (span.parent if span.parent in known else None) == parent
            )

        return below(None, "")

    def spans(self):
        """Without those of the function's start."""
        found = (span for span in self._traces.trace(self.trace) if span.name not in ("init", "compile", "load"))
        return sorted(found, key=lambda span: span.began)

    def named(self, service, name):
        span, = (span for span in self.spans() if (_service(span), span.name) == (service, name))
        return span


def _service(span):
    return span.resource["service.name"]


@pytest.fixture
def chain(traces, tmp_path):
    with contextlib.ExitStack() as stack:
        yield Chain(stack, tmp_path, traces)


@pytest.fixture
def source(request):
    return request.path.with_name("chain_functions.cc")


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path) as it:
        yield it


def test_over_calls(chain, program, source):
    chain.start(program, source, context([]), "http")
    chain.send("/v1.0/invoke/ours-sidecar/method/hop", b"call back-sidecar")
    chain.arrives(
        "front: SERVER POST /relay",
        "  front: CLIENT HTTP POST",
        "    front-sidecar: CLIENT CallLocal/ours-sidecar/hop",
        "      ours-sidecar: SERVER CallLocal/ours-sidecar/hop",
        "        ours: SERVER POST /{path...}",
        "          ours: CLIENT InvokeService back-sidecar",
        "            ours-sidecar: CLIENT CallLocal/back-sidecar/called",
        "              back-sidecar: SERVER CallLocal/back-sidecar/called",
        "                back: SERVER POST /called",
    )


def start_with_topics(redis, chain, program, source, protocol):
    chain.component("bus", "pubsub.redis", redisHost=redis.host)
    inputs = dict([topic("first", "bus", type="pubsub.redis")])
    chain.start(program, source, context([topic("second", "bus", type="pubsub.redis")], "Async", inputs=inputs), protocol)


def test_over_topics(redis, chain, program, source):
    start_with_topics(redis, chain, program, source, "http")
    chain.send("/v1.0/publish/bus/first", b"data")
    chain.arrives(
        "front: SERVER POST /relay",
        "  front: CLIENT HTTP POST",
        "    front-sidecar: CLIENT /v1.0/publish/bus/first",
        "      ours-sidecar: CLIENT pubsub/first",
        "        ours: CONSUMER process first",
        "          ours: PRODUCER send second",
        "            ours-sidecar: CLIENT /dapr.proto.runtime.v1.Dapr/PublishEvent",
        "              back-sidecar: CLIENT pubsub/second",
        "                back: SERVER POST /second",
    )
    # The event was published by that span.
    assert chain.named("ours", "process first").links == [chain.named("front-sidecar", "/v1.0/publish/bus/first").context]


def test_over_topics_to_a_function_over_grpc(redis, chain, program, source):
    """daprd does not say which span delivers: the event's own context keeps the trace together."""
    start_with_topics(redis, chain, program, source, "grpc")
    chain.send("/v1.0/publish/bus/first", b"data")
    chain.arrives(
        "front: SERVER POST /relay",
        "  front: CLIENT HTTP POST",
        "    front-sidecar: CLIENT /v1.0/publish/bus/first",
        "      ours-sidecar: CLIENT pubsub/first",
        "      ours: CONSUMER process first",
        "        ours: PRODUCER send second",
        "          ours-sidecar: CLIENT /dapr.proto.runtime.v1.Dapr/PublishEvent",
        "            back-sidecar: CLIENT pubsub/second",
        "              back: SERVER POST /second",
    )
    assert chain.named("ours", "process first").links == []


def test_to_a_binding(chain, program, source):
    """daprd passes the function's context on, and not its own span's."""
    chain.component("web", "bindings.http", url=f"http://127.0.0.1:{chain.back_port}/bound")
    chain.start(program, source, context([binding("web", type="bindings.http", operation="post")]), "http")
    chain.send("/v1.0/invoke/ours-sidecar/method/hop", b"data")
    chain.arrives(
        "front: SERVER POST /relay",
        "  front: CLIENT HTTP POST",
        "    front-sidecar: CLIENT CallLocal/ours-sidecar/hop",
        "      ours-sidecar: SERVER CallLocal/ours-sidecar/hop",
        "        ours: SERVER POST /{path...}",
        "          ours: CLIENT post web",
        "            ours-sidecar: CLIENT /dapr.proto.runtime.v1.Dapr/InvokeBinding",
        "            back: SERVER POST /bound",
    )


def test_from_a_binding(broker, chain, program, source):
    """daprd breaks the trace: a message of a binding carries no context, and its delivery begins another trace."""
    for name, direction in (("front", "output"), ("ours", "input")):
        chain.component("queue", "bindings.mqtt3", of=[name], url=broker.url, topic="queue", consumerID=name, direction=direction)
    function_context = context([], "Async", inputs=dict([binding("queue", type="bindings.mqtt3")]))
    server = chain.start(program, source, function_context, "grpc")

    def delivered():
        # The broker drops messages that come before daprd has subscribed.
        chain.send("/v1.0/bindings/queue", b'{"data":"x","operation":"create"}')
        return re.search(r'"message":"delivery".*"trace_id":"(\w+)"', server.process.output)

    sent, chain.trace = chain.trace, until(delivered, "a delivery")[1]
    assert chain.trace != sent
    chain.arrives("ours-sidecar: CLIENT bindings/queue", "  ours: CONSUMER process queue")
