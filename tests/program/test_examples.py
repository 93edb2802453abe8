"""Every file under examples/ is built, run, and does what its comments and the documentation say."""

import datetime
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.console import Console, commands, sections
from support.dockerfile import Images
from support.http_client import call
from support.ports import reserve_port
from support.program import Server
from support.raw import Raw
from support.scheduler import Scheduler
from support.sidecars import named_daprd, write_component
from support.waiting import until

# The files that these tests run. A new example needs a test first.
TESTED = {
    "Dockerfile",
    "README.md",
    "async/components/archive.yaml",
    "async/components/clock.yaml",
    "async/components/events.yaml",
    "async/func_context.json",
    "async/function.cc",
    "await/offer.cc",
    "cloudevent/on_event.cc",
    "csv/convert.cc",
    "curl/relay.cc",
    "event/event.json",
    "event/on_file.cc",
    "forms/forms.cc",
    "guard/shop.cc",
    "hello/hello.cc",
    "hooks/components/archive.yaml",
    "hooks/func_context.json",
    "hooks/function.cc",
    "http-binding/components/archive.yaml",
    "http-binding/components/events.yaml",
    "http-binding/func_context.json",
    "http-binding/function.cc",
    "invoke/components/reminders.yaml",
    "invoke/func_context.json",
    "invoke/functions.cc",
    "iterating-outputs/components/archive.yaml",
    "iterating-outputs/components/events.yaml",
    "iterating-outputs/func_context.json",
    "iterating-outputs/function.cc",
    "lifecycle/database.h",
    "lifecycle/orders.cc",
    "linked/CMakeLists.txt",
    "linked/main.cc",
    "logging/orders.cc",
    "mqtt/components/alarms.yaml",
    "mqtt/components/measurements.yaml",
    "mqtt/func_context.json",
    "mqtt/function.cc",
    "multiple/functions.cc",
    "path-parameters/functions.cc",
    "plugin-sum/func_context.json",
    "plugin-sum/function.cc",
    "plugin-sum/plugins.cc",
    "postgres/database.h",
    "postgres/function.cc",
    "quota/function.cc",
    "resize/resize.cc",
    "rest/orders.cc",
    "shared/CMakeLists.txt",
    "shared/goodbye.cc",
    "shared/hello.cc",
    "state/components/visits.yaml",
    "state/func_context.json",
    "state/function.cc",
    "streaming/ticks.cc",
    "task/components/letters.yaml",
    "task/components/receipts.yaml",
    "task/func_context.json",
    "task/function.cc",
    "typed/order.cc",
    "upload/checksum.cc",
    "webhook/hook.cc",
}


def test_every_example_has_a_test(repository):
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "examples"], cwd=repository, text=True)
    names = {name.removeprefix("examples/") for name in listed.split()}
    names -= {name for name in names if name.endswith("_test.cc")}  # test_function_tests.py runs them
    assert {name for name in names if not name.startswith(".")} == TESTED, "files for tools, such as .clang-tidy, need no test"


@pytest.fixture
def clone(program, examples, tmp_path):
    """The top of a clone in which the program is built. It is a copy, so files that examples write do not get into the tree."""
    shutil.copytree(examples, tmp_path / "examples", ignore=shutil.ignore_patterns("data"))
    (tmp_path / "build").symlink_to(program.path.parents[1])
    return tmp_path


SECTIONS = sections((Path(__file__).resolve().parents[2] / "examples" / "README.md").read_text())


@pytest.mark.parametrize("name", SECTIONS)
def test_the_readme_shows_how_an_example_is_run_and_what_it_prints(program, clone, name):
    typed = [command for block in SECTIONS[name] if block.kind == "console" for command, _ in commands(block)]
    if any("ofn_DIR" in command for command in typed):
        needs_package(program)
    with Console(program, clone, Images(program, clone)) as console:
        for block in SECTIONS[name]:
            console.take(block)


