"""Builds `simulate` with one planted fault: applies a patch of simulation/mutants to copies of the files that it changes, compiles these alone,
and links them in front of the rooms' archives."""

import json
import re
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATCHES = sorted((ROOT / "simulation/mutants").glob("*.patch"))


def _run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr


def _objects(patch, build, folder):
    """Returns the objects of the files that the patch changes."""
    text = patch.read_text(encoding="utf-8")
    files = re.findall(r"^\+\+\+ b/(\S+)", text, flags=re.MULTILINE)
    commands = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))}
    for name in files:
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    _run(["patch", "--quiet", "--strip=1", "--input", patch], cwd=folder)
    for name in files:
        entry = commands[str(ROOT / name)]
        command = shlex.split(entry["command"])
        made = folder / (name.replace("/", "_") + ".o")
        command[command.index("-o") + 1] = str(made)
        command[command.index(str(ROOT / name))] = str(folder / name)
        # A fault may leave a parameter or a function without a use.
        _run([*command, "-Wno-error"], cwd=entry["directory"])
        yield made


def build_mutant(patch, build, folder):
    """Returns the path of the program with that fault."""
    objects = [str(made) for made in _objects(patch, build, folder)]
    asked = subprocess.run(["ninja", "-C", build, "-t", "commands", "simulate"], capture_output=True, text=True, check=True)
    link = asked.stdout.strip().splitlines()[-1].removeprefix(": && ").removesuffix(" && :")
    command = shlex.split(link)
    at = command.index("-o")
    program = folder / "simulate"
    # An object in front of an archive replaces the archive's member.
    _run([*command[:at], *objects, "-o", str(program), *command[at + 2 :]], cwd=build)
    return program
