"""The family's contract §2 from outside: the seven flags, their variables, the builder's aliases, and their precedence."""

import itertools
from dataclasses import dataclass

import pytest

from support.http_client import call
from support.program import Server

LAST_LINE = "Dry run successful, shutting down.\n"


@dataclass(frozen=True)
class Row:
    """One setting. `shown` is a dry run's text for a value."""

    flag: str
    variable: str
    alias: str | None
    values: tuple
    shown: str
    code: int = 0


ROWS = [
    Row("--target", "FUNCTION_TARGET", "FUNC_NAME", ("wait", "crash", "relay"), "Function: {}\n"),
    Row(
        "--source",
        "FUNCTION_SOURCE",
        "FUNC_SRC",
        ("flag.cc", "variable.cc", "alias.cc"),
        "File {} that is expected to define function doesn't exist\n",
        code=3,
    ),
    Row(
        "--signature-type",
        "FUNCTION_SIGNATURE_TYPE",
        "FUNC_TYPE",
        ("cloudevent", "event", "typed"),
        "the signature type '{}' was asked for, but the C++ type of the function 'wait' is 'http', which is used",
    ),
    Row("--host", "HOST", None, ("127.0.0.1", "localhost"), "URL: http://{}:8080/\n"),
    Row("--port", "PORT", None, ("1001", "1002"), "URL: http://0.0.0.0:{}/\n"),
]
WAYS = [
    # the ways in which it is set; the way whose value counts
    (("flag",), "flag"),
    (("variable",), "variable"),
    (("flag", "variable"), "flag"),
    (("alias",), "alias"),
    (("variable", "alias"), "variable"),
    (("flag", "variable", "alias"), "flag"),
]
MATRIX = [
    pytest.param(row, setters, winner, id=f"{row.flag} by {' and '.join(setters)}")
    for row, (setters, winner) in itertools.product(ROWS, WAYS)
    if row.alias or "alias" not in setters
]