def test_the_readme_has_each_example_in_one_order(repository):
    listed = re.findall(r"^\| \d+ \| \[(\S+)\]\((\S+)\)", (repository / "examples" / "README.md").read_text(), re.MULTILINE)
    assert [name for name, _ in listed] == list(SECTIONS)
    assert {name for name, _ in listed} == {file.split("/")[0] for file in TESTED - {"README.md"}}
    assert all(link in TESTED and link.startswith(name) for name, link in listed)


@pytest.fixture
def serve_folder(program, examples, tmp_path):
    """serve_folder(name, target): a copy of the example's folder, with its context and the local sidecar.

    The local sidecar is "on", because a developer's daprd may also run. The default is "auto".
    """
    servers = []

    def start(name, target, local_sidecar="on"):
        folder = tmp_path / name
        shutil.copytree(examples / name, folder, ignore=shutil.ignore_patterns("data"))
        environment = {"FUNC_CONTEXT": (folder / "func_context.json").read_text(), "OFN_LOCAL_SIDECAR": local_sidecar}
        arguments = ["--source", "function.cc", "--target", target, "--host", "127.0.0.1", "--port", "0"]
        servers.append(Server(program.run(arguments, environment, cwd=folder)))
        return folder, servers[-1]

    yield start
    for server in servers:
        server.process.end()


@pytest.fixture(scope="module")
def http_binding(program, repository, examples, tmp_path_factory):
    """A copy of the example's folder, served with the flags of `./dev run`."""
    flags = re.search(r"--source (\S+) --target (\S+) --port 8080", (repository / "dev").read_text())
    assert flags, "./dev run serves it"
    folder = tmp_path_factory.mktemp("example") / "http-binding"
    shutil.copytree(examples / "http-binding", folder, ignore=shutil.ignore_patterns("data"))
    environment = {
        "FUNC_CONTEXT": (folder / "func_context.json").read_text(),
        "OFN_LOCAL_SIDECAR": "on",  # because a developer's daprd may also run
    }
    arguments = ["--source", flags[1], "--target", flags[2], "--host", "127.0.0.1", "--port", "0"]
    with Server(program.run(arguments, environment, cwd=folder)) as server:
        yield folder, server


def test_http_binding(http_binding):
    """The README's own calls: test_documents.py."""
    folder, server = http_binding
    server.logged("local sidecar listening")
    for query, expected in (("/", b"hello, world\n"), ("/?name=%00%FF", b"hello, \0\xff\n")):
        done = call(server.url, query, method="GET")
        assert (done.status, done.body) == (200, expected)
        assert (folder / "data" / "greeting.txt").read_bytes() == expected


def test_http_binding_acknowledges_nothing_that_did_not_land(http_binding):
    folder, server = http_binding
    file = folder / "data" / "greeting.txt"
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    answer = call(server.url)
    assert answer.status == 502 and "archive" in answer.text
    file.rmdir()
    assert call(server.url).status == 200 and file.read_bytes() == b"hello, world\n"


def test_hello(serve, examples):
    url = serve("hello", source=examples / "hello" / "hello.cc").url
    assert call(url, "/?name=Ada", method="GET").body == b"hello, Ada\n"
    assert call(url, method="GET").body == b"hello, world\n"
    assert (call(url).status, call(url).body) == (405, b"only GET\n")


def test_cloudevent(serve, examples):
    server = serve("on_event", source=examples / "cloudevent" / "on_event.cc")
    fields = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "order"}
    answer = call(server.url, headers=fields, body=b"a book")
    assert (answer.status, answer.body) == (200, b"seen: a book")
    assert (answer.headers["ce-id"], answer.headers["ce-type"]) == ("1-reply", "order.seen")
    assert answer.headers["content-type"] == "text/plain"
    server.logged("order 1 from /shop")


