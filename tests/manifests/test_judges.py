"""The manifests of the golden files, read by the code of the programs that a cluster and Compose use (tests/tools/manifests)."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from manifests.written import GOLDEN, HERE, WRITTEN, kustomize_arguments
from support.tools import missing, tool

# The modules that carry definitions of kinds: path, version, checksum, the file in it.
_DEFINITIONS = [
    ("github.com/kedacore/keda/v2", "v2.21.0", "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=", "config/crd/bases/keda.sh_scaledobjects.yaml"),
    ("github.com/dapr/dapr", "v1.16.0", "h1:la2WLZM8Myr2Pq3cyrFjHKWDSPYLzGZCs3p502TwBjI=", "charts/dapr/crds/components.yaml"),
]
# kubectl-validate has no definitions of these. The tool `manifests` judges Functions and Knative's Services.
_UNKNOWN = ("http.keda.sh/v1beta1", "core.openfunction.io/", "serving.knative.dev/")


def _definition(path, version, checksum, file):
    go = shutil.which("go") or missing("go is not on PATH; it gets the definitions of KEDA's and Dapr's kinds")
    done = subprocess.run([go, "mod", "download", "-json", f"{path}@{version}"], capture_output=True, text=True, cwd="/", check=False)
    got = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        missing(f"{path}@{version} cannot be had: {got.get('Error', done.stderr)}")
    assert got["Sum"] == checksum
    return Path(got["Dir"]) / file


@pytest.fixture(scope="session")
def definitions(tmp_path_factory):
    """A folder with the definitions of kinds that Kubernetes does not have itself."""
    folder = tmp_path_factory.mktemp("definitions")
    for definition in _DEFINITIONS:
        shutil.copy(_definition(*definition), folder)
    return folder


@pytest.fixture(scope="session")
def is_heavy(request):
    if not request.config.getoption("--heavy"):
        pytest.skip("builds the API types of a cluster for minutes; run with --heavy")


@pytest.fixture(scope="session")
def judge(is_heavy):
    """judge(words…): what the tool prints."""
    path = tool("manifests")

    def run(*words):
        done = subprocess.run([path, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def mistakes_in(judge, definitions, tmp_path):
    """mistakes_in(text): what the judges refuse, and the kinds of the objects."""
    validator = tool("kubectl-validate")

    def look(text):
        file = tmp_path / "judged.yaml"
        file.write_text(text)
        verdicts = [json.loads(line) for line in judge(file).splitlines()]
        mistakes = [error for verdict in verdicts for error in verdict["errors"]]
        command = [validator, "--version", "1.30", "--local-crds", definitions, "--output", "json", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for status in json.loads(done.stdout)[str(file)]:
            is_unknown = any(f"GV: {group}" in status.get("message", "") for group in _UNKNOWN)
            if status["status"] != "Success" and not is_unknown:
                mistakes.append(status["message"])
        return mistakes, {verdict["kind"] for verdict in verdicts if verdict["kind"]}

    return look


def golden(name):
    return GOLDEN / f"{name.replace(' ', '-')}.txt"


@pytest.mark.parametrize("name", [name for name in WRITTEN if not name.endswith(("compose", "explain"))])
def test_a_cluster_accepts(mistakes_in, name):
    mistakes, kinds = mistakes_in(golden(name).read_text())
    assert mistakes == []
    assert kinds


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.endswith("compose")])
def test_compose_reads(judge, name, tmp_path):
    file = tmp_path / "compose.yaml"
    file.write_text(golden(name).read_text().replace("HERE", str(HERE)))
    services = json.loads(judge("-compose", file))
    assert services["daprd"]["network_mode"] == "service:function"
    assert json.loads(services["function"]["environment"]["FUNC_CONTEXT_V1BETA2"])["name"] == name.split()[0]


@pytest.mark.parametrize("overlay", ["base", "overlays/development", "overlays/production"])
def test_kustomize_builds(judge, mistakes_in, program, tmp_path, overlay):
    assert program.run_to_end(kustomize_arguments(tmp_path)).code == 0
    mistakes, kinds = mistakes_in(judge("-kustomize", tmp_path / overlay))
    assert mistakes == []
    assert kinds >= {"Deployment", "Service", "Component"}


MISTAKES = [
    # golden file, what is replaced, by what, a part of the judges' words
    ("plain knative", "timeoutSeconds: 300", "timeoutSeconds: 1000", "expected 0 <= 1000 <= 600"),
    ("plain knative", "timeoutSeconds:", "timeoutSecond:", "timeoutSecond"),
    ("plain deployment", "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
    ("orders keda", "maxReplicaCount: 10", "maxReplicaCount: many", "maxReplicaCount"),
    ("orders dapr", "version: v1", "verson: v1", "verson"),
    ("orders openfunction", "inputName", "inputNam", "inputNam"),
]


@pytest.mark.parametrize(("name", "part", "by", "words"), MISTAKES)
def test_the_judges_see_mistakes(mistakes_in, name, part, by, words):
    text = golden(name).read_text()
    assert part in text
    mistakes, _ = mistakes_in(text.replace(part, by))
    assert any(words in mistake for mistake in mistakes), mistakes
