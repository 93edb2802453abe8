"""What `functions-framework check` finds, says and corrects, from outside.

If its words change on purpose, renew the golden files and review the difference:

    ./dev test pytest tests/check --renew-golden
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from support.golden import Golden

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


@pytest.fixture(scope="session")
def compare(request):
    return Golden(HERE / "golden", request.config.getoption("--renew-golden"), [])


@pytest.fixture
def folder(tmp_path):
    """folder(name): a copy of a function's folder."""

    def copy(name):
        shutil.copytree(HERE / name, tmp_path / name)
        return tmp_path / name

    return copy


def rules_of_the_program():
    page = (HERE.parents[1] / "docs" / "check.md").read_text()
    return set(re.findall(r"^\| (OFN\d{4}) ", page, re.MULTILINE))


def test_every_rule_finds_its_mistake(program, compare):
    done = program.run_to_end(["check"], cwd=HERE / "wrong")
    assert (done.code, done.stderr) == (7, "")
    assert "do-not-show" not in done.stdout
    compare("wrong", done.stdout)
    # Those are found in other tests: a context that is no JSON, what --deep finds, and rules that exclude each other.
    elsewhere = {"OFN1001", "OFN1002", "OFN1005", "OFN1006", "OFN2015", "OFN2016", "OFN3002", "OFN3007", "OFN6001", "OFN6002", "OFN6003"}
    found = set(re.findall(r"\[(OFN\d{4})", done.stdout))
    assert rules_of_the_program() - found <= elsewhere, rules_of_the_program() - found


def test_a_doubtful_context(program, tmp_path):
    """Anything of which the program warns when it reads the context."""
    (tmp_path / "func_context.json").write_text(json.dumps({
        "name": "f", "version": "v2.0.0", "runtime": "Knative", "port": "8080", "triggers": {"http": {"port": 9090}}}))
    done = program.run_to_end(["check", "--json"], cwd=tmp_path)
    doubtful = [each for each in json.loads(done.stdout)["findings"] if each["id"] == "OFN1005"]
    assert [(each["severity"], "two ports" in each["message"]) for each in doubtful] == [("warning", True)], done.stdout


def test_colours_are_for_a_terminal(program, compare, tmp_path):
    fifo = tmp_path / "keys"
    os.mkfifo(fifo)
    at_a_terminal = [sys.executable, HERE.parents[1] / "tests" / "support" / "at_a_terminal.py", fifo]
    for name, variables, is_coloured in (("plain", {"NO_COLOR": "1", "TERM": "xterm"}, False), ("coloured", {"TERM": "xterm"}, True)):
        done = program.run_to_end(["check", "func_context.json"], variables, cwd=HERE / "wrong", prefix=at_a_terminal)
        assert ("\x1b[" in done.stdout) == is_coloured
        compare(f"terminal {name}", done.stdout.replace("\r\n", "\n"))


def test_fix_corrects_what_is_certain_and_nothing_else(program, compare, folder):
    copy = folder("fixable")
    copy.joinpath("dev.env").chmod(0o640)
    done = program.run_to_end(["check", "--fix", "--env-file", "dev.env"], cwd=copy)
    assert (done.code, done.stdout) == (0, "nothing wrong in 1 context, 1 component file, 1 file of variables, 1 source file\n")
    assert "dev.env: 2 mistakes are corrected" in done.stderr
    assert copy.joinpath("dev.env").stat().st_mode & 0o777 == 0o640
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        compare(f"fixed {path.relative_to(copy)}".replace("/", " "), path.read_text())
    assert not [path for path in copy.rglob(".ofn-*")], "no file is left over"


