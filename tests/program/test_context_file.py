"""--context: the function's context from a file, as JSON or YAML, in either schema."""

import json

import pytest

from support.http_client import call

V1 = {"name": "f", "runtime": "Knative", "port": "8091"}
V2 = {"name": "f", "triggers": {"http": {"port": 8092}}}
YAML = "# as JSON is above\nname: f\nruntime: Knative\nport: 8093\n"

FILES = {
    "v1.json": (json.dumps(V1), 8091),
    "v2.json": (json.dumps(V2, indent=2), 8092),
    "v1.yaml": (YAML, 8093),
    "v2.yml": (json.dumps(V2), 8092),
    "no-extension": (YAML, 8093),
}


@pytest.fixture
def context_files(tmp_path):
    for name, (text, _) in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def dry_run(program, functions, folder, *flags, **environment):
    return program.run_to_end(["--source", functions, "--target", "wait", "--dry-run", *flags], environment, cwd=folder)


@pytest.mark.parametrize("name", FILES)
def test_both_formats_and_both_schemas(program, functions, context_files, name):
    done = dry_run(program, functions, context_files, "--context", name)
    assert done.code == 0
    assert f"URL: http://0.0.0.0:{FILES[name][1]}/\n" in done.stdout


WAYS = [
    # flags, the environment, the port
    ([], {"OFN_CONTEXT_FILE": "v1.json"}, 8091),
    (["--context", "v1.yaml"], {"OFN_CONTEXT_FILE": "v1.json"}, 8093),
    (["--env-file", "dev.env"], {}, 8092),
    (["--context", "v1.json", "--port", "1001"], {}, 1001),
    (["--context", "v1.json"], {"PORT": "1002"}, 1002),
]


@pytest.mark.parametrize(("flags", "environment", "port"), WAYS, ids=str)
def test_the_flag_comes_before_its_variable(program, functions, context_files, flags, environment, port):
    (context_files / "dev.env").write_text("OFN_CONTEXT_FILE=v2.json\n")
    done = dry_run(program, functions, context_files, *flags, **environment)
    assert done.code == 0
    assert f"URL: http://0.0.0.0:{port}/\n" in done.stdout


def test_it_comes_before_the_variables(program, functions, context_files):
    other = json.dumps({"runtime": "Knative", "port": "8094"})
    done = dry_run(program, functions, context_files, "--context", "v1.json", FUNC_CONTEXT=other, FUNC_CONTEXT_V1BETA2="{")
    assert done.code == 0
    assert "URL: http://0.0.0.0:8091/\n" in done.stdout
    for variable in ("FUNC_CONTEXT", "FUNC_CONTEXT_V1BETA2"):
        words = f'{variable} is not used, because --context names the context\'s file \\"v1.json\\"'
        assert f'"level":"info","message":"{words}"' in done.stderr


def test_a_served_function_and_a_linked_program_get_it(serve, linked, tmp_path):
    file = tmp_path / "context.yaml"
    file.write_text("runtime: Knative\nhttpPattern: /only\n")
    for options in ({}, {"program": linked("linked_functions"), "source": "none is needed"}):
        server = serve("counted", "--context", file, **options)
        assert call(server.url, "/only").text == "1"
        assert call(server.url, "/other").status == 404


BAD = [
    # the file's name, its text, each complaint
    ("c.json", '{\n"port": "http"}', ['c.json:2 $.port: expected a port from 1 to 65535, found "http"']),
    ("c.yaml", "runtime: x\noutputs:\n  a:\n    componentName: c\n", ["c.yaml:1 $.runtime: expected ", "c.yaml:3 $.outputs.a.componentType: "]),
    ("c.json", "{", ["c.json:1 $: expected a JSON object, found "]),
    ("c.yaml", "a: [", ["c.yaml:1 $: expected a YAML document, found not valid YAML: "]),
    ("c.yaml", "", ["c.yaml $: expected one YAML document, found nothing"]),
    ("c.yaml", "inputs: {i: {componentName: c, componentType: bindings.x}}", ["c.yaml:1 $.inputs: expected a member that says "]),
    ("c.yaml", "apiVersion: v1\nkind: Function\n", ["c.yaml:2 $: expected the context, "]),
    ("c.yaml", "runtime: Knative\nhttpPattern: users\n", ["c.yaml:2 $.httpPattern: expected a route"]),
    ("c.yaml", "#" * (1024 * 1024 + 1), ['--context: expected a file that can be read, found "c.yaml" (the file is larger than 1 MiB)']),
]


@pytest.mark.parametrize(("name", "text", "complaints"), BAD, ids=lambda value: str(value)[:40])
def test_mistakes_name_file_line_and_path(program, functions, tmp_path, name, text, complaints):
    (tmp_path / name).write_text(text)
    done = dry_run(program, functions, tmp_path, "--context", name)
    assert done.code == 4
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == len(complaints)
    assert all(line.startswith("functions-framework: " + words) for line, words in zip(lines, complaints, strict=True))


@pytest.mark.parametrize("file", ["missing.json", ".", "/dev/zero", ""])
def test_a_file_that_cannot_be_read(program, functions, tmp_path, file):
    done = dry_run(program, functions, tmp_path, "--context", file, FUNC_CONTEXT="{}")
    assert done.code == 4
    assert done.stderr.startswith(f'functions-framework: --context: expected a file that can be read, found "{file}" (')
    named = dry_run(program, functions, tmp_path, OFN_CONTEXT_FILE="missing.json")
    assert named.code == 4
    assert "functions-framework: OFN_CONTEXT_FILE: expected a file that can be read" in named.stderr


def test_a_build_has_no_context(program, tmp_path):
    done = program.run_to_end(["build", "-o", "made.so", "--context", "c.json"], cwd=tmp_path)
    assert done.code == 2
    assert "unknown flag --context" in done.stderr
