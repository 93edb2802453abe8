"""The rules of the architecture. Each takes a House and yields its mistakes, as `file:line: mistake`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from architecture.house import File, House

# (rule, file) → why it may. An entry that nothing needs any more fails.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("prints_or_exits", "src/base/check.cc"): "a broken invariant says what broke, then aborts",
    ("runs_code_only_in_os_and_loader", "src/cli/init.cc"): "process 1 goes on in a child, so that it can reap orphans",
    ("runs_code_only_in_os_and_loader", "src/dev/keys_test.cc"): "is the shell that stops and continues the job with the keys",
    ("prints_or_exits", "src/logging/captured_output.cc"): "puts itself in the place of the standard streams",
    ("no_mutable_globals", "src/metrics/author_metrics.cc"): "a program may count until the process ends: its values are never freed",
    ("no_mutable_globals", "src/os/memory_reserve.cc"): "a std::new_handler is given nothing to find its reserve by",
    ("no_mutable_globals", "src/os/stack_text.cc"): "symbols that are never freed are read once for all reports of the process",
    ("no_mutable_globals", "src/os/throw_sites.cc"): "the C++ runtime gives a new exception no pointer of ours",
    ("no_mutable_globals", "src/os/started_threads.cc"): "the C library gives a new thread no pointer of ours",
    ("threads_only_in_loop", "src/os/started_threads.cc"): "stands in place of the C library's pthread_create(), so that a thread knows its starter",
    ("prints_or_exits", "src/os/exit.cc"): "stands in place of the C library's _exit(), so that the function's call of it is told",
    ("sockets_only_from_wire_on", "src/os/ready_notice.cc"): "tells the service manager, which listens on a socket, that the program is ready",
    ("sockets_only_from_wire_on", "src/os/ready_notice_test.cc"): "is the service manager",
    ("sockets_only_from_wire_on", "src/os/report.cc"): "gives a supervisor notice without waiting, which only send() can",
    ("sockets_only_from_wire_on", "src/os/forked_child.cc"): "a forked child closes what its parent serves, before anything else runs",
    ("prints_or_exits", "src/os/process.cc"): "ends the process between the framework and a program that it runs, which is another one",
    ("author_headers_are_standard", "include/ofn/testing/catch2.h"): "it is the face for Catch2",
    ("author_headers_are_standard", "include/ofn/testing/catch2_entry.h"): "it has Catch2's implementation for the program of the tests",
    ("author_headers_are_standard", "include/ofn/testing/gtest.h"): "it is the face for GoogleTest",
    ("no_mutable_globals", "include/ofn/task.h"): "how many frames of tasks a thread destroys at once: a destructor is given nothing",
    ("nobody_sleeps", "src/loader/cache.cc"): "waits for the file system's coarse clock to tick, which nothing tells",
    ("nobody_sleeps", "src/os/debugger.cc"): "waits for a debugger, whose arrival nothing tells",
}


@dataclass(frozen=True)
class Violation:
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


Rule = Callable[[House], Iterator[Violation]]

# The folder of the public fakes: no room; tests may use it.
_FAKES = "testing"

# C++20's headers: what <ofn/…> may include, C's under their C++ names.
_STANDARD = set(
    """algorithm any array atomic barrier bit bitset charconv chrono compare complex concepts condition_variable
    coroutine deque exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers
    numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
    source_location span sstream stack stdexcept stop_token streambuf string string_view syncstream system_error thread
    tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
    cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio
    cstdlib cstring ctime cuchar cwchar cwctype""".split()
)

_PROTOBUF = re.compile(r"^google/protobuf/|\.pb\.h$")
# A library that parses texts of others → the only file that sees it.
_PARSERS = {"nlohmann": "src/document/json.cc", "yaml-cpp": "src/document/yaml.cc"}
_SOCKET_HEADER = re.compile(
    r"^(sys/socket|sys/un|netinet/\w+|arpa/inet|netdb)\.h$"
    r"|^nghttp2/|^loop/watch\.h$"
)
_RUNS_CODE = re.compile(
    r"\b(dlopen|dlmopen|dlsym|dlclose|posix_spawnp?|v?fork|execv?p?e?|execl[pe]?|popen|system)\s*\("
)
_RUNS_CODE_HEADER = re.compile(r"^(dlfcn|spawn)\.h$")
_PRINTS = re.compile(
    r"\bstd::w?(cout|cerr|clog)\b|(?<![\w:])(?:std::)?(v?f?printf|puts|fputs|putchar|perror)\s*\("
    r"|\b(fmt|std)::print(ln)?\s*\("
)
_EXITS = re.compile(r"(?<![\w:.>])(?:std::|::)?(exit|_exit|_Exit|quick_exit)\s*\(")
# What signal handlers, exit handlers and forked children know.
_SIGNALS = {"src/loop/signals.cc", "src/os/process_state.h", "src/os/process_state.cc", "src/os/end_forked_child.h"}
_THREAD = re.compile(r"\bstd::(j?thread\b(?!\s*::)|async\b)|\bpthread_create\b")
# Not ofn::sleep_for, which a coroutine awaits.
_SLEEP = re.compile(r"\bthis_thread\b.*\bsleep_(for|until)\b|\b(usleep|nanosleep)\b|(?<![\w:.>])(?:::)?sleep\s*\(")


def _hits(file: File, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for match in pattern.finditer(file.code):
        yield file.line_of(match.start()), match.group().rstrip(" (").strip()


def includes_only_what_it_uses(house: House) -> Iterator[Violation]:
    """A room includes itself and the rooms that its ofn_room USES, which stand above it."""
    position = {name: index for index, name in enumerate(house.order)}
    for room in house.rooms.values():
        for used in sorted(room.uses | (room.test_uses - {_FAKES})):
            if position.get(used, len(position)) >= position[room.name]:
                yield Violation(
                    f"src/{room.name}/CMakeLists.txt", 1, f"uses '{used}', which does not stand above '{room.name}'"
                )
    for file in house.files("src"):
        if file.room is None or file.room not in position:
            yield Violation(file.name, 1, "lies in no room that src/CMakeLists.txt lists")
            continue
        allowed = house.reachable(file.room, file.is_test) if file.room in house.rooms else {file.room}
        for include in file.includes:
            if not include.quoted or _PROTOBUF.search(include.path):
                continue
            target = include.path.split("/")[0]
            if target == _FAKES and file.is_test:
                continue
            if "/" not in include.path or target not in position:
                yield Violation(file.name, include.line, f'"{include.path}" is not of the form "room/file.h"')
            elif target not in allowed:
                why = (
                    "stands below it"
                    if position[target] > position[file.room]
                    else "is not in its USES, nor in theirs"
                )
                yield Violation(
                    file.name, include.line, f"'{file.room}' includes \"{include.path}\": room '{target}' {why}"
                )


def author_headers_are_standard(house: House) -> Iterator[Violation]:
    """include/ofn includes <ofn/…> and C++20's standard library, nothing else."""
    for file in house.files("include"):
        for include in file.includes:
            if include.quoted or not (include.path.startswith("ofn/") or include.path in _STANDARD):
                yield Violation(file.name, include.line, f"includes {include.path}: author headers are C++20's own")


