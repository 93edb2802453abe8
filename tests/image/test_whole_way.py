"""From a source in an empty folder to a pod that is stopped: every step takes what the step before has made.

    source → image → registry → pulled → container with the manifest's environment, a real daprd with the manifest's annotations
    → requests → outputs in a component → SIGTERM to both with the manifest's grace → nothing acknowledged is lost
"""

import os
import time

import pytest
import yaml

from image.container import Container, ask_to_stop, check, need
from support.http_client import call, start_call
from support.ports import reserve_port
from support.program import Server
from support.sidecars import Daprd, write_component
from support.waiting import until

IN_FLIGHT = 20
LATE = 5
_STOP = ["--drain-delay", "1s", "--drain-timeout", "3s"]

_SOURCE = """
#include <cstdio>
#include <fstream>
#include <string>
#include <ofn/context.h>
#include <ofn/function.h>

// Stores an order in every output. An order that begins with "slow" takes until the gate has been opened and closed.
ofn::Out order(ofn::Context&, ofn::Bytes data) {
  std::printf("took %s\\n", std::string(data).c_str());
  std::fflush(stdout);
  if (data.starts_with("slow")) std::ifstream("/tmp/gate").get();
  return std::string(data);
}
OFN_FUNCTION(order)
"""
_CONTEXT = """
name: order
version: v2.0.0
runtime: Knative
outputs:
  archive: {componentName: archive, componentType: bindings.localstorage, operation: create}
"""


@pytest.fixture
def project(tmp_path):
    """What an author has: a source, a context, and the components of the cluster."""
    folder = tmp_path / "project"
    (folder / "components").mkdir(parents=True)
    (tmp_path / "landed").mkdir()
    (folder / "order.cc").write_text(_SOURCE)
    (folder / "context.yaml").write_text(_CONTEXT)
    write_component(folder / "components", "archive", "bindings.localstorage", rootPath=tmp_path / "landed")
    return folder


class Pod:
    """What the platform takes from a manifest."""

    def __init__(self, text, port):
        template = next(each for each in yaml.safe_load_all(text) if each["kind"] == "Deployment")["spec"]["template"]
        (container,) = template["spec"]["containers"]
        assert [each["containerPort"] for each in container["ports"]] == [port]
        assert "command" not in container, "the image's entry point is started"
        assert container["securityContext"]["readOnlyRootFilesystem"] and container["securityContext"]["runAsUser"] == 65532
        assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]
        self.image = container["image"]
        self.arguments = container.get("args", [])
        self.grace = template["spec"]["terminationGracePeriodSeconds"]
        self.environment = {each["name"]: each.get("value", "from-the-field") for each in container["env"]}
        self._annotations = template["metadata"]["annotations"]

    def daprd(self, folder):
        """The sidecar, with the flags that Dapr's injector makes of the annotations."""
        given = {name.removeprefix("dapr.io/"): value for name, value in self._annotations.items()}
        assert given.pop("enabled") == "true"
        port, protocol = int(given.pop("app-port")), given.pop("app-protocol")
        flags = ["--app-id", given.pop("app-id"), "--app-max-concurrency", given.pop("app-max-concurrency"), "--max-body-size", given.pop("max-body-size")]
        flags += ["--dapr-block-shutdown-duration", given.pop("block-shutdown-duration")]
        flags += ["--dapr-graceful-shutdown-seconds", given.pop("graceful-shutdown-seconds")]
        assert set(given) == {"sidecar-seccomp-profile-type"}, "each annotation counts"
        return Daprd(folder, app_port=port, app_protocol=protocol, flags=flags)


def run(program, project, *arguments):
    done = program.run_to_end(arguments, cwd=project)
    assert done.code == 0, done.stderr
    return done.stdout


def test_from_a_source_to_a_stop_without_loss(program, project, registry, unpack, tmp_path):
    name = f"{registry}/functions/order:1"
    run(program, project, "image", "--oci", "order.oci", "--target", "order", "order.cc")
    check(need("skopeo"), "copy", "--dest-tls-verify=false", f"oci:{project}/order.oci:latest", f"docker://{name}")
    port = reserve_port()
    flags = ["--image", name, "--context", "context.yaml", "--components", "components", "--port", str(port), *_STOP]
    pod = Pod(run(program, project, "manifest", "--deployment", *flags), port)
    components = run(program, project, "manifest", "--dapr", *flags)

    # The platform's part.
    assert pod.image == name
    check(need("skopeo"), "copy", "--src-tls-verify=false", f"docker://{pod.image}", f"oci:{tmp_path}/pulled:latest")
    container = Container(unpack(tmp_path / "pulled"))
    volume = tmp_path / "volume"
    volume.mkdir()
    volume.chmod(0o777)
    os.mkfifo(volume / "gate")
    (volume / "gate").chmod(0o666)
    with pod.daprd(tmp_path / "sidecar") as sidecar:
        for file in sidecar.components.iterdir():
            file.unlink()
        (sidecar.components / "components.yaml").write_text(components)
        sidecar.launch()
        with Server(container.start(pod.arguments, tmp=volume, environment=pod.environment | sidecar.environment)) as server:
            sidecar.wait_until_ready()
            assert server.url.endswith(f":{port}/")
            assert call(server.url, body=b"first").status == 200
            until(lambda: contents(tmp_path / "landed") == {b"first"}, "the first order to land")

            answers = {b"slow %d" % number: start_call(server.url, body=b"slow %d" % number) for number in range(IN_FLIGHT)}
            until(lambda: server.process.output.count("took slow") == IN_FLIGHT, "all orders to be under way")
            asked = time.monotonic()
            ask_to_stop(server)
            sidecar.process.terminate()
            server.logged('"stopping soon"')
            # Until the platform's proxies know that the pod is stopping, they send to it.
            answers |= {b"late %d" % number: start_call(server.url, body=b"late %d" % number) for number in range(LATE)}
            server.logged('"draining"')
            (volume / "gate").open("wb").close()
            statuses = {order: answer.result().status for order, answer in answers.items()}
            assert server.process.exit_code() == 0
            sidecar.process.exit_code()
            took = time.monotonic() - asked
            sidecar.process = None
    assert took < pod.grace, "nothing is killed"
    assert set(statuses.values()) == {200}
    assert contents(tmp_path / "landed") == {b"first", *statuses}, "an output for each answer"


def contents(folder):
    return {file.read_bytes() for file in folder.rglob("*") if file.is_file()}
