"""Checks every rule on small examples with one mistake, and on examples that only look wrong."""

import pytest

from architecture import rules
from architecture.house import House

_ROOMS = "base loop event output loader wire dapr cli"
_USES = {"loop": "base", "event": "base", "output": "event", "wire": "loop", "dapr": "output wire", "cli": "dapr"}


def house(tmp_path, files):
    """A sound house of a few rooms, with `files` (name → text) put into it."""
    write = lambda name, text: ((tmp_path / name).parent.mkdir(parents=True, exist_ok=True),
                                (tmp_path / name).write_text(text))
    write("src/CMakeLists.txt", f"foreach(room  # top-down\n  {_ROOMS})\nendforeach()\n")
    for room in _ROOMS.split():
        write(f"src/{room}/CMakeLists.txt", f"ofn_room({room} SOURCES a.cc USES {_USES.get(room, '')})\n")
        write(f"src/{room}/README.md", "# a room\n")
    write("src/loop/a.h", "#pragma once\n")
    write("include/ofn/a.h", "#include <string>\n#include <ofn/b.h>\n")
    for name, text in files.items():
        write(name, text)
    return House(tmp_path)


def found(rule, tmp_path, files):
    return [str(v) for v in getattr(rules, rule)(house(tmp_path, files))]


# The picture of the sound house.
_ARROWS = "loop --> base\nevent --> base\noutput --> event\nwire --> loop\ndapr --> output\ndapr --> wire\ncli --> dapr\n"


def picture(arrows, room="loader"):
    return f"# Rooms\n```mermaid\nflowchart BT\n{room}\n{arrows}```\n"


# rule, file, text, line of the violation
_BAD = [
    ("includes_only_what_it_uses", "src/event/a.cc", '#include "output/a.h"\n', 1),  # below it
    ("includes_only_what_it_uses", "src/event/a.cc", '\n#include "loop/loop.h"\n', 2),  # above it, but not in USES
    ("includes_only_what_it_uses", "src/event/a.cc", '#include "a.h"\n', 1),
    ("includes_only_what_it_uses", "src/event/a.cc", '#include "../base/a.h"\n', 1),
    ("includes_only_what_it_uses", "src/attic/a.cc", "", 1),
    ("includes_only_what_it_uses", "src/event/CMakeLists.txt", "ofn_room(event USES output)", 1),
    ("author_headers_are_standard", "include/ofn/c.h", "#include <nlohmann/json.hpp>\n", 1),
    ("author_headers_are_standard", "include/ofn/c.h", "#include <string>\n#include <expected>\n", 2),
    ("author_headers_are_standard", "include/ofn/c.h", '#include "base/error.h"\n', 1),
    ("protobuf_only_in_dapr", "src/wire/a.cc", "#include <google/protobuf/message_lite.h>\n", 1),
    ("protobuf_only_in_dapr", "src/wire/a_test.cc", '#include "runtime.pb.h"\n', 1),
    ("json_and_yaml_only_in_document", "src/event/a.cc", "#include <nlohmann/json.hpp>\n", 1),
    ("json_and_yaml_only_in_document", "src/document/node.h", "\n#include <nlohmann/json.hpp>\n", 2),
    ("json_and_yaml_only_in_document", "src/event/a_test.cc", "#include <yaml-cpp/parser.h>\n", 1),
    ("runs_code_only_in_os_and_loader", "src/cli/a.cc", "#include <dlfcn.h>\n", 1),
    ("runs_code_only_in_os_and_loader", "src/cli/a.cc", "\nvoid* p = dlopen(path, 0);\n", 2),
    ("runs_code_only_in_os_and_loader", "apps/main.cc", "int f() { return ::posix_spawnp(0, 0, 0, 0, 0, 0); }\n", 1),
    ("sockets_only_from_wire_on", "src/event/a.cc", "#include <sys/socket.h>\n", 1),
    ("sockets_only_from_wire_on", "src/output/a.cc", '#include "loop/watch.h"\n', 1),
    ("prints_or_exits", "src/wire/a.cc", 'void f() {\n  std::cerr << "no";\n}\n', 2),
    ("prints_or_exits", "src/wire/a.cc", "void f() { std::fprintf(stderr, text); }\n", 1),
    ("prints_or_exits", "src/wire/a.cc", "void f() { std::exit(1); }\n", 1),
    ("prints_or_exits", "src/wire/a.cc", "void f() { _exit(1); }\n", 1),
    ("threads_only_in_loop", "src/wire/a.cc", "std::thread t([] {});\n", 1),
    ("threads_only_in_loop", "src/wire/a.cc", "std::vector<std::jthread> all;\n", 1),
    ("nobody_sleeps", "src/wire/a_test.cc", "void f() {\n  std::this_thread::sleep_for(1s);\n}\n", 2),
    ("nobody_sleeps", "tests/a.cc", "void f() { usleep(10); }\n", 1),
    ("no_mutable_globals", "src/wire/a.cc", "namespace ofn {\nnamespace {\nint count = 0;\n}\n}\n", 3),
    ("no_mutable_globals", "src/wire/a.cc", "namespace ofn {\n\nstd::string name;\n}\n", 3),
    ("no_mutable_globals", "src/wire/a.cc", "void f() {\n  static Registry registry;\n}\n", 2),
    ("no_mutable_globals", "src/wire/a.cc", "void f() {\n  static auto x = make();\n}\n", 2),
    ("no_mutable_globals", "src/wire/a.h", "class A {\n  inline static int count_ = 0;\n};\n", 2),
    ("no_mutable_globals", "src/wire/a.cc", "int Foo::count_ = 0;\n", 1),
    ("no_mutable_globals", "src/wire/a.cc", "std::size_t limit = std::size_t{64} * 1024;\n", 1),
    ("no_mutable_globals", "src/wire/a.cc", "thread_local std::map<int, int> cache{};\n", 1),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc", "void f(std::string& s) {\n  s = {};\n}\n", 2),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc", "struct A {\n  std::vector<int> all_;\n  void f() { all_ = {}; }\n};\n", 3),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc", "std::string t;\nvoid f() {\n  if (t.size() > 9) t = \"\";\n}\n", 3),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc", "struct A { std::string b; };\nvoid f(A& a) { a.b = std::string(); }\n", 2),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc", "struct A { std::string b; };\nvoid f(B& x) {\n  x.y()->a.b = {};\n}\n", 3),
    ("picture_is_the_house", "docs/architecture.md", "# no picture\n", 1),
    ("picture_is_the_house", "docs/architecture.md", picture(_ARROWS, room="attic"), 2),
    ("picture_is_the_house", "docs/architecture.md", picture(_ARROWS.replace("wire --> loop\n", "")), 2),
    ("picture_is_the_house", "docs/architecture.md", picture(_ARROWS + "loop --> event\n"), 2),
    ("picture_is_the_house", "docs/architecture.md", picture(_ARROWS + "cli --> base\n"), 2),  # implied by others
    ("own_header_comes_first", "src/loop/a.cc", '#include <string>\n#include "loop/a.h"\n', 1),
    ("no_comma_operators", "src/wire/a.cc", "int f() {\n  if (x) return note(1), 2;\n  return 1;\n}\n", 2),
    ("no_comma_operators", "src/wire/a.cc", "void f() {\n  a_ = 1, b_ = 2;\n}\n", 2),
    ("no_comma_operators", "src/wire/a.h", "struct A {\n  void f() { ++x_.y, z_.clear(); }\n};\n", 2),
    ("no_comma_operators", "src/wire/a_test.cc", "auto f = [&] { run(1), run(2); };\n", 1),
    ("headers_include_what_they_name", "src/wire/a.h", "#include <string>\nstd::string f(std::optional<int> a);\n", 2),
    ("headers_include_what_they_name", "include/ofn/c.h", "std::string_view a();\nstd::string_view b();\n", 1),
]

