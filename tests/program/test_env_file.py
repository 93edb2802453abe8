"""--env-file: variables from files, for the settings and for the function, in every mode."""

import re

import pytest

from support.http_client import call

LABELLED = re.compile(r"functions-framework: (\S+): expected ")


@pytest.fixture
def env_file(tmp_path):
    """env_file(text, name): a file of variables."""

    def write(text, name="dev.env"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_the_settings_and_the_function_see_the_variables(serve, env_file):
    file = env_file("# settings\nexport FUNCTION_TARGET=from_file\r\nFROM_FILE = \"a $b\\tc\" # comment\n")
    server = serve(None, "--env-file", file)
    assert call(server.url).text == "FROM_FILE=a $b\tc\nloading: FROM_FILE=a $b\tc\n"


def test_a_linked_program_sees_them_when_it_is_called(serve, linked, env_file):
    file = env_file("FROM_FILE=linked\n")
    server = serve("from_file", "--env-file", file, program=linked("linked_functions"), source="none is needed")
    assert call(server.url).text == "FROM_FILE=linked\nloading: FROM_FILE=(unset)\n"


WINNERS = [
    # flags, the environment, the value
    (["--env-file", "one"], {}, "1"),
    (["--env-file", "one", "--env-file", "two"], {}, "2"),
    (["--env-file", "two", "--env-file", "one"], {}, "1"),
    (["--env-file", "one,two"], {}, "2"),
    ([], {"OFN_ENV_FILE": "one,two"}, "2"),
    (["--env-file", "one"], {"OFN_ENV_FILE": "two"}, "1"),
    (["--env-file", "one,two"], {"FROM_FILE": "outer"}, "outer"),
    (["--env-file", "one"], {"FROM_FILE": ""}, ""),
    (["--env-file", "empty"], {}, ""),
]


@pytest.mark.parametrize(("flags", "environment", "value"), WINNERS, ids=str)
def test_the_environment_comes_first_then_the_last_file(serve, env_file, tmp_path, flags, environment, value):
    for name, text in (("one", "FROM_FILE=0\nFROM_FILE=1\n"), ("two", "FROM_FILE=2\n"), ("empty", "FROM_FILE=\n")):
        env_file(text, name)
    server = serve("from_file", *flags, environment=environment, cwd=tmp_path)
    assert call(server.url).text == f"FROM_FILE={value}\nloading: FROM_FILE={value}\n"


ORIGINS = [
    # the file, the exit code, words of the complaint
    ("\nPORT=abc\n", 2, ['dev.env:2 (PORT): expected a number from 0 to 65535, found "abc"']),
    ("OFN_QUEUE=x\nTIMEOUT=1\nOFN_TIMEOUT=x\n", 2, ["dev.env:1 (OFN_QUEUE): expected", "dev.env:3 (OFN_TIMEOUT): expected"]),
    ("FUNC_CONTEXT={\n", 4, ["dev.env:1 (FUNC_CONTEXT) $: expected a JSON object"]),
    ('FUNC_CONTEXT_V1BETA2={"triggers":5}\n', 4, ["dev.env:1 (FUNC_CONTEXT_V1BETA2) $.triggers: expected an object"]),
    ("FUNCTION_SIGNATURE_TYPE=event\n", 0, ['"set_by":"', "dev.env:1 (FUNCTION_SIGNATURE_TYPE)"]),
    ("DRY_RUN=1\n", 0, ["dev.env:1 (DRY_RUN) asks for a dry run"]),
    ("HOST=192.0.2.1\n", 0, ['dev.env:1 (HOST) is \\"192.0.2.1\\", which is not an address of this machine']),
    ("APP_PROTOCOL=smtp\n", 0, ['dev.env:1 (APP_PROTOCOL) is \\"smtp\\"']),
    ("DAPR_GRPC_PORT=x\n", 0, ["no sidecar is needed, but ", "dev.env:1 (DAPR_GRPC_PORT): expected"]),
]


@pytest.mark.parametrize(("text", "code", "words"), ORIGINS, ids=lambda value: str(value)[:40])
def test_messages_name_the_line(program, functions, env_file, text, code, words):
    flags = [] if "DRY_RUN" in text else ["--dry-run"]
    done = program.run_to_end(["--source", functions, "--target", "wait", *flags, "--env-file", env_file(text)])
    assert done.code == code
    assert all(word in done.stderr for word in words), done.stderr


BAD = [
    # the file, the lines with a mistake
    ("A\nB=1\nC='x\n1=2\n", ["dev.env:1", "dev.env:3", "dev.env:4"]),
    (b"A=1\nB=\0\n", ["dev.env:2"]),
    ("A=1\n\nOFN_ENV_FILE=other.env\n", ["dev.env:3"]),
    ("A=".encode("utf-16"), ["dev.env:1"]),
]
COMMANDS = [["--dry-run"], ["--print-schema"], ["--print-openapi"], [], ["build", "-o", "made.so"], ["sidecar"]]


@pytest.mark.parametrize(("text", "lines"), BAD, ids=str)
@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_each_wrong_line_is_told(program, env_file, tmp_path, command, text, lines):
    done = program.run_to_end([*command, "--env-file", env_file(text).name], cwd=tmp_path)
    assert done.code == 2
    assert done.stdout == ""
    assert [LABELLED.match(line)[1] for line in done.stderr.splitlines()] == lines


UNREADABLE = [
    # the flag's text, words of the complaint
    ("missing.env", ['--env-file: expected a file that can be read, found "missing.env" (there is no such file)']),
    (".", ['found "." (it is a directory, not a file)']),
    ("/dev/zero", ['found "/dev/zero" (it is a pipe or a device, not a regular file)']),
    ("large.env", ['found "large.env" (the file is larger than 1 MiB)']),
    ("missing.env,.", ["missing.env", "it is a directory"]),
    ("", ["expected names of files"]),
]


@pytest.mark.parametrize(("given", "words"), UNREADABLE, ids=str)
def test_a_file_that_cannot_be_read(program, env_file, tmp_path, given, words):
    env_file("#" * (1024 * 1024 + 1), "large.env")
    done = program.run_to_end(["--env-file", given, "--dry-run"], cwd=tmp_path)
    assert done.code == 2
    assert all(word in done.stderr for word in words), done.stderr


def test_a_name_that_is_given_twice(program, functions, env_file):
    file = env_file("FUNCTION_TARGET=nobody\nFUNCTION_TARGET=wait\n")
    done = program.run_to_end(["--source", functions, "--dry-run", "--env-file", file])
    assert done.code == 0
    assert "Function: wait\n" in done.stdout
    assert f'"level":"warning","message":"{file}:2: FUNCTION_TARGET is given again; line 1 is not used"' in done.stderr


@pytest.mark.parametrize("flags", [[], ["--debug"]], ids=str)
def test_no_value_is_shown(program, functions, env_file, flags):
    file = env_file("FUNCTION_TARGET=from_file\nFROM_FILE=tiger\nDAPR_API_TOKEN=tiger\nSET=tiger\nFROM_FILE='tiger'\n")
    done = program.run_to_end(["--source", functions, "--dry-run", "--env-file", file, *flags], {"SET": "1"})
    assert done.code == 0
    assert "tiger" not in done.stdout + done.stderr


def test_build_reads_them(program, source, env_file, tmp_path):
    file = env_file(f"FUNCTION_SOURCE={source}\nOFN_CXX=/nowhere/g++\n")
    done = program.run_to_end(["build", "-o", tmp_path / "made.so", "--env-file", file])
    assert done.code == 3
    assert "/nowhere/g++" in done.stderr


def test_the_sidecar_reads_them(program, env_file, tmp_path):
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "files.yaml").write_text(
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: files}\nspec:\n"
        "  type: bindings.localstorage\n  version: v1\n  metadata: [{name: rootPath, envRef: ROOT_OF_FILES}]\n"
    )
    file = env_file("ROOT_OF_FILES=made\n")
    arguments = ["sidecar", "--grpc-port", "0", "--env-file", file]
    with program.run(arguments, cwd=tmp_path) as process:
        process.line(lambda line: "listening" in line, "the sidecar's address")
    assert (tmp_path / "made").is_dir()
