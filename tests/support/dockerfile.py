"""The last stages of a Dockerfile, with folders in place of images: there may be no docker and no registry where tests run.

    server = serve_dockerfile((examples / "Dockerfile").read_text(), repository, program, tmp_path)
"""

import json
import re
import shutil

from support.program import Server


def serve_dockerfile(text, context, program, folder):
    """Builds the function as the Dockerfile's stage `function` does, and starts what its last stage starts."""
    copied, place = re.search(r"^COPY (?!--|\. )(\S+) (/function/\S*)$", text, re.MULTILINE).groups()
    shutil.copy(context / copied, folder / (place.rpartition("/")[2] or copied.rpartition("/")[2]))

    def here(words):
        return [word.replace("/function", str(folder)) for word in words]

    build = re.search(r"^RUN functions-framework (.*)$", text, re.MULTILINE)[1].split()
    assert program.run_to_end(here(build)).code == 0
    built = build[build.index("-o") + 1]
    assert re.search(rf"^COPY --from=function {built} /function/$", text, re.MULTILINE), "what was built is what ships"
    assert re.search(r"^COPY --from=\w+ /usr/local/bin/functions-framework /usr/local/bin/$", text, re.MULTILINE)
    assert json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)[1]) == ["functions-framework"]
    variables = re.search(r"^ENV (.*)$", text, re.MULTILINE)[1].split()
    # The image has no compiler, so there is none in PATH.
    environment = dict(word.split("=", 1) for word in here(variables)) | {"PATH": str(folder), "HOME": "/nonexistent"}
    return Server(program.run([], environment | {"HOST": "127.0.0.1", "PORT": "0"}))
