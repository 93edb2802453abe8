"""The code examples in comments of the framework's headers compile, all in one translation unit. Those of the author's headers:
tests/author."""

import re

import pytest

from architecture.compiler import ROOT, check
from architecture.given import ALWAYS, GIVEN, INCLUDES
from support.header_examples import examples

# (header, how the block begins): a table or a text that looks like code.
_NO_CODE = {
    ("context/parse_context.h", "meaning"),
    ("dapr/app_http.h", "GET  /dapr/subscribe"),
    ("dev/json_events.h", '{"version"'),
    ("dev/local_api.h", "GET  /api/v1/instance"),
    ("typed/schema.h", '{"$schema"'),
    ("serving/async/subscriptions.h", "deadLetterTopic"),
}


def examples_of(name, text):
    return [(line, code) for line, code in examples(text)
            if not any(name == header and code.startswith(begin) for header, begin in _NO_CODE)]


def headers():
    """The path of each header that has examples, as an #include spells it → its text."""
    paths = [(path, ROOT / base) for folder, base in (("src", "src"), ("testing", ".")) for path in (ROOT / folder).rglob("*.h")]
    texts = {path.relative_to(base).as_posix(): path.read_text(encoding="utf-8") for path, base in sorted(paths)}
    return {name: text for name, text in texts.items() if examples_of(name, text)}


def _class_of(name, text, given):
    """A class, in the header's namespace, with what the examples take for granted; each example is one of its functions."""
    namespace = re.search(r"^namespace (ofn\b[\w:]*) \{", text, re.MULTILINE)[1]
    before, members = "", f'#line 1 "what is given to {name}"\n{given}\n'
    for line, code in examples_of(name, text):
        # "…" stands for a statement. The function returns whatever the example does.
        code = re.sub(r"(?:^|(?<=\s))…", ";", code, flags=re.MULTILINE).replace("return;", "return {};")
        placed = f'#line {line} "{name}"\n{code}\n'
        if re.search(r"^constinit ", code, re.MULTILINE):
            before += placed
        elif re.match(r"\w[\w:<>]* \w+\(.*\) \{\n", code):
            members += placed
        else:
            members += f"Anything example_at_line_{line}() {{\n{placed}}}\n"
    unit = re.sub(r"\W", "_", name)
    return f"namespace {namespace}::examples_of_{unit} {{\n{before}\nclass Examples : Always {{\n{members}}};\n}}\n"


def compile_examples(texts, always=ALWAYS, given=GIVEN, includes=INCLUDES):
    """What the compiler says about the examples. A result that must be looked at must be looked at in an example, too."""
    parts = [*(f"#include {name}" for name in includes), *(f'#include "{name}"' for name in texts), always,
             *(_class_of(name, text, given.get(name, "")) for name, text in texts.items())]
    return check("\n".join(parts), "-Werror=unused-result")


def test_examples_compile():
    texts = headers()
    done = compile_examples(texts)
    print(f"compiled {sum(len(examples_of(*each)) for each in texts.items())} examples of {len(texts)} headers")
    assert done.returncode == 0, "\n".join(re.findall(r"^\S.*?: error: .*", done.stderr, re.MULTILINE)[:40])


@pytest.mark.parametrize("example, mistake", [
    ('log.write(Level::kInfo, "began");', None),
    ("…\nif (log.enabled(Level::kInfo)) return;", None),
    ('log.print(Level::kInfo, "began");', r"log.h:5:\d+: error: .*no member named .print"),
    ("Log& log = open_log(…);", r"log.h:5:\d+: error: "),
    ("must_look();\nlog.missing();", r"log.h:5:\d+: error: ignoring return value"),
    ("log.write(Level::kInfo,\n          unheard_of);", r"log.h:6:\d+: error: .*unheard_of.* was not declared"),
])
def test_a_wrong_example_is_caught(example, mistake):
    comment = "\n".join(f"//   {line}" for line in example.splitlines())
    text = f"// A log.\n//\n// An example:\n//\n{comment}\nnamespace ofn {{\n"
    always = "namespace ofn { struct Anything {}; struct Always { Log& log; }; }"
    done = compile_examples({"base/log.h": text}, always, {"base/log.h": "[[nodiscard]] int must_look();"}, [])
    assert (done.returncode == 0) == (mistake is None), done.stderr
    assert mistake is None or re.search(mistake, done.stderr), done.stderr


def _names(given):
    """What the declarations declare, and perhaps the name of a type."""
    return set(re.findall(r"(\w+)\s*[;,(]", given)) - {"void", "bool", "char", "int", "uint16_t", "Anything"}


def test_what_is_given_is_used():
    texts = headers()
    codes = {name: "\n".join(code for _, code in examples_of(name, text)) for name, text in texts.items()}
    unused = [(name, word) for name, given in GIVEN.items() for word in _names(given)
              if not re.search(rf"\b{word}\b", codes.get(name, ""))]
    members = ALWAYS[ALWAYS.index("struct Always"):]
    unused += [("each header", word) for word in _names(members) if not re.search(rf"\b{word}\b", "\n".join(codes.values()))]
    assert unused == []


def test_what_is_no_code_exists():
    unused = [(name, begin) for name, begin in _NO_CODE
              if not any(code.startswith(begin) for _, code in examples((ROOT / "src" / name).read_text(encoding="utf-8")))]
    assert unused == []
