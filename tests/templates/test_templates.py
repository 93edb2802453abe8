"""Each template, from `func create` to `func invoke`."""

import json
import re
from dataclasses import dataclass, replace

import pytest

from buildpack.conftest import buildpack_of
from support.console import Console, blocks
from support.http_client import call
from support.program import Server
from support.waiting import until
from templates.language_pack import Repository, excluded

TEMPLATES = ("http", "cloudevents", "openfunction")
# What `func invoke` sends if it is told nothing else.
_DATA = b'{"message":"Hello World"}'
_EVENT = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/boson/fn", "ce-type": "boson.fn"}


@dataclass(frozen=True)
class Created:
    template: str
    folder: object
    function: object


@pytest.fixture(scope="module")
def pack(repository):
    return Repository(repository)


@pytest.fixture(params=TEMPLATES)
def created(request, pack, tmp_path):
    folder = tmp_path / "function"
    return Created(request.param, folder, pack.create("cpp", request.param, folder))


def test_the_repository(pack, repository, program):
    assert pack.templates() == {("cpp", template) for template in TEMPLATES}
    assert pack.manifest["name"] == "ofn"
    assert pack.manifest["version"] == program.run_to_end(["--version"]).stdout.split()[1]
    assert Repository(repository / "templates").templates() == pack.templates(), "a local folder is a repository, too"


def test_what_func_yaml_says(created, repository):
    function = created.function
    builder = re.search(r"pack builder create (\S+)", (repository / "buildpack/README.md").read_text())[1]
    assert function.builder_images == {"pack": builder}, "the builder that buildpack/README.md makes"
    assert function.health == {"liveness": "/health/liveness", "readiness": "/health/readiness"}
    assert function.build_variables == {"FUNC_NAME": "handle"}
    assert function.invoke == ("cloudevent" if created.template == "cloudevents" else "http")


def test_the_readmes_commands(created, program, repository):
    """Among them those that test the function."""
    with Console(program, created.folder, None) as console:
        for block in blocks((created.folder / "README.md").read_text()):
            console.take(block)
    left = {path.name for path in created.folder.iterdir()} - {path.name for path in (repository / "templates/cpp" / created.template).iterdir()}
    ignored = (created.folder / ".gitignore").read_text().splitlines()
    assert {f"/{name}" for name in left if not name.startswith(".")} <= set(ignored), "git ignores what the commands leave"


def test_a_function_that_fails_its_test_says_so(created, program, repository):
    source = created.folder / "function.cc"
    source.write_text(source.read_text().replace("hello, ", "bye, ").replace("seen: ", "was: ").replace("received ", "got "))
    with Console(program, created.folder, None) as console, pytest.raises(AssertionError, match=r"Handle\.\w+ failed"):
        console.type("functions-framework test --source function.cc", "…passed (…")


@pytest.fixture
def served(created, program, repository, tmp_path):
    """Built by the buildpack with the variables that `func build` sets, and started with those that a container gets."""
    for name in excluded(created.folder):
        (created.folder / name).unlink(missing_ok=True)
    made = buildpack_of(program, repository, created.folder, tmp_path / "layers")
    done = made.run("build", created.function.build_variables | {"BPE_DEFAULT_LISTEN_ADDRESS": "[::]:8080"})
    assert done.code == 0, done.stdout + done.stderr
    variables = made.variables()
    assert variables["LISTEN_ADDRESS"] == "[::]:8080"
    # Port 8080 of all addresses is the container's own. Here it is a free one of this machine's.
    variables |= created.function.run_variables | {"LISTEN_ADDRESS": "127.0.0.1:0", "OFN_LOCAL_SIDECAR": "on"}
    with Server(program.run([], variables, cwd=created.folder)) as server:
        yield replace(created, function=server)


def test_probes_are_answered(served, pack, tmp_path):
    health = pack.create("cpp", served.template, tmp_path / "another").health
    for path in health.values():
        for fields in ({"user-agent": "kube-probe/1.30"}, {"k-kubelet-probe": "queue"}, {"k-network-probe": "queue"}):
            assert call(served.function.url, path, method="GET", headers=fields).status == 200, (path, fields)


def test_invoke(served):
    """By the format that func.yaml says."""
    json_type = {"content-type": "application/json"}
    url = served.function.url
    if served.template == "http":
        answer = call(url, headers=json_type, body=_DATA)
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, _DATA, "application/json")
    elif served.template == "cloudevents":
        answer = call(url, headers=json_type | _EVENT, body=_DATA)
        assert (answer.status, answer.body) == (200, b"seen: " + _DATA)
        assert (answer.headers["ce-id"], answer.headers["ce-type"]) == ("1-reply", "boson.fn.seen")
        structured = {"specversion": "1.0", "id": "2", "source": "/s", "type": "t", "data": "x", "datacontenttype": "text/plain"}
        answer = call(url, headers={"content-type": "application/cloudevents+json"}, body=json.dumps(structured).encode())
        assert json.loads(answer.body)["data"] == "seen: x"
    else:
        expected = f"received {len(_DATA)} bytes: {_DATA.decode()}\n".encode()
        assert call(url, headers=json_type, body=_DATA).body == expected
        stored = served.folder / "data/receipt.txt"
        until(lambda: stored.exists() and stored.read_bytes() == expected, "the output's file")
