"""Each header of the author compiles alone, and so does each example in their comments."""

import re
from pathlib import Path

import pytest

from support.header_examples import examples

_FOLDER = Path(__file__).parents[2] / "include/ofn"
_HEADERS = sorted(str(path.relative_to(_FOLDER)) for path in _FOLDER.rglob("*.h"))
# The examples may use every header of the author, but the one that the loader precompiles. They use only the headers for test frameworks that they name.
_LEFT_OUT = ("precompiled.h", "testing/gtest.h", "testing/gtest_entry.h", "testing/catch2.h", "testing/catch2_entry.h")
_HEAD = "#include <algorithm>\n#include <chrono>\n" + "".join(f"#include <ofn/{name}>\n" for name in _HEADERS if name not in _LEFT_OUT)


# (header, how an example begins) → what it takes for granted: code before it, and behind it.
_IN_A_FUNCTION = ("ofn::task<> f(ofn::Context& context, ofn::Bytes data) {", "co_return; }")
_AROUND = {
    ("await.h", "ofn::task<std::string> answer_of"): ("std::string read_all(int);", ""),
    ("await.h", "ofn::task<std::string> text_of"): ("std::string read_file(const std::string&);", ""),
    ("await.h", "ofn::task<std::string> looked_up"): ("void library_look_up(std::string, std::function<void(std::string)>);", ""),
    ("await.h", "ofn::task<int> rows_of"): ("struct Database { void count(std::function<void(int)>); };", ""),
    ("cloud_event.h", "void on_event"): ("void use(const std::string&, const std::optional<std::string>&);", ""),
    ("context.h", "const ofn::SendReport sent = co_await"): _IN_A_FUNCTION,
    ("event.h", "void on_file"): ("void parse(const std::string&);\nvoid log(const std::string&);", ""),
    ("plugin.h", "struct Timing"): ("void tell(std::chrono::nanoseconds);", ""),
    ("register.h", "ofn::Response hello"): (
        "namespace app { std::string goodbye(); }\nstd::string get_user(ofn::Request);\nstd::string put_user(ofn::Request);", ""),
    ("response.h", "return"): ("ofn::Response f() {", "}"),
    ("stores.h", "StateItems"): ("using namespace ofn;\nconst auto items =", ";"),
    ("field_options.h", "template <> inline"): ("struct Order {};", ""),
    ("field_options.h", "template <>\nstruct ofn::Codec<Csv>"): ("struct Csv {};", ""),
    ("field_options.h", "template <>\nstruct ofn::Codec<Uuid>"): ("struct Uuid {};", ""),
    ("fields.h", "using Shape"): (
        "struct Circle { int radius; }; OFN_FIELDS(Circle, radius) struct Square { int side; }; OFN_FIELDS(Square, side)", ""),
    ("form.h", "ofn::Form query"): ("void use(std::string_view); void f(const ofn::Request& request) {", "}"),
    ("url.h", "std::string path"): ("void f(const std::string& name, const std::string& text) {", "}"),
    ("json.h", "#include <ofn/json.h>"): ("struct Order { std::string item; }; OFN_FIELDS(Order, item) ofn::Json<Order> f(ofn::Context& context, const Order& first) {",
                                     "}"),
}
# An example of how the headers are written, not of what their users write.
_OF_THE_HEADERS = {"lazy.h"}
_EXAMPLES = [
    (name, line, code) for name in _HEADERS if name not in _OF_THE_HEADERS
    for line, code in examples((_FOLDER / name).read_text())
]


@pytest.mark.parametrize("name", _HEADERS)
def test_a_header_compiles_alone(compiler, name):
    done = compiler(f"#include <ofn/{name}>\n", "-fsyntax-only", "-Wall", "-Wextra", "-Werror")
    assert done.returncode == 0, done.stderr[:2000]


@pytest.mark.parametrize(("name", "line", "code"), _EXAMPLES, ids=[f"{name}:{line}" for name, line, _ in _EXAMPLES])
def test_an_example_compiles(compiler, name, line, code):
    before, behind = next((a for (n, begin), a in _AROUND.items() if n == name and code.startswith(begin)), ("", ""))
    own = "".join(f"#include <ofn/{other}>\n" for other in _LEFT_OUT[1:] if f"<ofn/{other}>" in code and name == other)
    source = re.sub(r"^#include.*", "", code, flags=re.MULTILINE).replace("…", "")
    done = compiler(f'{own}{before}\n#line {line} "{name}"\n{source}\n{behind}\n', "-fsyntax-only", head=_HEAD)
    assert done.returncode == 0, done.stderr[:2000]


def test_every_wrapping_is_used():
    unused = [key for key in _AROUND if not any(n == key[0] and code.startswith(key[1]) for n, _, code in _EXAMPLES)]
    assert unused == []


def test_prose_is_no_example():
    text = "// Errors: a; b,\n//   block; other calls.\n//\n//   int f();\n//   int g();\nint x;  // y;\n"
    assert examples(text) == [(4, "int f();\nint g();")]