def _only(house: House, rooms: set[str], header: re.Pattern[str] | None, code: re.Pattern[str] | None,
          message: str, tests_too: bool = True) -> Iterator[Violation]:
    """What matches may stand in `rooms` only."""
    for file in house.files("src", "include", "apps"):
        if file.room in rooms or (file.is_test and not tests_too):
            continue
        if header:
            for include in file.includes:
                if header.search(include.path):
                    yield Violation(file.name, include.line, f"includes {include.path}: {message}")
        if code:
            for line, found in _hits(file, code):
                yield Violation(file.name, line, f"{found}: {message}")


def protobuf_only_in_dapr(house: House) -> Iterator[Violation]:
    """Only dapr sees protobuf."""
    yield from _only(house, {"dapr"}, _PROTOBUF, None, "only the room dapr sees protobuf")


def json_and_yaml_only_in_document(house: House) -> Iterator[Violation]:
    """One file sees the JSON library, and one the YAML library: they are slow to compile, and what they accept is promised."""
    for file in house.files("src", "include", "apps", "testing", "fuzz", "bench"):
        for include in file.includes:
            library = include.path.split("/")[0]
            # The programs beside which the framework is measured may use any library.
            if library in _PARSERS and file.name != _PARSERS[library] and not file.name.startswith("bench/peers/"):
                yield Violation(file.name, include.line,
                                f"includes {include.path}: only {_PARSERS[library]} sees {library}; use the room document")


