"""What comes of the table of commands: completions in three shells, manual pages, help; and that nothing needs a network."""

import os
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from support.golden import Golden
from support.memory import is_sanitized
from support.tools import missing
from support.waiting import until


def need(name):
    found = shutil.which(name)
    if found is None:
        missing(f"{name}: install it with `./dev setup test`")
    return found


@pytest.fixture
def folder(tmp_path):
    """The working folder of the shells."""
    (tmp_path / "shop.cc").write_text("OFN_FUNCTION(app::order)\nOFN_FUNCTION(app::price)\n")
    (tmp_path / "shop.yaml").touch()
    (tmp_path / "a b.yaml").touch()
    (tmp_path / "components").mkdir()
    return tmp_path


# The begin of a line, and all that completes its last word. A folder may end with a slash.
LINES = [
    ("ff ne", {"new"}),
    ("ff manifest ch", {"check"}),
    ("ff manifest --openf", {"--openfunction"}),
    ("ff dev --log-level ", {"debug", "info", "warning", "error"}),
    ("ff dev --log-format=e", {"ecs"}),
    ("ff new my --template ", {"http", "typed", "cloudevent", "openfunction", "cron", "mqtt", "topic", "stream"}),
    ("ff docs fu", {"functions"}),
    ("ff sidecar --components ", {"components"}),
    ("ff manifest check s", {"shop.yaml"}),
    ("ff --source s", {"shop.cc"}),
    ("ff --source shop.cc --target app::o", {"app::order"}),
    ("functions-framework compl", {"completion"}),
]


def _bash(program, line, folder, environment):
    """As readline asks: the words in COMP_WORDS are split at the characters of COMP_WORDBREAKS, and the answer replaces the last one."""
    script = r"""
source <("$PROGRAM" completion bash)
line=$1
COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=() word=
for ((i = 0; i < ${#line}; i++)); do
  c=${line:i:1}
  case $c in
    ' ') [[ -z $word ]] || COMP_WORDS+=("$word"); word= ;;
    [=:]) if [[ -n $word && ${word//[=:]/} ]]; then COMP_WORDS+=("$word"); word=; fi; word+=$c ;;
    *) if [[ -n $word && -z ${word//[=:]/} ]]; then COMP_WORDS+=("$word"); word=; fi; word+=$c ;;
  esac
done
COMP_WORDS+=("$word") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_functions_framework "${COMP_WORDS[0]}"
before=${line%"$word"}
before=${before##* }
for word in "${COMPREPLY[@]}"; do printf '%s\n' "$before$word"; done
"""
    return subprocess.run([need("bash"), "--norc", "-c", script, "bash", line], cwd=folder, env=environment, capture_output=True, text=True, check=False)


_ZSH = r"""
PS1= PROMPT_EOL_MARK=
autoload -U compinit
compinit -u -D
source <("$PROGRAM" completion zsh)
compadd() {
  local -a fits
  if [[ " $* " == *" -"[OAD]" "* ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O fits "$@"
  local word
  for word in $fits; do print -r -- "<$IPREFIX$word>" >>$OUT; done
  builtin compadd "$@"
}
shown() { _main_complete; print -r -- "<end>" >>$OUT; compstate[insert]= ; compstate[list]= }
zle -C shown complete-word shown
bindkey "^T" shown
print ready >$OUT
"""


def _zsh(program, line, folder, environment):
    """In a pseudo-terminal, because completion widgets run only in zsh's line editor. The shell writes to a file what it would insert."""
    home = folder.parent / f"{folder.name}-zsh"
    home.mkdir()
    (home / ".zshrc").write_text(_ZSH)
    out = home / "out"
    terminal, its_end = os.openpty()
    process = subprocess.Popen([need("zsh"), "-i"], cwd=folder, env=environment | {"OUT": str(out), "ZDOTDIR": str(home)},
                               stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True)
    try:
        until(lambda: out.exists() and "ready" in out.read_text(), "zsh")
        os.write(terminal, line.encode() + b"\x14")
        until(lambda: "<end>" in out.read_text(), "what zsh completes")
    finally:
        process.kill()
        process.wait()
        os.close(its_end)
        os.close(terminal)
    return SimpleNamespace(stdout="\n".join(re.findall("^<(.*)>$", out.read_text().replace("<end>", ""), re.MULTILINE)), stderr="")


def _fish(program, line, folder, environment):
    script = '$PROGRAM completion fish | source; complete -C "$argv[1]" | string replace -r "\\t.*" ""'
    environment = environment | {"XDG_CONFIG_HOME": str(folder.parent), "XDG_DATA_HOME": str(folder.parent)}
    return subprocess.run([need("fish"), "--no-config", "-c", script, line], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line for line, _ in LINES])