def test_fix_writes_nothing_if_it_may_not(program, folder):
    copy = folder("fixable")
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    subprocess.run(["mount", "--version"], check=True, capture_output=True)
    reads_only = ["unshare", "-m", "sh", "-c", 'mount --bind -o ro "$0" "$0" && exec "$@"', copy]
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("only root can mount")
    done = program.run_to_end(["check", "--fix", copy], prefix=reads_only)
    assert done.code == 1 and "cannot be written: Read-only file system" in done.stderr
    assert before == {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def test_fix_follows_a_link(program, folder):
    copy = folder("fixable")
    real = copy.parent / "shared.env"
    copy.joinpath("dev.env").rename(real)
    copy.joinpath("dev.env").symlink_to(real)
    assert program.run_to_end(["check", "--fix"], cwd=copy).code == 0
    assert copy.joinpath("dev.env").is_symlink() and "OFN_TIMEOUT='5s'" in real.read_text()


def test_json_has_what_the_text_has(program):
    done = program.run_to_end(["check", "--json"], cwd=HERE / "wrong")
    result = json.loads(done.stdout)
    assert (done.code, result["version"]) == (7, 1)
    text = program.run_to_end(["check"], cwd=HERE / "wrong").stdout
    for each in result["findings"]:
        assert f"{each['file']}:{each['line']}:{each['column']}: {each['severity']}: {each['message']}" in text
    assert sum(result[kind] for kind in ("errors", "warnings", "notes")) == len(result["findings"])
    assert result["checked"] == {"contexts": 1, "components": 4, "env_files": 2, "sources": 1, "manifests": 1}


def test_sarif_is_valid(program, tmp_path):
    file = tmp_path / "found.sarif"
    done = program.run_to_end(["check", "--sarif", file, "--json"], cwd=HERE / "wrong")
    log = json.loads(file.read_text())
    judged = Sarif.model_validate(log)  # made of the schema that OASIS publishes; refuses unknown members
    results = judged.runs[0].results
    assert len(results) == len(json.loads(done.stdout)["findings"])
    rules = judged.runs[0].tool.driver.rules
    assert {rule.id for rule in rules} == rules_of_the_program()
    for result in results:
        assert result.ruleId.split("/")[0] == rules[result.ruleIndex].id
        assert (HERE / "wrong" / result.locations[0].physicalLocation.artifactLocation.uri).is_file()
    assert any(result.fixes for result in results)
    printed = program.run_to_end(["check", "--sarif", "-"], cwd=HERE / "wrong")
    assert json.loads(printed.stdout) == log


def test_a_variable_is_checked_if_no_file_is(program, tmp_path):
    done = program.run_to_end(["check", "--sarif", "-"], {"FUNC_CONTEXT": '{"name":"f",'}, cwd=tmp_path)
    result = Sarif.model_validate_json(done.stdout).runs[0].results[0]
    assert (done.code, result.ruleId, result.locations[0].logicalLocations[0].name) == (7, "OFN1001", "FUNC_CONTEXT")


@pytest.mark.parametrize("words, said", [
    (["check", "nowhere"], "nowhere: there is no such file or folder"),
    (["check", "--context", "missing.json"], '--context: expected a file that can be read, found "missing.json"'),
    (["check", "--components", "missing"], '--components: expected a folder, found "missing"'),
    (["check", "--json", "--sarif", "-"], "--json and --sarif - both write to standard output"),
    (["check", "--sarif", "no/such/folder"], "--sarif: the file"),
    (["check", "--fxi"], "did you mean --fix?"),
])
def test_usage(program, tmp_path, words, said):
    done = program.run_to_end(words, cwd=tmp_path)
    assert done.code == 2 and said in done.stderr, done.stderr


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
def test_every_example_is_clean(program, example):
    done = program.run_to_end(["check", EXAMPLES / example])
    assert done.code == 0 and done.stdout.startswith("nothing wrong in "), done.stdout


@pytest.mark.parametrize("template", ["http", "typed", "cloudevent", "openfunction", "cron", "mqtt", "topic", "stream"])
def test_every_new_project_is_clean(program, tmp_path, template):
    assert program.run_to_end(["new", "shop", "--template", template], cwd=tmp_path).code == 0
    done = program.run_to_end(["check", "shop"], cwd=tmp_path)
    assert done.code == 0 and done.stdout.startswith("nothing wrong in "), done.stdout


def test_own_manifests_are_found_and_good(program, tmp_path):
    written = program.run_to_end(["manifest", "--knative", "--image", "i", "--name", "several", "--source", EXAMPLES / "hello" / "hello.cc"])
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "service.yaml").write_text(written.stdout)
    (tmp_path / "deploy" / "values.yaml").write_text("image: {{ .Values.image }}\n")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "workflow.yaml").write_text("apiVersion: [\nkind:")
    done = program.run_to_end(["check"], cwd=tmp_path)
    assert (done.code, done.stdout) == (0, "nothing wrong in 1 manifest\n")


def test_deep_asks_the_compiled_function(program, tmp_path):
    source = tmp_path / "function.cc"
    context = {"name": "f", "runtime": "Async", "prePlugins": ["greet"], "inputs": {"clock": {"componentName": "clock", "componentType": "bindings.cron"}}}
    (tmp_path / "context.json").write_text(json.dumps(context))
    # A macro makes the names, so only the compiled function has them.
    source.write_text('#include <ofn/function.h>\n#include <ofn/plugin.h>\n#define NAMED(name) #name\nstruct Greet : ofn::Plugin {};\n'
                      'OFN_PLUGIN(Greet, NAMED(gret), "1")\nofn::Response f(const ofn::Request&) { return "x"; }\nofn::Response g(const ofn::Request&) { return "x"; }\n'
                      'OFN_FUNCTION(f)\nOFN_FUNCTION(g)\n')
    flat = program.run_to_end(["check"], cwd=tmp_path)
    assert "OFN6" not in flat.stdout
    done = program.run_to_end(["check", "--deep"], cwd=tmp_path)
    assert done.code == 7
    assert "[OFN6002]" in done.stdout and "greet" in done.stdout
    assert "[OFN6003]" in done.stdout
    source.write_text("#include <ofn/function.h>\nofn::Response f(const ofn::Request&) {\n  return wrong;\n}\n")
    done = program.run_to_end(["check", "--deep"], cwd=tmp_path)
    assert done.code == 7
    assert re.search(r"^function.cc:3:10: error: .wrong. was not declared in this scope \[OFN6001\]$", done.stdout, re.MULTILINE), done.stdout
    assert program.run_to_end(["check", "--deep", EXAMPLES / "hello" / "hello.cc"]).code == 0


def test_it_is_fast(program):
    """Without compiling: 200 ms are promised; here on a busy machine the processor's time counts."""
    before = os.times()
    for _ in range(5):
        program.run_to_end(["check"], cwd=HERE / "wrong")
    after = os.times()
    used = (after.children_user + after.children_system - before.children_user - before.children_system) / 5
    assert used < 0.2, used


def test_it_needs_no_network_and_no_compiler(program, tmp_path):
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespace can be made here")
    done = program.run_to_end(["check", EXAMPLES / "async"], {"PATH": str(tmp_path)}, prefix=["/usr/bin/unshare", "-n"])
    assert done.code == 0, done.stderr