def test_event(serve, examples):
    source = examples / "event" / "on_file.cc"
    server = serve("on_file", source=source)
    event = (source.parent / "event.json").read_text()
    json_type = {"content-type": "application/json"}
    answer = call(server.url, headers=json_type, body=event.encode())
    assert (answer.status, answer.body) == (200, b"")
    said = 'google.storage.object.finalize projects/_/buckets/b/objects/a.txt: {"kind": "storage#object", "size": "7"}'
    server.logged(said)
    # The same event as a CloudEvent.
    fields = {"ce-specversion": "1.0", "ce-id": "2", "ce-source": "//storage.googleapis.com/projects/_/buckets/b"}
    fields |= {"ce-type": "google.cloud.storage.object.v1.finalized", "ce-subject": "objects/c.txt"}
    answer = call(server.url, headers=json_type | fields, body=b'{"kind":"storage#object"}')
    assert answer.status == 200
    server.logged('google.storage.object.finalize projects/_/buckets/b/objects/c.txt: {"kind":"storage#object"}')


MULTIPLE = [
    ("GET", "/users", 200, b"7 Ada\n8 Grace\n"),
    ("GET", "/users/7", 200, b"Ada\n"),
    ("GET", "/users/9", 404, b"there is no such user\n"),
    ("PATCH", "/users/9", 200, b"stored: 9 Linus"),
    ("POST", "/users/9", 405, b"allowed here: GET, HEAD, PATCH, PUT\n"),
    ("GET", "/files/a/b.txt", 200, b"the file a/b.txt\n"),
    ("GET", "/version", 200, b"1\n"),
    ("GET", "/elsewhere", 404, b"not found\n"),
]


def test_multiple(serve, examples):
    server = serve(None, source=examples / "multiple" / "functions.cc")
    for method, path, status, body in MULTIPLE:
        answer = call(server.url, path, method=method, body=b"Linus")
        assert (answer.status, answer.body) == (status, body), (method, path)
    fields = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "order"}
    assert call(server.url, "/events", headers=fields, body=b"a book").status == 200


def test_hooks(serve_folder):
    folder, server = serve_folder("hooks", "echo")
    for name, expected in ((b"Ada", b"HELLO, ADA!\n"), (b"", b"HELLO, !\n")):
        assert call(server.url, body=name).body == expected
        assert (folder / "data" / "greeting.txt").read_bytes() == expected


def test_async(serve_folder):
    folder, server = serve_folder("async", "keep")

    def kept():
        return [path.read_bytes() for path in (folder / "data").rglob("*") if path.is_file()]

    until(lambda: b"tick of clock" in kept(), "what the clock's tick left")


@pytest.mark.parametrize("way", ["directory", "plugin"])
def test_plugin_sum(program, examples, tmp_path, way):
    folder = examples / "plugin-sum"
    context = json.loads((folder / "func_context.json").read_text())
    source, flags = folder, ()
    if way == "plugin":
        source, plugins = folder / "function.cc", tmp_path / "plugins.so"
        built = program.run_to_end(["build", "--source", folder / "plugins.cc", "-o", plugins])
        assert built.code == 0 and "sum (plugin)" in built.stdout, built.stderr
        flags = ("--plugin", plugins)
    with program.serve(source, "numbers", context, flags=flags) as server:
        for numbers, total in ((b"1 2 3 4", b"10"), (b"5", b"5"), (b"", b"0")):
            assert call(server.url, body=numbers).body == numbers + b" = " + total


def test_a_hook_that_fails_is_logged_and_the_call_goes_on(program, examples):
    """`sum` fails because the context does not name `odd`; an optional hook may be missing."""
    flags = ["--optional-hooks", "nobody"]
    context = json.loads((examples / "plugin-sum" / "func_context.json").read_text()) | {"prePlugins": ["even", "nobody"]}
    with program.serve(examples / "plugin-sum", "numbers", context, flags=flags) as server:
        server.logged("names an optional hook that no program registers")
        assert call(server.url, body=b"1 2").body == b"1 2"
        server.logged("hook failed")