# rule, file, text: nothing is wrong with it
_GOOD = [
    ("picture_is_the_house", "docs/architecture.md", picture(_ARROWS)),
    ("includes_only_what_it_uses", "src/dapr/a.cc", '#include "base/a.h"\n#include "wire/b.h"\n#include <ofn/a.h>\n'),
    ("includes_only_what_it_uses", "src/dapr/a.cc", '#include "proto/runtime.pb.h"\n'),
    ("includes_only_what_it_uses", "src/event/a.cc", '// #include "output/a.h"\n/*\n#include "wire/a.h"\n*/\n'),
    ("includes_only_what_it_uses", "src/event/a.cc", 'auto s = R"(\n#include "wire/a.h"\n)";\n'),
    ("author_headers_are_standard", "include/ofn/c.h", "#include <vector>\n#include <ofn/a.h>\n"),
    ("protobuf_only_in_dapr", "src/dapr/a.cc", "#include <google/protobuf/message_lite.h>\n"),
    ("json_and_yaml_only_in_document", "src/document/json.cc", "#include <nlohmann/json.hpp>\n"),
    ("json_and_yaml_only_in_document", "src/event/a.cc", '#include "document/json.h"\n// <nlohmann/json.hpp>\n'),
    ("runs_code_only_in_os_and_loader", "src/loader/a.cc", "#include <dlfcn.h>\nvoid* p = dlopen(path, 0);\n"),
    ("runs_code_only_in_os_and_loader", "src/cli/a.cc", "// dlopen(path)\nloop.execute(task); auto s = \"fork()\";\n"),
    ("sockets_only_from_wire_on", "src/wire/a.cc", '#include <sys/socket.h>\n#include "loop/watch.h"\n'),
    ("prints_or_exits", "src/cli/a.cc", "void f() { std::puts(text); std::exit(2); }\n"),
    ("prints_or_exits", "apps/main.cc", "int main() { std::exit(2); }\n"),
    ("prints_or_exits", "src/wire/a.cc", "void f() { std::snprintf(b, n, text); loop.exit(); on_exit(); }\n"),
    ("sockets_only_from_wire_on", "src/loader/a.cc", "#include <poll.h>\n"),
    ("includes_only_what_it_uses", "src/wire/stage_for_test.h", '#include "testing/fake.h"\n'),
    ("prints_or_exits", "src/wire/a_test.cc", "void f() { std::cout << 1; }\n"),
    ("threads_only_in_loop", "src/loop/a.cc", "std::thread t([] {});\n"),
    ("threads_only_in_loop", "src/wire/a.cc", "std::thread::id id = std::this_thread::get_id();\n"),
    ("nobody_sleeps", "src/wire/a.cc", "// sleep_for\nvoid f() { process.sleeping(); }\n"),
    ("nobody_sleeps", "src/wire/a_test.cc", "task<> f() {\n  co_await sleep_for(1s);\n}\n"),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a.cc",
     "struct A {\n  std::string b = {};\n  std::string_view c;\n  int n;\n};\nvoid f(A& a, std::string& s) {\n  a.c = {};\n  a.n = {};\n"
     "  s.clear();\n  free_memory(s);\n  s = \"x\";\n  std::string t = {};\n}\n"),
    ("frees_memory_that_is_meant_to_be_freed", "src/wire/a_test.cc", "std::string s;\nvoid f() { s = {}; }\n"),
    ("no_comma_operators", "src/wire/a.cc", "std::map<int, int> a;\nint b = f(1, 2), c{3, 4};\nA::A(int d) : b(d), c{d} {}\n"
                                            "int g() {\n  return h<int, 2>(1, {2, 3});\n}\nfs::walk at(x), end;\n"
                                            "void k() {\n  for (int i = 0, j = 1; i < j; ++i, --j) {}\n  x = y(1, 2);\n}\n"),
    ("own_header_comes_first", "src/loop/a.cc", '#include "loop/a.h"\n#include <string>\n'),
    ("own_header_comes_first", "src/loop/b.cc", "#include <string>\n"),
    ("headers_include_what_they_name", "src/wire/a.h", "#include <string>\nstd::string f(std::string_view);  // std::map\n"),
    ("headers_include_what_they_name", "src/wire/a.cc", "std::string f();\n"),
    ("no_mutable_globals", "src/wire/a.cc", "namespace ofn {\nconstexpr int kA = 1;\nconst char* const kB = \"x\";\n"
                                            "struct S {\n  int a = 0;\n};\nint f(int a = 1);\nclass C;\nusing T = int;\n"
                                            "enum class E { kA };\ntemplate <class T>\nT g{};\n}\n"),
    ("no_mutable_globals", "src/wire/a.cc", "struct A {\n  static A make(int b = 0);\n  static constexpr int kC = 1;\n};\n"
                                            "int A::f() {\n  int x = 0;\n  static const auto kTable = g();\n"
                                            "  for (int i = 0; i < 1; ++i) { x += i; }\n  return x;\n}\n"),
    ("no_mutable_globals", "src/wire/a.cc", "constexpr auto kA = std::size_t{64} * 1024;\nint f(A a = {}, B b = B::x());\n"
                                            "const auto kF = [] {\n  int x = 0;\n  return x;\n}();\n"),
    ("no_mutable_globals", "src/wire/a.cc", "bool operator==(const A& a, const A& b) { return true; }\n"
                                            "A::A(int b) : b_{b}, c_(b) {}\nstd::string f() {\n  return {};\n}\n"),
]


