"""Each template of `functions-framework new`: made, compiled, served, called and packaged, by an installed program in an empty home."""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.golden import Golden
from support.http_client import call
from support.memory import is_sanitized
from support.mosquitto import Mosquitto
from support.packages import needs, pack
from support.program import Program, Server
from support.tools import missing
from support.waiting import until

# For each template: a request and its status and answer; None: it is called by an input.
TEMPLATES = {
    "http": ({"path": "/?name=Ada", "method": "GET"}, 200, b"hello, Ada\n"),
    "typed": ({"headers": {"content-type": "application/json"}, "body": b'{"customer":"Ada","lines":[{"item":"pen","count":3}]}'}, 200,
              b'{"text":"thank you, Ada","pieces":3}'),
    "cloudevent": ({"headers": {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/me", "ce-type": "order"}, "body": b"a book"}, 200, b"seen: a book"),
    "openfunction": ({"body": b"a book"}, 200, b"received 6 bytes: a book\n"),
    "cron": None,
    "mqtt": None,
    "topic": None,
    "stream": ({"path": "/?count=2", "method": "GET"}, 200, b"event: count\ndata: 1\n\nevent: count\ndata: 2\n\n"),
}

# What `invoke` takes, where the data that it makes itself are not enough.
INPUTS = {
    "openfunction": ["--data", "a book"],
    "cron": ["--binding", "clock"],
    "mqtt": ["--binding", "measurements", "--data", '{"place":"oven","celsius":20}'],
    "topic": ["--topic", "orders", "--data", "a book"],
}


@pytest.fixture(scope="session")
def installed(program, repository, tmp_path_factory):
    """The program as the Debian package installs it."""
    needs("dpkg-buildpackage", "dh")
    dist, root = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("root")
    pack(repository, program.path.parents[1], dist, "deb")
    (deb,) = dist.glob("functions-framework-cpp_*.deb")
    subprocess.run(["dpkg-deb", "--extract", deb, root], check=True)
    return Program(root / "usr/bin/functions-framework", tmp_path_factory.mktemp("empty"))


@pytest.fixture
def alone(tmp_path_factory):
    """The variables of somebody who runs no other loop: commands that ask the loop find those of other tests, too."""
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o700)
    return {"XDG_RUNTIME_DIR": str(folder)}


@pytest.fixture
def made(installed, tmp_path):
    """made(template): the folder of a new project."""

    def make(template):
        done = installed.run_to_end(["new", f"my-{template}", "--template", template], cwd=tmp_path)
        assert done.code == 0, done.stderr
        return tmp_path / f"my-{template}"

    return make


def test_the_table_is_whole(program):
    said = program.run_to_end(["new", "--help"]).stdout
    listed = re.search(r"--template TEMPLATE +(.*) \[default http\]", said)[1]
    assert re.split(", | or ", listed) == list(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_template(installed, made, alone, template, tmp_path):
    folder = made(template)
    flags = ["--env-file", "dev.env"]
    checked = installed.run_to_end([*flags, "--dry-run"], cwd=folder)
    assert checked.code == 0, checked.stderr
    assert f"Function: my_{template}\n" in checked.stdout
    assert '"level":"warning"' not in checked.stderr, checked.stderr
    clean = installed.run_to_end(["check"], cwd=folder)
    assert clean.code == 0 and clean.stdout.startswith("nothing wrong in "), clean.stdout
    tested = installed.run_to_end(["test", *flags, "--sanitize", "none"], cwd=folder)
    assert tested.code == 0 and re.search(r"^(2|3) tests: \1 passed", tested.stdout, re.MULTILINE), tested.stdout + tested.stderr
    built = installed.run_to_end(["build", *flags, "-o", "function.so"], cwd=folder)
    assert built.code == 0 and f"my_{template}" in built.stdout, built.stderr
    packed = installed.run_to_end(["image", *flags, "--source", "function.so", "--oci", "image"], cwd=folder)
    assert packed.code == 0 and (folder / "image/index.json").exists(), packed.stderr
    with ExitStack() as running:
        if template == "mqtt":
            broker = running.enter_context(Mosquitto(tmp_path, settings="log_type all\n"))
            for component in folder.glob("components/*.yaml"):
                component.write_text(component.read_text().replace("mqtt://127.0.0.1:1883", broker.url))
        server = running.enter_context(Server(installed.run([*flags, "--host", "127.0.0.1", "--port", "0"], cwd=folder)))
        if template == "mqtt":
            broker.process.line(lambda line: "Sending SUBACK to my-mqtt-measurements" in line, "the subscription")
            alarms = running.enter_context(broker.subscribed("alarms"))
            broker.publish("measurements", b'{"place":"oven","celsius":90}')
            assert alarms.next() == b'{"place":"oven","celsius":90}'
        if TEMPLATES[template] is not None:
            request, status, body = TEMPLATES[template]
            answer = call(server.url, **request)
            assert (answer.status, answer.body) == (status, body)
        if template == "openfunction":
            assert (folder / "data/last.txt").read_text() == "received 6 bytes: a book\n"
        if template == "cron":
            until(lambda: list(folder.glob("data/*")), "a tick")
        # In the loop, with the data that `invoke` makes itself, or as the sender sends it.
        dev = running.enter_context(installed.run(["dev", *flags, "--host", "127.0.0.1", "--port", "0"], alone, cwd=folder))
        dev.line(lambda line: "serving build 1" in line, "the first build", seconds=120)
        invoked = installed.run_to_end(["invoke", *INPUTS.get(template, [])], alone, cwd=folder)
        assert invoked.code == 0, invoked.stdout + invoked.stderr
    tracked = subprocess.run(["git", "init", "-q"], cwd=folder, check=False).returncode == 0
    if tracked:
        listed = subprocess.check_output(["git", "ls-files", "-o", "--exclude-standard"], cwd=folder, text=True).split()
        assert {"function.cc", "AGENTS.md", ".vscode/launch.json"} <= set(listed)
        assert not [name for name in listed if name.startswith("data/") or name.endswith(".so")]


@pytest.mark.parametrize("template", TEMPLATES)
def test_editors_see_no_mistake(installed, made, template):
    clangd = shutil.which("clangd-19") or shutil.which("clangd")
    if clangd is None:
        missing("clangd-19 is missing: install it with `./dev setup test`")
    folder = made(template)
    for name in ("function.cc", "function_test.cc"):
        done = subprocess.run([clangd, f"--check={name}", "--check-locations=0"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "All checks completed, 0 errors" in done.stderr, done.stderr
        assert not re.search(r"^[EW]\[", done.stderr, re.MULTILINE), done.stderr
    for file in (*folder.glob(".vscode/*.json"), folder / ".devcontainer/devcontainer.json"):
        json.loads(file.read_text())


def test_the_commands_for_agents_run(installed, made, alone):
    folder = made("http")
    text = (folder / "AGENTS.md").read_text()
    assert len(text.splitlines()) <= 40
    commands = re.findall(r"^    ff (.*?)(?:  +#.*)?$", text, re.MULTILINE)
    assert len(commands) >= 6
    with ExitStack() as running:
        for command in commands:
            if command.startswith("dev"):
                process = running.enter_context(installed.run([*command.split(), "--port", "0"], alone, cwd=folder))
                process.line(lambda line: "serving build 1" in line, "the first build", seconds=120)
                continue
            done = installed.run_to_end(command.split(), alone, cwd=folder)
            assert done.code == 0, (command, done.stderr)


def test_the_first_minutes(request, installed, tmp_path, alone):
    """From nothing to a tested function, with all words on the screen."""
    screen = []
    folder = tmp_path / "greeter"

    def type_in(*words, cwd=folder):
        done = installed.run_to_end(words, alone, cwd=cwd)
        screen.append(f"$ ff {' '.join(words)}\n{done.stdout}{done.stderr}" + (f"(exit code {done.code})\n" if done.code else ""))

    def save(before, after):
        text = (folder / "function.cc").read_text()
        assert before in text
        (folder / "function.cc").write_text(text.replace(before, after))
        screen.append(f"(saved: {before} is now {after})\n")

    def shown(process, words):
        """What `dev` shows, up to a line with these words, since the last time."""

        def said():
            new = process.output[len("".join(seen)):]
            return new[:new.index("\n", new.index(words)) + 1] if words in new else None

        seen.append(until(said, words, seconds=120))
        # A quick compilation is shown only when it has ended.
        screen.extend(f"(dev) {line}\n" for line in seen[-1].splitlines() if not line.endswith("saved function.cc · compiling"))

    seen = []
    type_in("new", "greeter", cwd=tmp_path)
    type_in("invoke")
    with installed.run(["dev", "--env-file", "dev.env", "--port", "0"], alone, cwd=folder) as dev:
        shown(dev, "serving build 1")
        type_in("invoke", "/?name=Ada")
        shown(dev, "GET /?name=Ada 200")
        save("OFN_FUNCTION(greeter)", "OFN_FUNCTIN(greeter)")
        shown(dev, "build 1 goes on serving")
        save("OFN_FUNCTIN(greeter)", "OFN_FUNCTION(greeter)")
        shown(dev, "serving build 3")
        save('"hello, "', '"welcome, "')
        shown(dev, "serving build 4")
        type_in("invoke", "/?name=Ada")
        shown(dev, "GET /?name=Ada 200")
    type_in("test", "--env-file", "dev.env", "--sanitize", "none")
    save('"welcome, "', '"hello, "')
    type_in("test", "--env-file", "dev.env", "--sanitize", "none")
    type_in("check")
    (folder / "dev.env").write_text((folder / "dev.env").read_text().replace("FUNCTION_TARGET", "FUNCTION_TARGT"))
    type_in("check")
    volatile = [(re.escape(str(folder)) + "/", ""), (r"/\S+/include/ofn/", "<ofn>/"), (r"\d\d:\d\d:\d\d", "TIME"),
                (r"\b[\d.,]+ (ms|s|µs)\b", "N s"), (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
                (r"framework \d+\.\d+\.\d+", "framework VERSION")]
    compare = Golden(Path(__file__).parent / "golden", request.config.getoption("--renew-golden"), volatile)
    compare("first minutes", "".join(screen))


def test_nothing_is_overwritten(program, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "function.cc").write_text("mine")
    done = program.run_to_end(["new", "mine"], cwd=tmp_path)
    assert done.code == 1 and "\n  mine/function.cc\n" in done.stderr and "--force" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["function.cc"], "nothing was written"
    assert (folder / "function.cc").read_text() == "mine"
    assert program.run_to_end(["new", "mine", "--force"], cwd=tmp_path).code == 0
    assert "OFN_FUNCTION(mine)" in (folder / "function.cc").read_text()
    # A link that leads elsewhere is in the way, too, and --force does not follow it.
    (folder / "dev.env").unlink()
    (folder / "dev.env").symlink_to(tmp_path / "elsewhere")
    assert "mine/dev.env" in program.run_to_end(["new", "mine"], cwd=tmp_path).stderr
    assert program.run_to_end(["new", "mine", "--force"], cwd=tmp_path).code == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(("arguments", "words"), [
    (["new"], "NAME is required"),
    (["new", ""], "NAME: must not be empty"),
    (["new", "7up"], 'NAME: expected a name of at most 63 letters, digits, - and _'),
    (["new", "a b"], 'found "a b"'),
    (["new", "a", "--template", "htpp"], "did you mean http?"),
])
def test_refusals(program, tmp_path, arguments, words):
    done = program.run_to_end(arguments, cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "") and words in done.stderr
    assert not list(tmp_path.iterdir())


def test_json_and_speed(program, tmp_path):
    begin = time.monotonic()
    done = program.run_to_end(["new", "deep/my-order", "--json"], cwd=tmp_path)
    took = time.monotonic() - begin
    said = json.loads(done.stdout)
    assert (said["version"], said["command"], said["name"], said["function"], said["template"]) == (1, "new", "my-order", "my_order", "http")
    assert all((tmp_path / "deep/my-order" / file).is_file() for file in said["files"])
    assert is_sanitized(program.path) or took < 0.3


def test_words(request, program, repository, tmp_path):
    compare = Golden(repository / "tests/program/golden", request.config.getoption("--renew-golden"))
    compare("new", program.run_to_end(["new", "my-order", "--template", "topic"], cwd=tmp_path).stdout)


def test_a_terminal_is_asked_for_the_template(program, tmp_path):
    """Without a terminal the first template is taken, and nothing is asked."""
    main, ours = os.openpty()
    process = subprocess.Popen([program.path, "new", "asked"], cwd=tmp_path, stdin=ours, stdout=ours, stderr=ours, start_new_session=True)
    os.write(main, b"tpic\ntopic\n")
    assert process.wait(timeout=30) == 0
    os.close(ours)
    said = os.read(main, 1 << 16).decode()
    os.close(main)
    assert 'did you mean topic?' in said
    assert (tmp_path / "asked/components/events.yaml").exists()