def test_streaming(serve, examples):
    with Raw(serve("ticks", source=examples / "streaming" / "ticks.cc").port) as raw:
        raw.send(b"GET /?pause=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        seen = b""
        while seen.count(b"event: tick\n") < 3:
            seen += raw.receive()
    assert b"content-type: text/event-stream\r\n" in seen
    assert b"event: tick\ndata: 2\n\n" in seen


def test_upload(serve, examples):
    url = serve("checksum", source=examples / "upload" / "checksum.cc").url
    assert call(url, body=b"hello\n").text == "a9bc80cca21f28b3 6 bytes\n"
    assert call(url).text == "cbf29ce484222325 0 bytes\n"


def test_task(serve_folder):
    folder, server = serve_folder("task", "post")
    answer = call(server.url, body=b"Dear Ada")
    assert (answer.status, answer.body) == (200, b"posted\n")
    assert (folder / "data" / "letters" / "letter").read_bytes() == b"Dear Ada"
    assert (folder / "data" / "receipts" / "receipt").read_bytes() == b"8 bytes\n"


def test_state(serve_folder):
    _, server = serve_folder("state", "visit", local_sidecar="auto")
    server.logged("local sidecar listening")
    for name, count in ((b"Ada", b"1\n"), (b"Grace", b"1\n"), (b"Ada", b"2\n"), (b"Ada", b"3\n")):
        answer = call(server.url, body=name)
        assert (answer.status, answer.body) == (200, count)


def test_invoke(program, examples, tmp_path):
    folder, port = tmp_path / "sidecar", reserve_port()
    with Scheduler(tmp_path / "scheduler") as scheduler, named_daprd("shop", folder, port, ["--scheduler-host-address", scheduler.address]) as sidecar:
        write_component(sidecar.components, "reminders", "bindings.localstorage", rootPath=folder / "archive")
        context = json.loads((examples / "invoke" / "func_context.json").read_text())
        with program.serve(examples / "invoke" / "functions.cc", None, context, sidecar.environment, port=port) as server:
            sidecar.start()
            answer = call(server.url, "/orders/tea")
            assert (answer.status, answer.body) == (201, b"tea costs 3\n")
            until(lambda: sidecar.landed("archive") == [b"tea"], "the reminder")


def test_iterating_outputs(serve_folder):
    folder, server = serve_folder("iterating-outputs", "spread")
    answer = call(server.url, body=b"data")
    assert (answer.status, answer.body) == (200, b"archive: sent\nevents: sent\n")
    assert [p.name for p in (folder / "data").iterdir()] == ["note.txt"], "the answer itself is not forwarded"
    assert (folder / "data" / "note.txt").read_bytes() == b"for archive: data\n"


def test_path_parameters(serve, examples):
    server = serve(None, source=examples / "path-parameters" / "functions.cc")
    assert call(server.url, "/http/Ada", method="GET").body == b"hello, Ada\n"
    fields = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "order"}
    reply = call(server.url, "/cloudevent/Grace%20H", headers=fields, body=b"")
    assert (reply.status, reply.body, reply.headers["ce-type"]) == (200, b"hello, Grace H", "greeting")
    assert call(server.url, "/openfunction/Ada", body=b"data").body == b"hello, Ada: data\n"
    typed = call(server.url, "/typed/Ada", method="PUT", body=b'{"word":"hi"}', headers={"content-type": "application/json"})
    assert (typed.status, typed.body) == (200, b'{"word":"hi, Ada"}')
    assert call(server.url, "/typed/Ada", method="POST").headers["allow"] == "PUT"


