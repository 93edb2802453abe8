"""The commands in the documents run, and print the output that the documents show."""

import json
import re
import shutil
import subprocess

import pytest

from image.container import check, need
from support.console import Console, blocks, sections
from support.dockerfile import Images
from support.registry import Registry


@pytest.fixture
def console(program, repository, tmp_path):
    """A console at the top of a clone in which the program is built."""
    shutil.copytree(repository / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("data"))
    shutil.copy(repository / "dev", tmp_path)
    (tmp_path / "build").symlink_to(program.path.parents[1])
    (tmp_path / "image").mkdir()
    with Console(program, tmp_path, Images(program, tmp_path / "image")) as console:
        yield console


def blocks_of(repository, page, *headings):
    parts = sections((repository / page).read_text())
    return [block for heading in headings for block in parts[heading]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with Registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def bare(program, registry, tmp_path):
    """A console in an empty folder: the program is installed, and there is no clone."""
    with Console(program, tmp_path, None, registry) as console:
        yield console


def test_readme_from_a_function_to_a_cluster(bare, repository, registry):
    for block in blocks_of(repository, "README.md", "From a function to a cluster"):
        bare.take(block)
    assert bare.server, "it serves"
    stored = json.loads(check(need("skopeo"), "inspect", "--tls-verify=false", f"docker://{registry.address}/greet:1"))
    assert stored["Labels"]["org.opencontainers.image.title"] == "greet"
    written = (bare.folder / "greet.yaml").read_text()
    assert "\nkind: Function\n" in written and f"{registry.address}/greet:1" in written
    bare.type("functions-framework manifest check greet.yaml", "1 object, nothing wrong\n")


def test_images(bare, repository, registry):
    shutil.copy(repository / "examples/hello/hello.cc", bare.folder)
    for block in blocks((repository / "docs/images.md").read_text()):
        bare.take(block)
    check(need("skopeo"), "inspect", "--tls-verify=false", f"docker://{registry.address}/hello:1")


def test_manifests(bare, repository):
    """The page's function is the one of the golden files."""
    shutil.copytree(repository / "tests/manifests/greeter", bare.folder, dirs_exist_ok=True)
    for block in blocks((repository / "docs/manifests.md").read_text()):
        bare.take(block)
    assert {path.name for path in bare.folder.glob("deploy/*")} == {"knative.yaml", "deployment.yaml"}


def test_readme_without_a_package(console, repository):
    for block in blocks_of(repository, "README.md", "Without a package"):
        console.take(block)
    assert console.server, "it serves"


def test_tutorial(console, repository):
    page = (repository / "docs" / "tutorial.md").read_text()
    assert [name[0] for name in sections(page) if name[0].isdigit()] == list("12345")
    for block in blocks(page):
        console.take(block)


_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def _anchors(page):
    """The anchors that GitHub makes of the headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _pages(repository):
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=repository, text=True)
    return [repository / name for name in listed.split() if (repository / name).is_file()]


def test_links_lead_somewhere(repository):
    broken = []
    for page in _pages(repository):
        for target, anchor in _LINK.findall(page.read_text()):
            file = page.parent / target if target else page
            if not file.exists() or (anchor and anchor not in _anchors(file)):
                broken.append(f"{page.relative_to(repository)}: {target}#{anchor}")
    assert not broken


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_the_index_lists_every_document(repository, folder):
    index = (repository / folder / "README.md").read_text()
    for page in (repository / folder).glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, f"{folder}/README.md does not list {page.name}"


def test_the_glossary_names_classes_that_exist(repository):
    named = set(re.findall(r"`([A-Z][a-z]\w+)`", (repository / "docs" / "glossary.md").read_text())) - {"Knative", "Async"}
    headers = "".join(header.read_text() for folder in ("src", "include") for header in (repository / folder).rglob("*.h"))
    missing = {name for name in named if not re.search(rf"\b(?:class|struct) (?:\[\[.*?\]\] )?{name}\b", headers)}
    assert not missing


def test_the_flags_page_repeats_the_help(program, repository):
    """Each flag with its variable, alias and default, and each other variable."""
    said = program.run_to_end(["--help"]).stdout
    page = (repository / "docs" / "flags.md").read_text()
    rows = {
        name: (variable, alias, default.strip(" `"))
        for name, variable, alias, default in re.findall(
            r"^\| `--(\S+)` \| `(\w+)`(?: \(`(\w+)`\))? \| ([^|]*)\|", page, re.MULTILINE)
    }
    flags = re.findall(r"^  --(\S+) .*\[(\w+)(?:, (\w+))?(?:; default (\S+))?\]$", said, re.MULTILINE)
    assert len(flags) > 20 and {name for name, *_ in flags} == set(rows)
    for name, variable, alias, default in flags:
        # A default that is words is in the text of --help.
        assert rows[name][:2] == (variable, alias) and default in ("", rows[name][2]), (name, rows[name])
    others = re.findall(r"^  ([A-Z_0-9]+) ", said.partition("Other variables:")[2], re.MULTILINE)
    assert others and all(f"`{variable}`" in page for variable in others)


def test_the_flags_page_has_the_exit_codes(program, repository):
    """Those of the program's help and of each command's."""
    page = (repository / "docs" / "flags.md").read_text()
    rows = re.findall(r"^\| (\d+|128 \+ N) \| ([^|]+) \| [^|]+ \|$", page, re.MULTILINE)
    named = re.findall(r"^  (\w+) ", program.run_to_end(["--help"]).stdout.partition("Commands:")[2].partition("Options:")[0], re.MULTILINE)
    for command in ["", *named]:
        said = program.run_to_end([*command.split(), "--help"]).stdout.partition("Exit codes: ")[2]
        codes = re.findall(r"(?:^|, )(128 \+ N|\d+) ", said)
        expected = [code for code, commands in rows if commands == "all" or (f"`{command}`" if command else "serve") in commands.split(", ")]
        assert codes == expected, command or "serve"
