"""Invalid contexts: exit 4, and for each mistake the variable, the path, what was expected and what was found."""

import json

import pytest

V1, V2 = "FUNC_CONTEXT", "FUNC_CONTEXT_V1BETA2"
TYPE = 'a type that starts with "bindings." or "pubsub."'


def output(**changed):
    return {"componentName": "c", "componentType": "bindings.x", "uri": "u"} | changed


CASES = [
    # variable, its text or value, the complaints
    (V1, "{", [("$", "a JSON object", None)]),
    (V1, "[]", [("$", "a JSON object", "an array")]),
    (V1, '"x"', [("$", "a JSON object", None)]),
    (V2, "not json", [("$", "a JSON object", None)]),
    (V1, "context.json", [("$", "a JSON object", None)]),
    (V1, {"runtime": "Lambda"}, [("$.runtime", '"Knative" or "Async"', '"Lambda"')]),
    (V1, {"runtime": ["Knative"]}, [("$.runtime", '"Knative" or "Async"', "an array")]),
    (V1, {"runtime": "Knative", "port": "http"}, [("$.port", None, '"http"')]),
    (V1, {"runtime": "Knative", "port": 70000}, [("$.port", None, "the number 70000")]),
    (V1, {"runtime": "Knative", "outputs": []}, [("$.outputs", None, "an array")]),
    (V1, {"runtime": "Knative", "outputs": {"o": "x"}}, [("$.outputs.o", "an object", "a string")]),
    (V1, {"runtime": "Knative", "outputs": {"o": output(componentName=None)}}, [("$.outputs.o.componentName", None, "nothing")]),
    (V1, {"runtime": "Knative", "outputs": {"o": output(componentType="kafka")}}, [("$.outputs.o.componentType", TYPE, '"kafka"')]),
    (V1, {"runtime": "Async", "inputs": {"i": output(componentType="state.redis")}}, [("$.inputs.i.componentType", TYPE, None)]),
    (V2, {"triggers": {"dapr": {}}}, [("$.triggers.dapr", None, "an object")]),
    (V2, {"triggers": {"dapr": [{"type": "bindings.cron"}]}}, [("$.triggers.dapr[0].name", None, "nothing")]),
    (V2, {"triggers": {"http": {"port": True}}}, [("$.triggers.http.port", None, "true")]),
    (
        V1,
        {"runtime": "x", "port": "y", "outputs": {"a": output(componentType="k"), "b": output(componentName="")}},
        [
            ("$.runtime", None, '"x"'),
            ("$.port", None, '"y"'),
            ("$.outputs.a.componentType", TYPE, '"k"'),
            ("$.outputs.b.componentName", None, None),
        ],
    ),
]


@pytest.mark.parametrize(("variable", "value", "complaints"), CASES, ids=lambda value: str(value)[:60])
def test_bad_contexts(program, functions, variable, value, complaints):
    text = value if isinstance(value, str) else json.dumps(value)
    check(program, functions, {variable: text}, [(variable, *complaint) for complaint in complaints])


def test_both_variables_are_told_of_at_once(program, functions):
    environment = {V1: '{"runtime":"x"}', V2: '{"triggers":{"dapr":[{}]}}'}
    complaints = [(V1, "$.runtime", None, '"x"'), (V2, "$.triggers.dapr[0].name", None, "nothing")]
    check(program, functions, environment, complaints)


def check(program, functions, environment, complaints):
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run"], environment)
    assert done.code == 4
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    for variable, path, expected, found in complaints:
        start = f"functions-framework: {variable} {path}: expected "
        line = next((line for line in lines if line.startswith(start)), None)
        assert line, f"no line starts with {start!r}"
        assert expected is None or expected in line
        assert ", found " in line
        assert found is None or line.endswith(f", found {found}")
    assert len(lines) == len(complaints), "each mistake is told once, and nothing else"


def test_the_name_of_a_file_is_no_document(program, functions, tmp_path):
    (tmp_path / "context.json").write_text("{}")
    for text in ("context.json", f"@{tmp_path}/context.json"):
        done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run"], {V1: text}, cwd=tmp_path)
        assert done.code == 4
        assert f'found the name of a file, "{text}"; the variable holds the document itself' in done.stderr


HOOKS = [
    # lists of the context, flags, variables, words of the complaint; none: it starts
    ({"prePlugins": ["auht"]}, [], {}, ["pre-hook 'auht'", "which no program registers", "--optional-hooks auht"]),
    ({"postPlugins": ["a"]}, ["--optional-hooks", "b"], {}, ["post-hook 'a'"]),
    ({"prePlugins": ["a"], "postPlugins": ["b"]}, [], {}, ["pre-hook 'a'", "post-hook 'b'"]),
    ({"preHooks": ["a"], "triggers": {"http": {}}}, [], {}, ["pre-hook 'a'"]),
    ({"prePlugins": ["a"], "postPlugins": ["b"]}, ["--optional-hooks", "a,b"], {}, []),
    ({"prePlugins": ["a"], "postPlugins": ["b"]}, [], {"OFN_OPTIONAL_HOOKS": "*"}, []),
    # The lists that the platform writes if tracing is on.
    ({"prePlugins": ["skywalking"], "postPlugins": ["skywalking"]}, [], {}, []),
    (
        {
            "prePlugins": ["skywalking"],
            "postPlugins": ["skywalking"],
            "pluginsTracing": {"enabled": True, "provider": {"name": "skywalking"}},
        },
        [],
        {},
        [],
    ),
]


@pytest.mark.parametrize(("lists", "flags", "environment", "words"), HOOKS, ids=str)
def test_a_hook_that_no_program_registers(program, functions, lists, flags, environment, words):
    """A hook may be a guard, so nothing is served without it."""
    document = json.dumps({"name": "f", **({} if "triggers" in lists else {"runtime": "Knative"}), **lists})
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run", *flags], {V1: document, **environment})
    assert done.code == (4 if words else 0)
    assert all(word in done.stderr for word in words)
    assert words or '"level":"warning"' in done.stderr


def test_the_platforms_lists_with_traces_by_opentelemetry(program, functions):
    section = {"enabled": True, "provider": {"name": "opentelemetry", "exporter": {"endpoint": "collector:4317"}}}
    hooks = {"prePlugins": ["opentelemetry"], "postPlugins": ["opentelemetry"]}
    document = json.dumps({"name": "f", "runtime": "Knative", "pluginsTracing": section, **hooks})
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run"], {V1: document})
    assert done.code == 0
    assert '"level":"warning"' not in done.stderr
    assert '"spans are exported","url":"http://collector:4317/"' in done.stderr


def test_tracing_is_said_to_be_missing(program, functions):
    document = {"runtime": "Knative", "pluginsTracing": {"enabled": True, "provider": {"name": "zipkin"}}}
    done = program.run_to_end(["--source", functions, "--target", "wait", "--dry-run"], {V1: json.dumps(document)})
    assert done.code == 0
    assert "the context enables tracing by" in done.stderr and "this version does not support" in done.stderr


GOOD = [
    {},
    {V1: ""},
    {V1: "{}"},
    {V1: '{"name":null,"runtime":"knative","outputs":null,"unknown":{"a":[1]}}'},
    {V2: '{"name":"f","triggers":{"http":{"port":8080}},"outputs":{"o":{"componentName":"c","componentType":"bindings.x"}}}'},
]


@pytest.mark.parametrize("environment", GOOD, ids=str)
def test_good_contexts(program, functions, environment):
    arguments = ["--source", functions, "--target", "wait", "--dry-run", "--local-sidecar", "off"]
    assert program.run_to_end(arguments, environment).code == 0
