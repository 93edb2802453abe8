"""Every file under examples/ is built, run, and does what its comments and the documentation say."""

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
    "linked/greetings.cc",
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
    names -= {name for name in names if name.endswith("_test.cc")}  # test_function_tests.py runs them: they have what an author sees of each example
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


def needs_package(program):
    """The build directory of the program, in which CMake finds the package."""
    package = program.path.parents[1]
    if not (package / "ofn-targets.cmake").exists() or not (package / "src" / "libofn_framework.a").exists():
        pytest.skip(f"{package} is not a build directory in which everything is built")
    return package


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
