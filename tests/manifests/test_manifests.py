"""What `functions-framework manifest` writes and refuses, from outside.

If a manifest changes on purpose, renew the golden files, run the judges (test_judges.py) and review the difference:

    ./dev test pytest tests/manifests --renew-golden
    ./dev test pytest tests/manifests --heavy
"""

import json
import re

import pytest

from manifests.written import GOLDEN, HERE, WRITTEN, arguments, kustomize_arguments
from support.golden import Golden


@pytest.fixture(scope="session")
def compare(request):
    # The components' folder of a Compose file is where the repository is.
    return Golden(GOLDEN, request.config.getoption("--renew-golden"), [(str(HERE), "HERE")])


def written(program, words, cwd=None):
    done = program.run_to_end(words, cwd=cwd)
    assert done.code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", WRITTEN)
def test_manifest(program, compare, name):
    compare(name, written(program, arguments(name)))


def test_kustomization(program, compare, tmp_path):
    report = written(program, kustomize_arguments(tmp_path))
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        compare("kustomize " + str(path.relative_to(tmp_path)).replace("/", " "), path.read_text())
    assert "kept" not in report
    (tmp_path / "base" / "deployment.yaml").write_text("stale")
    own = tmp_path / "overlays" / "production" / "kustomization.yaml"
    own.write_text("# mine")
    report = written(program, kustomize_arguments(tmp_path))
    assert f"{own}: kept" in report
    assert own.read_text() == "# mine"
    assert (tmp_path / "base" / "deployment.yaml").read_text() != "stale"


def test_functions_of_the_source_are_named(program, repository):
    source = repository / "examples" / "multiple" / "functions.cc"
    text = written(program, ["manifest", "--knative", "--image", "i", "--name", "several", "--source", str(source)])
    assert "# Functions of the program:" in text


def test_own_manifests_are_good(program, tmp_path):
    files = []
    for number, name in enumerate(name for name in WRITTEN if "explain" not in name):
        file = tmp_path / f"{number}.yaml"
        file.write_text(written(program, arguments(name)))
        files.append(file)
    done = program.run_to_end(["manifest", "check", *files])
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith("objects, nothing wrong\n")


def test_explained_variables_are_what_the_program_reads(program, tmp_path):
    """The output is a file for --env-file, and a dry run with it accepts the context."""
    (tmp_path / "platform.env").write_text(written(program, arguments("greeter explain")))
    source = tmp_path / "main.cc"
    source.write_text('#include <ofn/function.h>\nstd::string greet(const ofn::Request&) { return "hi"; }\n')
    done = program.run_to_end(
        ["--source", source, "--target", "greet", "--env-file", tmp_path / "platform.env", "--dry-run", "--local-sidecar", "off"]
    )
    assert (done.code, "Function: greet" in done.stdout) == (0, True), done.stderr


REFUSED = [
    # the words after `manifest`, the exit code, a part of the error
    ([], 2, "expected one of --openfunction, --knative"),
    (["--knative", "--deployment", "--image", "i"], 2, "found 2 of them"),
    (["--knative"], 2, "--image is missing"),
    (["--openfunction=v3", "--image", "i"], 2, "expected v1beta1 or v1beta2"),
    (["--knative", "--image", "i", "--name", "Not_a_name"], 2, "give one with --name"),
    (["--knative", "--image", "i", "--min-replicas", "5", "--max-replicas", "4"], 2, "--min-replicas 5 is more"),
    (["--knative", "--image", "i", "--name", "a", "--timeout", "soon"], 2, "--timeout: expected a duration"),
    (["--knative", "--image", "i", "--name", "a", "--context", "missing.json"], 4, "missing.json"),
    (["--knative", "--image", "i", "--name", "a", "--source", "missing.cc"], 3, "doesn't exist"),
    (["--knative", "--image", "i", "--context", "async.json"], 2, "use --deployment"),
    (["--openfunction=v1beta1", "--image", "i", "--context", "async.json"], 2, "no file of --components describes"),
    (["--keda", "--image", "i", "--context", "async.json"], 2, "KEDA has no scaler"),
    (["--dapr", "--name", "a"], 2, "names no component of Dapr"),
    (["--dapr", "--name", "a", "--components", "missing"], 2, "name another with --components (file=missing)"),
    (["--dapr", "--name", "a", "--components", "async.json"], 2, "directory cannot be read: Not a directory"),
    (["--knative", "--imge", "i"], 2, "did you mean --image?"),
    (["--knative", "--image", "a b"], 2, "--image: expected an image as registries name it"),
    (["--knative", "--image", "i", "--namespace", "Bad Space"], 2, "--namespace: expected at most 63 lower-case letters"),
    (["--keda", "--image", "i", "--hostname", "greeter.example:80"], 2, "--hostname: expected a host without a port"),
    (["--knative", "--image", "i", "check", "missing.yaml"], 2, "--knative has no effect on check"),
    (["check"], 2, "FILE"),
    (["check", "missing.yaml"], 1, "missing.yaml: there is no such file"),
]


@pytest.mark.parametrize(("words", "code", "error"), REFUSED, ids=[" ".join(row[0]) or "nothing" for row in REFUSED])
def test_refusal(program, tmp_path, words, code, error):
    trigger = {"componentName": "clock", "componentType": "bindings.cron"}
    (tmp_path / "async.json").write_text(json.dumps({"name": "f", "runtime": "Async", "inputs": {"clock": trigger}}))
    done = program.run_to_end(["manifest", *words], cwd=tmp_path)
    assert (done.code, error in done.stderr) == (code, True), done.stderr


def test_check_names_file_line_rule_and_change(program, tmp_path):
    (tmp_path / "old.yaml").write_text("# an old one\nkind: HTTPScaledObject\napiVersion: http.keda.sh/v1alpha1\n")
    done = program.run_to_end(["manifest", "check", "old.yaml"], cwd=tmp_path)
    assert done.code == 1
    assert done.stdout.startswith("old.yaml:2: deprecated-kind: HTTPScaledObject is deprecated; use an InterceptorRoute")


def test_help_names_the_kinds_and_check(program):
    text = written(program, ["manifest", "--help"])
    for word in ("--openfunction", "--kustomize", "--image", "check", "--drain-timeout"):
        assert word in text
    assert "FILE" in written(program, ["manifest", "check", "--help"])


def test_the_document_has_each_rule(repository):
    room = repository / "src" / "manifest"
    sources = "".join(file.read_text() for file in sorted(room.glob("rules_*.cc")))
    rules = set(re.findall(r'^    \{"([a-z0-9-]+)", \w+\},$', sources, re.MULTILINE))
    rules |= set(re.findall(r'constexpr std::string_view k\w+ = "([a-z-]+)";', (room / "check.cc").read_text()))
    table = (repository / "docs" / "manifests.md").read_text().split("| rule | finds |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE)) == rules