@pytest.mark.parametrize(("row", "setters", "winner"), MATRIX)
def test_matrix(program, functions, row, setters, winner):
    values = dict(zip(("flag", "variable", "alias"), row.values, strict=False))
    environment = {"FUNCTION_TARGET": "wait", "FUNCTION_SOURCE": str(functions), "DRY_RUN": "yes"}
    # An alias counts only if the variable is empty or not set.
    environment |= {row.variable: values["variable"] if "variable" in setters else environment.get(row.variable, "")}
    if "alias" in setters:
        environment |= {row.variable: values["variable"] if "variable" in setters else "", row.alias: values["alias"]}
    arguments = [row.flag, values["flag"]] if "flag" in setters else []
    done = program.run_to_end(arguments, environment)
    assert done.code == row.code
    assert row.shown.format(values[winner]) in done.stdout + done.stderr
    assert not any(row.shown.format(value) in done.stdout + done.stderr for who, value in values.items() if who != winner)


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory):
    """A folder for which no flag is needed: main.cc with a function called `function`."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "main.cc").write_text('#include <ofn/function.h>\nstd::string function() { return "plain\\n"; }\n')
    return folder


DRY_RUNS = [
    # arguments, environment
    (["--dry-run"], {}),
    ([], {"DRY_RUN": "true"}),
    ([], {"DRY_RUN": "1"}),
    (["--dry-run"], {"DRY_RUN": "false"}),
]


@pytest.mark.parametrize(("arguments", "environment"), DRY_RUNS)
def test_nothing_is_set_and_a_dry_run_prints_three_lines(program, plain_folder, arguments, environment):
    done = program.run_to_end(arguments, environment, cwd=plain_folder)
    assert done.code == 0
    assert done.stdout == "Function: function\nURL: http://0.0.0.0:8080/\n" + LAST_LINE
    assert "was asked for" not in done.stderr, "nobody asked for a signature type"
    assert ("the variable DRY_RUN asks for a dry run" in done.stderr) == (arguments == [])


def test_without_dry_run_it_serves(program, plain_folder):
    arguments = ["--host", "127.0.0.1", "--port", "0"]

    with Server(program.run(arguments, {"DRY_RUN": "no"}, cwd=plain_folder)) as server:
        assert call(server.url).body == b"plain\n"


DEBUG = [
    # arguments, environment, True if debug is on
    (["--debug"], {}, True),
    (["--debug"], {"DEBUG": "false"}, True),
    *[([], {"DEBUG": value}, True) for value in ("true", "1", "yes", "on", "TRUE")],
    *[([], {"DEBUG": value}, False) for value in ("false", "0", "no", "off", "", "common:*,ofn:*", "*", "nonsense")],
]


@pytest.mark.parametrize(("arguments", "environment", "is_debug"), DEBUG)
def test_debug_is_readable_and_listens_on_loopback(program, functions, arguments, environment, is_debug):
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run", *arguments], environment)
    assert done.code == 0
    assert f"URL: http://{'127.0.0.1' if is_debug else '0.0.0.0'}:8080/\n" in done.stdout
    assert ('"message":"function loaded"' in done.stderr) == (not is_debug)
    assert ("function loaded source=" in done.stderr) == is_debug


DEBUG_HOSTS = [
    ({}, "127.0.0.1"),
    ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "0.0.0.0"),
    ({"K_SERVICE": "greeter"}, "0.0.0.0"),
    ({"POD_NAME": "greeter-1"}, "0.0.0.0"),
    ({"HOST": "127.0.0.3"}, "127.0.0.3"),
]


@pytest.mark.parametrize(("environment", "host"), DEBUG_HOSTS)
def test_debug_host(program, functions, environment, host):
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run", "--debug"], environment)
    assert f"URL: http://{host}:8080/\n" in done.stdout


def test_a_log_filter_that_names_us_shows_details_in_production_format(program, functions):
    arguments = ["--source", functions, "--target", "wait", "--dry-run"]
    assert '"level":"debug"' in program.run_to_end(arguments, {"DEBUG": "common:*,ofn:*"}).stderr
    assert '"level":"debug"' not in program.run_to_end(arguments, {"DEBUG": "common:*"}).stderr


FOREIGN_HOSTS = ["x86_64-conda-linux-gnu.invalid", "192.0.2.1", "tcp://10.0.0.1:80", "a/b", "127.0.0.1:80"]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_host_of_another_tool_is_a_warning(program, functions, host):
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run"], {"HOST": host})
    assert done.code == 0
    assert "URL: http://0.0.0.0:8080/\n" in done.stdout
    assert done.stderr.count('"level":"warning"') == 1
    assert "HOST is" in done.stderr and host in done.stderr and "--host" in done.stderr


def test_a_host_of_another_tool_does_not_end_the_start(program, functions):
    environment = {"HOST": "192.0.2.1", "DEBUG": "true"}
    arguments = ["--source", functions, "--target", "app::echo", "--port", "0"]
    with Server(program.run(arguments, environment)) as server:
        assert call(server.url).status == 200


PORTS = [
    # arguments, environment, the context's port, the port in use
    (["--port", "1"], {"PORT": "2"}, '"3"', 1),
    ([], {"PORT": "2"}, '"3"', 2),
    ([], {}, '"3"', 3),
    ([], {}, "3", 3),
    ([], {"PORT": ""}, "3", 3),
    ([], {}, "null", 8080),
    ([], {}, '""', 8080),
]


@pytest.mark.parametrize(("arguments", "environment", "in_context", "port"), PORTS)
def test_port(program, functions, arguments, environment, in_context, port):
    context = {"FUNC_CONTEXT": f'{{"name":"f","runtime":"Knative","port":{in_context}}}'}
    done = program.run_to_end(
        ["--source", functions, "--target", "wait", "--dry-run", *arguments], environment | context
    )
    assert f"URL: http://0.0.0.0:{port}/\n" in done.stdout


SEEN = [
    # target, flags, environment, the two variables that user code sees
    ("environment", [], {}, "http"),
    ("environment", ["--signature-type", "cloudevent"], {}, "http"),
    ("environment", [], {"FUNCTION_TARGET": "other", "FUNCTION_SIGNATURE_TYPE": "event"}, "http"),
]


@pytest.mark.parametrize(("target", "flags", "environment", "signature"), SEEN)
def test_what_user_code_sees(serve, target, flags, environment, signature):
    server = serve(target, *flags, environment=environment)
    assert call(server.url).text == (
        f"FUNCTION_TARGET={target}\nFUNCTION_SIGNATURE_TYPE={signature}\nloading: FUNCTION_TARGET={target}\n"
    )


USAGE = [
    # arguments, environment, words of the one complaint
    (["--taget", "x"], {}, ["unknown flag --taget", "did you mean --target?"]),
    (["serve"], {}, ['unknown command "serve"']),
    (["--port"], {}, ["--port"]),
    (["--port", "http"], {}, ["--port: expected a number from 0 to 65535, found \"http\""]),
    ([], {"PORT": "65536"}, ["PORT: expected a number from 0 to 65535, found \"65536\""]),
    (["--debug=maybe"], {}, ['--debug: expected true or false, found "maybe"']),
    ([], {"DRY_RUN": "maybe"}, ["DRY_RUN", "maybe"]),
    (["--signature-type", "grpc"], {}, ["--signature-type", "http, cloudevent, event, openfunction or typed", '"grpc"']),
    (["--host", "http://x"], {}, ["--host", '"http://x"']),
    (["--host", "127.0.0.1:80"], {}, ["--host", '"127.0.0.1:80"', "without a port"]),
    (["--concurrency", "0"], {}, ["--concurrency: expected a number from 1"]),
    (["--timeout", "soon"], {}, ["--timeout", '"soon"']),
    (["--port", "x", "--queue", "-1"], {"DRY_RUN": "?"}, ["--port", "--queue", "DRY_RUN"]),
    ([], {"PORT": "tcp://10.0.0.1:80"}, ['PORT: expected a number from 0 to 65535, found "tcp://10.0.0.1:80" (this is how Kubernetes']),
    ([], {"LISTEN_ADDRESS": "8080"}, ["LISTEN_ADDRESS: expected an address and a port, such as [::]:8080", '"8080"']),
    (["--optional-hooks", "a,,b"], {}, ["--optional-hooks", '"a,,b"']),
    (["build", "--source", "x.cc"], {}, ["--output"]),
]


@pytest.mark.parametrize(("arguments", "environment", "words"), USAGE, ids=lambda value: " ".join(value))
def test_usage_errors(program, arguments, environment, words):
    done = program.run_to_end(arguments, environment)
    assert done.code == 2
    assert done.stdout == ""
    assert all(word in done.stderr for word in words), done.stderr


def test_help_names_every_flag_with_its_variable_and_default(program):
    done = program.run_to_end(["--help"])
    assert done.code == 0
    for row in ROWS:
        line = next(line for line in done.stdout.splitlines() if line.strip().startswith(row.flag + " "))
        assert row.variable in line and (row.alias or "") in line
    assert "[PORT; default 8080]" in done.stdout


def test_anything_else_that_fails_is_1(program, functions):
    output = '{"o":{"componentName":"c","componentType":"bindings.localstorage","uri":"o"}}'
    context = {"FUNC_CONTEXT": f'{{"name":"f","runtime":"Knative","outputs":{output}}}'}
    arguments = ["--source", functions, "--target", "wait", "--port", "0", "--components", "nowhere"]
    done = program.run_to_end([*arguments, "--local-sidecar", "on"], context)
    assert done.code == 1
    assert "nowhere" in done.stderr