def _ids(cases):
    return [f"{case[0]}-{index}" for index, case in enumerate(cases)]


@pytest.mark.parametrize("rule, file, text, line", _BAD, ids=_ids(_BAD))
def test_is_caught(rule, file, text, line, tmp_path):
    hits = found(rule, tmp_path, {file: text})
    assert len(hits) == 1 and hits[0].startswith(f"{file}:{line}: "), hits


@pytest.mark.parametrize("rule, file, text", _GOOD, ids=_ids(_GOOD))
def test_is_let_through(rule, file, text, tmp_path):
    assert found(rule, tmp_path, {file: text}) == []


def test_a_room_without_a_readme_is_caught(tmp_path):
    bad = house(tmp_path, {})
    (tmp_path / "src/wire/README.md").unlink()
    assert [v.file for v in rules.every_room_has_a_readme(bad)] == ["src/wire/README.md"]


def test_tests_may_use_more_than_their_room(tmp_path):
    files = {
        "src/wire/CMakeLists.txt": "ofn_room(wire USES base TESTS a_test.cc TEST_USES event testing ALONE a_test.cc)",
        "src/wire/a_test.cc": '#include "event/a.h"\n#include "testing/fake.h"\n',
    }
    assert found("includes_only_what_it_uses", tmp_path, files) == []
    files["src/wire/a.cc"] = files["src/wire/a_test.cc"]
    assert len(found("includes_only_what_it_uses", tmp_path, files)) == 2


def test_every_rule_is_tested():
    tested = {case[0] for case in _BAD} | {"every_room_has_a_readme"}
    assert tested == {rule.__name__ for rule in rules.ALL}
