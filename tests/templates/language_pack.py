"""Reads a repository of templates, and makes functions of them, as Knative's `func` does (its docs/language-packs).

    Repository(folder).create("cpp", "http", here)
"""

import fnmatch
import os
import shutil
from dataclasses import dataclass

import yaml

_DEFAULTS = {"builderImages", "buildpacks", "healthEndpoints", "buildEnvs", "runEnvs", "invoke"}
_OF_A_REPOSITORY = _DEFAULTS | {"name", "version", "templates"}
_MANIFEST = "manifest.yaml"


@dataclass(frozen=True)
class Function:
    """What func.yaml then says."""

    builder_images: dict
    health: dict
    build_variables: dict
    run_variables: dict
    invoke: str


def _manifest(folder, known):
    file = folder / _MANIFEST
    if not file.exists():
        return {}
    read = yaml.safe_load(file.read_text())
    assert set(read) <= known, f"{file}: func does not know {set(read) - known}"
    return read


def _variables(listed):
    return {each["name"]: each["value"] for each in listed}


class Repository:
    def __init__(self, folder):
        self.manifest = _manifest(folder, _OF_A_REPOSITORY)
        self._templates = folder / self.manifest.get("templates", ".")

    def templates(self):
        """(runtime, template) of each. Files and hidden folders are none."""
        return {(template.parent.name, template.name) for template in self._templates.glob("[!.]*/[!.]*") if template.is_dir()}

    def create(self, runtime, template, to):
        """Copies the template. The manifest that is nearest to it counts."""
        source = self._templates / runtime / template
        said = self.manifest | _manifest(source.parent, _DEFAULTS) | _manifest(source, _DEFAULTS)
        shutil.copytree(source, to, ignore=shutil.ignore_patterns(_MANIFEST))
        return Function(said["builderImages"], said["healthEndpoints"], _variables(said.get("buildEnvs", [])), _variables(said.get("runEnvs", [])),
                        said.get("invoke", "http"))


def excluded(folder):
    """The names that .funcignore keeps out of the image's build."""
    patterns = [line for line in (folder / ".funcignore").read_text().splitlines() if line and not line.startswith("#")]
    names = {name for name in os.listdir(folder) for pattern in patterns if fnmatch.fnmatch(name, pattern.removeprefix("/"))}
    return names | {".git", ".func", ".funcignore", ".gitignore"}
