"""The simulation itself: the same seed is the same run, planted faults are found, and a script that fails is shortened.

Without `--heavy` only some faults are planted; each costs a compilation.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from simulation.mutants import PATCHES, ROOT, build_mutant

_ALWAYS = {"acknowledged-before-outputs", "bulk-forgets-failures", "drain-ends-early", "own-answer-counts"}
_SEEDS = 10_000  # in which each fault is found
_PATIENCE = 900  # seconds


@pytest.fixture(scope="module")
def build(request):
    folder = Path(os.environ.get("OFN_BUILD_DIR", ROOT / "build"))
    if not (folder / "bin/simulate").exists():
        message = f"{folder}/bin/simulate is missing: build everything (./dev test)"
        if os.environ.get("CI") == "true" and "build-" not in folder.name:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return folder


def simulate(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=_PATIENCE)


def test_the_same_seeds_are_the_same_run_bit_by_bit(build):
    runs = [simulate(build / "bin/simulate", "--seed", 1, "--count", 200, "--hash") for _ in range(2)]
    traces = [re.search(r"^trace ([0-9a-f]+)$", run.stdout, re.MULTILINE) for run in runs]
    assert traces[0] and traces[1], runs[0].stdout
    assert traces[0][1] == traces[1][1]
    other = simulate(build / "bin/simulate", "--seed", 2, "--count", 200, "--hash")
    assert traces[0][1] not in other.stdout


def traces_of(program, *arguments):
    """Returns the hash of each seed."""
    done = simulate(program, *arguments, "--hashes")
    assert done.returncode == 0, done.stdout
    return dict(re.findall(r"^seed (\d+) trace ([0-9a-f]+)$", done.stdout, re.MULTILINE))


def test_a_seed_is_the_same_run_alone_and_after_others(build):
    program = build / "bin/simulate"
    forwards = traces_of(program, "--seed", 1, "--count", 200)
    assert len(set(forwards.values())) == 200
    assert traces_of(program, "--seed", 1, "--count", 200, "--backwards") == forwards
    alone = {}
    for seed in range(1, 201):
        alone |= traces_of(program, "--seed", seed, "--count", 1)
    assert alone == forwards


def test_there_are_faults_enough():
    assert len(PATCHES) >= 30


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_the_planted_fault_is_found(build, patch, request, tmp_path):
    if patch.stem not in _ALWAYS and not request.config.getoption("--heavy"):
        pytest.skip("with --heavy")
    program = build_mutant(patch, build, tmp_path)
    done = simulate(program, "--seed", 1, "--count", _SEEDS)
    assert done.returncode != 0, done.stdout
    assert re.search(r"seed \d+ (breaks a rule|ended with signal)", done.stdout + done.stderr), done.stdout


def test_a_script_that_fails_is_shortened_and_can_be_replayed(build, tmp_path):
    [patch] = [each for each in PATCHES if each.stem == "acknowledged-before-outputs"]
    program = build_mutant(patch, build, tmp_path)
    done = simulate(program, "--seed", 1, "--count", _SEEDS, "--shrink")
    assert done.returncode == 1, done.stdout
    replay = re.search(r"^replay: \./dev simulate (.*)$", done.stdout, re.MULTILINE)
    assert replay, done.stdout
    assert len(replay[1].split("--only ")[1].split(",")) <= 3, done.stdout
    again = simulate(program, *replay[1].split())
    assert again.returncode == 1
    assert "breaks a rule" in again.stdout
    assert simulate(build / "bin/simulate", *replay[1].split()).returncode == 0
