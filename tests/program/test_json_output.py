"""What commands print with --json, compared with docs/json-output.schema.json."""

import json

import pytest
from jsonschema import Draft202012Validator

# Arguments in the folder of the fixture, the exit code, and a member with its value.
RESULTS = [
    (["build", "--source", "hello.cc", "-o", "hello.so", "--json"], 0, ("functions", [{"name": "hello", "signature": "http"}])),
    (["image", "--source", "hello.cc", "--oci", "made", "--json"], 0, ("image", "made:latest")),
    (["manifest", "check", "--json", "good.yaml"], 0, ("findings", [])),
    (["manifest", "check", "--json", "old.yaml", "missing.yaml"], 1, ("objects", 1)),
    (["check", "--json", "--source", "hello.cc"], 7, ("errors", 1)),
    (["doctor", "--json"], None, None),
    (["new", "a", "--json"], 0, ("function", "a")),
    (["docs", "--json"], 0, None),
    (["docs", "--grep", "OFN_FUNCTION", "--json"], 0, None),
    (["docs", "--grep", "no line has this[0-9]", "--json"], 0, ("lines", [])),
    (["docs", "flags", "--json"], 0, ("topic", "flags")),
    (["test", "--source", "hello.cc", "--sanitize", "none", "--coverage", "--json"], 0, ("passed", 1)),
    (["test", "--source", "order.cc", "--sanitize", "none", "--fuzz", "--cases", "20", "--seed", "4", "--json"], 6, ("seed", 4)),
]


@pytest.fixture(scope="module")
def schema(repository):
    schema = json.loads((repository / "docs/json-output.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def folder(repository, tmp_path):
    (tmp_path / "hello.cc").write_text((repository / "examples/hello/hello.cc").read_text())
    (tmp_path / "hello_test.cc").write_text('#include <ofn/testing/gtest.h>\nTEST(Hello, Works) { EXPECT_EQ(ofn::testing::Program().get("/").status, 200); }\n')
    (tmp_path / "order.cc").write_text(
        "#include <ofn/function.h>\n#include <ofn/typed.h>\nstruct Order { int count = 0; };\nOFN_FIELDS(Order, count)\n"
        "int order(const Order&) { throw 1; }\nOFN_FUNCTION(order)\n")
    (tmp_path / "good.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n")
    (tmp_path / "old.yaml").write_text("kind: HTTPScaledObject\napiVersion: http.keda.sh/v1alpha1\n")
    return tmp_path


@pytest.mark.parametrize(("arguments", "code", "member"), RESULTS, ids=[" ".join(row[0]) for row in RESULTS])
def test_result(program, schema, folder, arguments, code, member):
    done = program.run_to_end(arguments, cwd=folder)
    # What is wrong on the machine is not the matter of this test.
    assert done.code == code or (code is None and done.code in (0, 7)), done.stderr
    result = json.loads(done.stdout)
    schema.validate(result)
    assert result["version"] == 1
    assert arguments[: len(result["command"].split())] == result["command"].split()
    if arguments[0] not in ("check", "doctor"):
        assert done.stdout.count("\n") == 1
    if member:
        assert result[member[0]] == member[1]


def test_results_of_the_commands_that_ask_the_loop(program, schema, folder):
    program.run_to_end(["new", "asked", "--template", "openfunction"], cwd=folder)
    made = folder / "asked"
    (folder / "runtime").mkdir(mode=0o700)
    alone = {"XDG_RUNTIME_DIR": str(folder / "runtime")}  # the loops of other tests are not seen
    with program.run(["dev", "--env-file", "dev.env", "--port", "0"], alone, cwd=made) as dev:
        dev.line(lambda line: "serving build 1" in line, "the first build", seconds=120)

        def result(*arguments):
            done = program.run_to_end([*arguments, "--json"], alone, cwd=made)
            assert done.code == 0, done.stderr
            said = json.loads(done.stdout)
            schema.validate(said)
            assert said["command"] == arguments[0]
            return said

        asked = result("invoke", "--data", "a book")
        assert (asked["status"], asked["body"]) == (200, "received 6 bytes: a book\n")
        assert result("invoke", "--data", "a book", "--repeat", "3")["statuses"] == {"200": 3}
        assert len(result("requests")["requests"]) == 4
        assert result("requests", asked["id"])["sent"][0]["output"] == "archive"
        assert result("replay", asked["id"])["captured"] is True
        assert result("wait", "--since", "60s")["matched"] is True
        assert result("logs")["lines"]


def test_the_sidecar_says_where_it_listens(program, schema, folder):
    (folder / "components").mkdir()
    with program.run(["sidecar", "--grpc-port", "0", "--json"], cwd=folder) as sidecar:
        said = sidecar.line(lambda line: json.loads(line) if line.startswith('{"version"') else None, "the result")
        schema.validate(said)
        assert (said["command"], said["endpoint"]) == ("sidecar", f"127.0.0.1:{said['port']}")


def test_a_failure_has_no_result(program, folder):
    done = program.run_to_end(["build", "--source", "missing.cc", "-o", "a.so", "--json"], cwd=folder)
    assert (done.code, done.stdout) == (3, "") and done.stderr


def test_each_command_with_json_is_in_the_schema(program, schema):
    """`dev` writes events instead."""
    listed = program.run_to_end(["docs", "llms.txt"]).stdout.partition("## Commands")[2]
    commands = [line.split("`")[1][2:].strip() for line in listed.splitlines() if line.startswith("- `ff")]
    with_json = {command for command in commands if "\n  --json " in program.run_to_end([*command.split(), "--help"]).stdout}
    assert with_json - {"dev"} <= set(schema.schema["$defs"]), "docs/json-output.schema.json lacks a command"