@pytest.mark.parametrize("shell", [_bash, _zsh, _fish], ids=["bash", "zsh", "fish"])
def test_shells_complete(shell, program, folder, line, words):
    environment = {"PATH": f"{program.path.parent}:{os.environ['PATH']}", "PROGRAM": str(program.path), "HOME": str(folder.parent), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    done = shell(program, line, folder, environment)
    begin = line.rsplit(" ", 1)[1]
    offered = {word.rstrip("/") for word in done.stdout.splitlines() if word.startswith(begin)}
    # --flag=word is offered as a whole.
    assert {word.rpartition("=")[2] for word in offered} == words, (done.stdout, done.stderr)


@pytest.mark.parametrize("shell", [_bash, _zsh, _fish], ids=["bash", "zsh", "fish"])
def test_shells_complete_running_instances(shell, program, folder):
    (folder / "function.cc").write_text('#include <ofn/function.h>\nstd::string f() { return ""; }\nOFN_FUNCTION(f)\n')
    runtime = folder.parent / f"{folder.name}-run"
    runtime.mkdir(mode=0o700)
    with program.run(["dev", "--source", "function.cc", "--port", "0"], {"XDG_RUNTIME_DIR": str(runtime)}, cwd=folder) as dev:
        dev.line(lambda line: "serving build 1" in line, "the first build", seconds=120)
        environment = {"PATH": f"{program.path.parent}:{os.environ['PATH']}", "PROGRAM": str(program.path), "HOME": str(folder.parent),
                       "TERM": "xterm", "LC_ALL": "C.UTF-8", "XDG_RUNTIME_DIR": str(runtime)}
        done = shell(program, "ff invoke --instance fu", folder, environment)
        offered = {word.rpartition("=")[2] for word in done.stdout.splitlines()}
        assert "function.cc" in offered, (done.stdout, done.stderr)


def _commands(program):
    said = program.run_to_end(["docs", "llms.txt"]).stdout.partition("## Commands")[2]
    return [line.split("`")[1].split()[1:] for line in said.splitlines() if line.startswith("- `ff")]


def test_manual_pages_have_no_mistake(program, tmp_path):
    done = program.run_to_end(["__write-files", tmp_path / "share"])
    assert done.code == 0, done.stderr
    pages = sorted((tmp_path / "share/man/man1").glob("functions-framework*.1"))
    assert {page.stem for page in pages} == {"-".join(["functions-framework", *command]) for command in _commands(program)}
    said = subprocess.run([need("mandoc"), "-T", "lint", *pages], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, ""), said.stdout
    for page in pages:
        assert (page.parent / page.name.replace("functions-framework", "ff", 1)).resolve() == page


def test_help_in_words(request, program, repository):
    """Of the program and of one command. The variables and flags have tests of their own."""
    compare = Golden(repository / "tests/program/golden", request.config.getoption("--renew-golden"))
    compare("help-build", program.run_to_end(["build", "--help"]).stdout)
    compare("help-completion", program.run_to_end(["completion", "--help"]).stdout)
    whole = program.run_to_end(["--help"]).stdout
    assert "sends no telemetry, looks for no updates" in whole


ERRORS = [["biuld"], ["build"], ["build", "-o", "x.so", "--sorce", "y"], ["manifest", "chek"], ["sidecar", "--app-protocol", "htpp"],
          ["sidecar", "--grpc-port", "many"], ["completion", "csh"], ["new", "a", "--template", "htpp"], ["--debug", "dev"], ["new"]]


def test_errors_in_words(request, program, repository):
    compare = Golden(repository / "tests/program/golden", request.config.getoption("--renew-golden"))
    text = ""
    for arguments in ERRORS:
        done = program.run_to_end(arguments)
        assert (done.code, done.stdout) == (2, "")
        text += f"$ ff {' '.join(arguments)}\n{done.stderr}"
    compare("usage-errors", text)


def test_a_terminal_gets_wrapped_help_and_text(program, tmp_path):
    def on_terminal(columns, *arguments):
        script = f"stty cols {columns}; {program.path} {' '.join(arguments)}"
        done = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True, cwd=tmp_path, check=False, env={"PATH": os.environ["PATH"], "TERM": "xterm"})
        return done.stdout.decode().replace("\r\n", "\n")

    for columns in (60, 100):
        lines = on_terminal(columns, "build", "--help").splitlines()
        assert max(len(line) for line in lines if " " in line.strip()) <= columns
        assert len(lines) > len(program.run_to_end(["build", "--help"]).stdout.splitlines())
    page = on_terminal(80, "docs", "flags")
    assert page.startswith("\x1b[1m# The program\x1b[0m\n") and "](" not in page
    assert program.run_to_end(["docs", "flags"]).stdout.startswith("# The program\n\nThis page")


def test_no_command_needs_a_network(program, tmp_path):
    """In a network namespace that has not even a loopback device that is up."""
    if subprocess.run(["unshare", "-rn", "true"], check=False).returncode != 0:
        pytest.skip("needs user namespaces")
    for arguments in (["--help"], ["--version"], ["docs"], ["docs", "flags"], ["new", "a"], ["completion", "zsh"], ["manifest", "check", "--help"],
                      ["__write-files", "share"], ["build", "--source", "a/function.cc", "-o", "a.so"], ["--source", "a/function.cc", "--dry-run"]):
        done = program.run_to_end(arguments, cwd=tmp_path, prefix=["unshare", "-rn"])
        assert done.code == 0, (arguments, done.stderr)


def test_no_start_reads_the_tables_of_other_commands(program):
    """A start counts in instructions: the options of all commands would add a fifth."""
    if is_sanitized(program.path) or shutil.which("valgrind") is None:
        pytest.skip("counts the release build, by valgrind")
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program.path, "--version"], capture_output=True, text=True, check=False)
    count = int(done.stderr.rpartition("Collected :")[2].split()[0])
    assert count < 3_800_000, "it was 3.45 million when the table was made"