def test_rest(serve, examples):
    server = serve(None, source=examples / "rest" / "orders.cc")
    headers = {"content-type": "application/json", "accept": "application/json"}
    assert call(server.url, "/orders", method="GET").body == b"[]"
    made = call(server.url, "/orders", method="POST", headers=headers, body=b'{"item":"tea","note":"hot"}')
    assert (made.status, made.headers["location"]) == (201, "/orders/1")
    order = json.loads(made.body)
    assert datetime.datetime.fromisoformat(order.pop("created")[:26] + "+00:00").year >= 2026
    assert order == {"item": "tea", "count": 1, "note": "hot", "id": "1", "state": "open"}
    assert json.loads(call(server.url, "/orders/1", method="GET").body)["item"] == "tea"
    assert [each["id"] for each in json.loads(call(server.url, "/orders", method="GET").body)] == ["1"]
    missing = call(server.url, "/orders/2", method="GET", headers=headers)
    assert (missing.status, missing.headers["content-type"]) == (404, "application/problem+json")
    wrong = call(server.url, "/orders", method="POST", headers=headers, body=b'{"item":"","count":101}')
    assert (wrong.status, wrong.headers["content-type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in json.loads(wrong.body)["errors"]] == ["#/item", "#/count"]


def test_typed(program, serve, examples):
    source = examples / "typed" / "order.cc"
    server = serve("order", source=source)
    headers = {"content-type": "application/json"}
    body = b'{"customer": "Ada", "lines": [{"item": "tea", "count": 2}]}'
    answer = call(server.url, headers=headers, body=body)
    assert (answer.status, answer.body) == (200, b'{"text":"thank you, Ada","pieces":2}')
    wrong = call(server.url, headers=headers, body=body.replace(b"2", b"-2"))
    assert (wrong.status, wrong.body) == (
        400,
        b"$.lines[0].count: expected an integer from 0 to 4294967295, found the number -2\n",
    )
    printed = program.run_to_end(["--source", source, "--target", "order", "--print-schema"])
    assert json.loads(printed.stdout)["functions"]["order"]["argument"] == {"$ref": "#/$defs/Order"}


def needs_package(program):
    """The build directory of the program, in which CMake finds the package."""
    package = program.path.parents[1]
    if not (package / "ofn-targets.cmake").exists() or not (package / "src" / "libofn_framework.a").exists():
        pytest.skip(f"{package} is not a build directory in which everything is built")
    return package


GREETINGS = [("hello", "/?name=Ada", b"hello, Ada\n"), ("polite::goodbye", "/", b"goodbye\n")]


def check_greetings(program, source):
    for target, path, body in GREETINGS:
        with program.serve(source, target) as server:
            assert call(server.url, path).body == body


def test_shared_as_a_directory(program, examples):
    check_greetings(program, examples / "shared")


def test_shared_built_by_its_user(program, examples, tmp_path):
    """The package is the one in the program's build directory."""
    package = needs_package(program)
    for step in (["-S", examples / "shared", "-B", tmp_path, f"-Dofn_DIR={package}"], ["--build", tmp_path]):
        done = subprocess.run(["cmake", *step], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    check_greetings(program, tmp_path / "libgreetings.so")


LINKED = [("app::hello", "/?name=Ada", b"hello, Ada\n"), ("app::goodbye", "/", b"goodbye\n")]


@pytest.mark.parametrize(("target", "path", "body"), LINKED)
def test_linked(linked, target, path, body):
    with linked("linked_example").serve("none is needed", target) as server:
        assert call(server.url, path).body == body
        assert "function compiled" not in server.process.output


def test_linked_without_such_a_function(linked):
    done = linked("linked_example").run_to_end(["--target", "nobody", "--dry-run"])
    assert done.code == 3
    assert "nobody" in done.stderr and "app::hello, app::goodbye" in done.stderr


def test_the_dockerfile_installs_what_a_build_needs(repository):
    """It names the packages that `./dev build` installs, except those that only a developer needs."""
    installed = re.search(r"AS framework\nRUN .*--no-install-recommends((?:.*\\\n)*.*)\n", (repository / "examples" / "Dockerfile").read_text())
    needed = re.search(r"^build_packages=\(([^)]*)\)", (repository / "dev").read_text(), re.MULTILINE)
    assert set(installed[1].replace("\\", "").split()) == set(needed[1].split()) - {"git", "ca-certificates", "ccache"}