def runs_code_only_in_os_and_loader(house: House) -> Iterator[Violation]:
    """Only os starts a program or opens a library of the system, and only loader loads a function."""
    yield from _only(house, {"os", "loader"}, _RUNS_CODE_HEADER, _RUNS_CODE,
                     "only the rooms os and loader run or load programs")


def sockets_only_from_wire_on(house: House) -> Iterator[Violation]:
    """What stands above wire knows no socket and watches no descriptor."""
    below = set(house.order[house.order.index("wire"):])
    yield from _only(house, below | {"loop"}, _SOCKET_HEADER, None, "rooms above wire know no socket")


def prints_or_exits(house: House) -> Iterator[Violation]:
    """Only cli and apps print or exit."""
    for violation in _only(house, {"cli"}, None, _PRINTS, "only cli and apps print", tests_too=False):
        if not violation.file.startswith("apps/"):
            yield violation
    for violation in _only(house, {"cli"}, None, _EXITS, "only cli and apps end the process", tests_too=False):
        if not violation.file.startswith("apps/"):
            yield violation


def threads_only_in_loop(house: House) -> Iterator[Violation]:
    """Only loop makes threads; tests may, to show that something is safe to share."""
    yield from _only(house, {"loop"}, None, _THREAD, "only the room loop makes threads", tests_too=False)


def nobody_sleeps(house: House) -> Iterator[Violation]:
    """Neither the framework nor its tests sleep and look: time comes from Clock, readiness from what is ready."""
    for file in house.files("src", "include", "apps", "testing", "tests", "fuzz"):
        for line, found in _hits(file, _SLEEP):
            yield Violation(file.name, line, f"{found}: wait for what you wait for, not for time")


# A variable or member whose assignment from nothing keeps its memory.
_KEEPS_MEMORY = re.compile(r"\bstd::(?:string|vector\s*<[^;{}()]*>)\s+(?P<name>\w+)\s*(?:[;={,)]|\[)"
                           r"|\bstd::(?:string|vector\s*<[^;{}()]*>)&\s+(?P<reference>\w+)\s*[,)=]")
# `x = {};`, `a.b_->c = "";`, `x = std::string();`, but not `T x = {};`
_ASSIGNS_NOTHING = re.compile(
    r"(?<=[;{}):\n])[ \t]*(?:\w+(?:\(\))?(?:\.|->))*(?P<name>\w+)\s*=\s*(?:\{\s*\}|\"\"|std::string(?:\(\)|\{\}))\s*;")


def frees_memory_that_is_meant_to_be_freed(house: House) -> Iterator[Violation]:
    """Nobody assigns an empty value to a string or vector: it is empty then, and keeps its memory.

    `x.clear()` says that the memory is kept for the next use, `free_memory(x)` (base/free_memory.h) that it goes. A heuristic: knows
    what is declared as std::string or std::vector in the file and in the headers of the house that it includes.
    """
    files = {file.name: file for file in house.files("src", "apps")}
    for file in files.values():
        if file.is_test:
            continue
        near = [file, *(files[f"src/{i.path}"] for i in file.includes if f"src/{i.path}" in files)]
        names = {m["name"] or m["reference"] for each in near for m in _KEEPS_MEMORY.finditer(each.code)}
        for match in _ASSIGNS_NOTHING.finditer(file.code):
            if match["name"] in names:
                yield Violation(file.name, file.line_of(match.start("name")),
                                f"'{match.group().strip()}' keeps the memory: clear() says so, free_memory() gives it back")


_NO_VARIABLE = re.compile(
    r"^(?:\[\[.*?\]\]\s*)*(?:using|typedef|class|struct|enum|union|template|static_assert|friend|concept|namespace"
    r"|public|private|protected|return|extern\s+\"|asm|$)"
)
_CONSTANT = re.compile(r"\b(const|constexpr|consteval)\b")


