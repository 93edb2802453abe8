"""`docker build` and `docker run` with folders in place of images, because the tests' machine may have no docker and no registry.

    images = Images(program, folder)
    images.build(["docker", "build", "-t", "hello", "."], here)
    process = images.run(["docker", "run", "-p", "8080:8080", "hello"], port)

Skips the steps of a Dockerfile that install packages and build the framework; runs the steps for the function.
"""

import json
import re
import shutil
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

_STAGE = re.compile(r"^FROM (\S+)(?: AS (\w+))?\n((?:(?!FROM ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class _Image:
    dockerfile: str
    stage: str | None
    context: Path


class Images:
    def __init__(self, program, folder):
        self._program = program
        self._folder = folder
        self._images = {}

    def build(self, words, here):
        options = ArgumentParser(exit_on_error=False)
        for name in ("-f", "-t", "--target"):
            options.add_argument(name)
        options.add_argument("context")
        chosen = options.parse_args(words[2:])
        text = (here / (chosen.f or "Dockerfile")).read_text()
        stages = {name: base for base, name, _ in _STAGE.findall(text)}
        assert chosen.target in (None, *stages), f"{words}: there is no stage {chosen.target}"
        for base in re.findall(r"^FROM (\S+)|--from=(\S+)", text, re.MULTILINE):
            base = base[0] or base[1]
            assert base in stages or base in self._images or base == "scratch" or base.startswith("debian:12"), f"{words}: there is no image {base}"
        self._images[chosen.t] = _Image(text, chosen.target, here / chosen.context)

    def run(self, words, port):
        """Builds the function as the stage `function` does, and starts the last stage's program at that port."""
        assert words[2:4] == ["-p", "8080:8080"], f"{words}: port 8080 must be published"
        image = self._images[words[4]]
        assert image.stage is None, f"{words}: an image of the last stage"
        stages = {name or "last": body for _, name, body in _STAGE.findall(image.dockerfile)}
        function, last = stages["function"], stages["last"]
        copied, place = re.search(r"^COPY (\S+) (/function/\S*)$", function, re.MULTILINE).groups()
        shutil.copy(image.context / copied, self._folder / (place.rpartition("/")[2] or copied.rpartition("/")[2]))
        build = self._here(re.search(r"^RUN functions-framework (.*)$", function, re.MULTILINE)[1])
        assert self._program.run_to_end(build).code == 0

        copies = dict(re.findall(r"^COPY --from=\w+ (\S+) (\S+)$", last, re.MULTILINE))
        # An image from scratch also gets the libraries.
        assert copies.pop("/files", "/") == "/"
        assert self._here(" ".join(copies)) == ["/usr/local/bin/functions-framework", build[build.index("-o") + 1]]
        assert "/usr/local/bin/" in copies.values() and "EXPOSE 8080\n" in last
        assert Path(json.loads(re.search(r"^ENTRYPOINT (.*)$", last, re.MULTILINE)[1])[0]).name == "functions-framework"
        variables = self._here(re.search(r"^ENV (.*)$", last, re.MULTILINE)[1])
        # The image has no compiler, so PATH has none; its user has no home folder.
        environment = dict(word.split("=", 1) for word in variables) | {"PATH": str(self._folder), "HOME": "/nonexistent"}
        return self._program.run([], environment | {"HOST": "127.0.0.1", "PORT": str(port)})

    def _here(self, text):
        return [word.replace("/function/", f"{self._folder}/") for word in text.split()]
