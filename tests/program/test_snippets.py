"""The documentation shows files of the repository as they are.

If a file has changed, write it into the documentation and review the difference:

    ./dev test pytest tests/program/test_snippets.py --renew-golden
"""

import re
from pathlib import Path

SNIPPET = re.compile(r"<!-- snippet: (\S+) -->\n```\w*(?: \S+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A marker, with the block behind it if there is one.
MARKER = re.compile(r"<!-- snippet: (\S+) -->\n(?:```([^\n]*)\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def test_snippets_in_the_documentation_are_the_files_they_name(repository, request):
    """With --renew-golden the documentation is written from the files."""
    found = 0
    for page in [repository / "README.md", *(repository / "docs").rglob("*.md")]:
        text = page.read_text()
        if request.config.getoption("--renew-golden"):
            text = MARKER.sub(lambda marker: shown(repository, *marker.groups()), text)
            page.write_text(text)
        snippets = SNIPPET.findall(text)
        assert len(snippets) == text.count("<!-- snippet: "), f"{page}: a marker without a code block right behind it"
        for path, code in snippets:
            assert code == (repository / path).read_text(), f"{page} shows another {path}"
            found += 1
    assert found > 0


def shown(repository, path, info):
    info = info or {".cc": "cpp", ".yaml": "yaml", ".json": "json"}[Path(path).suffix]
    return f"<!-- snippet: {path} -->\n```{info}\n{(repository / path).read_text()}```\n"