def no_mutable_globals(house: House) -> Iterator[Violation]:
    """No variable of namespace scope, and no `static` or `thread_local` anywhere, that can change.

    A handler of signals or of an exit is given no pointer of ours: what it needs is in one file of its room.
    """
    for file in house.files("src", "include", "apps"):
        if file.is_test or file.name in _SIGNALS:
            continue
        for line, statement in _variables(file):
            yield Violation(file.name, line, f"'{statement}' is mutable and outlives its scope: pass it instead")


def _variables(file: File) -> Iterator[tuple[int, str]]:
    """A heuristic: statements up to their first of `= { ( ;`, at namespace scope or starting with static.

    Knows neither types nor macros: a declaration with `(` before any `=` counts as a function.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()), file.code, flags=re.M)
    scopes: list[bool] = []  # of each open brace: is it a namespace?
    start = position = 0
    while position < len(code):
        char = code[position]
        position += 1
        if char not in "{};":
            continue
        words = code[start:position - 1].strip()
        if char == "{" and _is_initializer(words):
            position = _behind_brace(code, position)
            continue
        if char in "{;" and words:
            head = re.split(r"[={(;]", words, maxsplit=1)[0].strip()
            is_call = words[len(head):].lstrip().startswith("(")
            stored = re.match(r"(?:inline\s+)?(?:static|thread_local)\b", head)
            declares = len(head.split()) > 1 and not _NO_VARIABLE.match(head) and "operator" not in head
            if declares and (all(scopes) or stored) and not is_call and not _CONSTANT.search(head):
                yield file.line_of(start + len(code[start:]) - len(code[start:].lstrip())), head
        if char == "{":
            scopes.append(bool(re.search(r"\bnamespace\b[^;=()]*$|\bextern\s+\"\s*\"$", words)))
        elif char == "}" and scopes:
            scopes.pop()
        start = position


def _is_initializer(words: str) -> bool:
    """Does a brace behind these words belong to an expression?"""
    return words.count("(") > words.count(")") or bool(re.search(r"(?<!operator)(?<![=!<>])=(?!=)", _outside(words)))


def _outside(words: str) -> str:
    """The words without what stands in parentheses."""
    while (shorter := re.sub(r"\([^()]*\)", "", words)) != words:
        words = shorter
    return words


def _behind_brace(code: str, position: int) -> int:
    depth = 1
    while position < len(code) and depth:
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        position += 1
    return position


def own_header_comes_first(house: House) -> Iterator[Violation]:
    """room/file.cc includes "room/file.h" before all else, so that compiling it shows that the header needs no other before it."""
    for file in house.files("src"):
        own = file.name.removeprefix("src/").removesuffix(".cc") + ".h"
        if not file.name.endswith(".cc") or not (house.root / "src" / own).is_file():
            continue
        first = file.includes[0] if file.includes else None
        if first is None or first.path != own:
            yield Violation(file.name, first.line if first else 1, f'includes "{own}" not first')


# A name of the standard library → the headers that have it, for the names that most headers use.
_HOMES = {
    name: tuple(headers.split())
    for headers, names in {
        "array": "array",
        "atomic": "atomic",
        "cstdint": "int32_t int64_t uint8_t uint16_t uint32_t uint64_t",
        "deque": "deque",
        "exception": "exception_ptr",
        "expected": "expected unexpected",
        "filesystem": "filesystem",
        "functional": "function",
        "map": "map",
        "memory": "unique_ptr shared_ptr weak_ptr make_unique make_shared",
        "mutex": "mutex lock_guard",
        "optional": "optional nullopt",
        "set": "set",
        "span": "span",
        "stop_token": "stop_token stop_source stop_callback",
        "string": "string to_string",
        "string_view string": "string_view",
        "unordered_map": "unordered_map",
        "variant": "variant",
        "vector": "vector",
    }.items()
    for name in names.split()
}
_NAME_OF_STD = re.compile(r"\bstd::(" + "|".join(_HOMES) + r")\b")


def headers_include_what_they_name(house: House) -> Iterator[Violation]:
    """A header includes the standard headers of the types that it names: those before it may stop to bring them."""
    for file in house.files("src", "include", "testing"):
        if not file.name.endswith(".h"):
            continue
        included = {include.path for include in file.includes}
        told = set()
        for match in _NAME_OF_STD.finditer(file.code):
            if not included & set(_HOMES[match[1]]) and _HOMES[match[1]] not in told:
                told.add(_HOMES[match[1]])
                yield Violation(file.name, file.line_of(match.start()), f"names std::{match[1]} without <{_HOMES[match[1]][0]}>")


# Two statements that a comma joins: "return note(x), 1;" or "a = 1, b = 2;". Brackets with their insides are '@'.
_COMMA_OPERATOR = re.compile(
    r"^(?:(?:if|while|for)\s*@\s*|else\s+)*"
    r"(?:(?:return|co_return|throw)\b|(?:\+\+|--)[\w.>-]+|(?:@)?[\w.:>*-]+\s*(?:[-+*/|&]?=|@|\+\+|--))[^,]*,"
)
_TEMPLATE_ARGUMENTS = re.compile(r"<[\w:, *&.@]*>")
_NEXT_STATEMENT = re.compile(r"\s*[\w~+*\[-]")
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def _statements(code: str) -> Iterator[tuple[int, str]]:
    """Each statement that ends in a semicolon, and where it ends."""
    outer: list[str] = []
    text = ""
    for position, char in enumerate(code):
        if char in "([{":
            outer.append(text)
            text = ""
        elif char in ")]}" and outer:
            before = outer.pop()
            is_block = char == "}" and _NEXT_STATEMENT.match(code, position + 1)
            text = "" if is_block else before + "@"
        elif char == ";":
            yield position, " ".join(text.split())
            text = ""
        else:
            text += char


def no_comma_operators(house: House) -> Iterator[Violation]:
    """A statement does one thing: no comma joins two of them."""
    for file in house.files("src", "include", "apps", "testing", "fuzz", "bench"):
        code = _DIRECTIVE.sub(lambda match: "\n" * match.group().count("\n"), file.code)
        for end, text in _statements(code):
            while (shorter := _TEMPLATE_ARGUMENTS.sub("", text)) != text:
                text = shorter
            if _COMMA_OPERATOR.search(text):
                yield Violation(file.name, code.count("\n", 0, end) + 1, f"joins two statements by a comma: {text[-60:]}")


def every_room_has_a_readme(house: House) -> Iterator[Violation]:
    """A room says in its README.md what it holds, what it must not know, and where to look."""
    for name in house.rooms:
        if not (house.root / "src" / name / "README.md").is_file():
            yield Violation(f"src/{name}/README.md", 1, "does not exist: say what the room holds and must not know")


_PICTURE = re.compile(r"^```mermaid\n(?P<picture>.*?)^```$", re.MULTILINE | re.DOTALL)
_ARROW = re.compile(r"^ *(\w+) --> (\w+)$", re.MULTILINE)


def picture_is_the_house(house: House) -> Iterator[Violation]:
    """docs/architecture.md draws every room, and an arrow for each USES that no longer way of arrows implies."""
    name = "docs/architecture.md"
    page = house.root / name
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    match = _PICTURE.search(text)
    if not match:
        yield Violation(name, 1, "has no picture of the rooms (```mermaid)")
        return
    line = text.count("\n", 0, match.start()) + 1
    picture = match["picture"]
    for room in house.rooms:
        if not re.search(rf"\b{room}\b", picture):
            yield Violation(name, line, f"does not draw the room '{room}'")
    drawn = set(_ARROW.findall(picture))
    needed = {
        (room.name, used)
        for room in house.rooms.values()
        for used in room.uses
        if not any(used in house.reachable(other, tests=False) for other in room.uses - {used})
    }
    for user, used in sorted(drawn - needed):
        yield Violation(name, line, f"draws '{user} --> {used}': '{user}' does not use it, or uses it through others as well")
    for user, used in sorted(needed - drawn):
        yield Violation(name, line, f"does not draw '{user} --> {used}'")


ALL: list[Rule] = [
    includes_only_what_it_uses,
    author_headers_are_standard,
    protobuf_only_in_dapr,
    json_and_yaml_only_in_document,
    runs_code_only_in_os_and_loader,
    sockets_only_from_wire_on,
    prints_or_exits,
    threads_only_in_loop,
    nobody_sleeps,
    no_mutable_globals,
    frees_memory_that_is_meant_to_be_freed,
    own_header_comes_first,
    headers_include_what_they_name,
    no_comma_operators,
    every_room_has_a_readme,
    picture_is_the_house,
]
