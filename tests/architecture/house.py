"""The sources as the architecture rules see them: rooms with what they use, files with their includes and code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

# A comment, a raw string, a string or a character; a digit separator (1'000) is no character.
_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r"""|R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)\""""
    r"""|"(?:\\.|[^"\\\n])*\""""
    r"""|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<spelling>[<"](?P<path>[^>"\n]+)[>"])', re.MULTILINE)
_ROOM_CALL = re.compile(r"\bofn_room\s*\((?P<arguments>[^)]*)\)")
_KEYWORDS = ("SOURCES", "USES", "LIBRARIES", "SMALL", "TESTS", "TEST_USES", "ALONE")


@dataclass(frozen=True)
class Include:
    line: int
    path: str
    quoted: bool


@dataclass(frozen=True)
class File:
    """One source file; `name` is its path from the root."""

    name: str
    text: str

    @property
    def is_test(self) -> bool:
        """foo_test.cc, what several tests share in foo_for_test.h, and everything outside the framework's own folders."""
        stem = Path(self.name).stem
        return stem.endswith("_test") or not self.name.startswith(("src/", "include/", "apps/"))

    @property
    def room(self) -> str | None:
        parts = self.name.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @cached_property
    def includes(self) -> list[Include]:
        # In the raw text: an include in a comment is rare, and a quoted path is a string.
        commented = {m.start() for m in _NOT_CODE.finditer(self.text) if m.group().startswith("/")}
        spans = [m.span() for m in _NOT_CODE.finditer(self.text) if m.start() in commented]
        raw = [m.span() for m in _NOT_CODE.finditer(self.text) if m.group().startswith("R")]
        hidden = spans + raw
        return [
            Include(self.line_of(m.start()), m["path"], m["spelling"][0] == '"')
            for m in _INCLUDE.finditer(self.text)
            if not any(start <= m.start("spelling") < end for start, end in hidden)
        ]

    @cached_property
    def code(self) -> str:
        """The text with comments and the insides of strings blanked; positions and lines stay."""

        def blank(match: re.Match[str]) -> str:
            kept = re.sub(r"[^\n]", " ", match.group())
            return kept if match.group().startswith("/") or len(kept) < 2 else '"' + kept[1:-1] + '"'

        return _NOT_CODE.sub(blank, self.text)

    def line_of(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1


@dataclass
class Room:
    name: str
    uses: set[str] = field(default_factory=set)
    test_uses: set[str] = field(default_factory=set)


class House:
    """A repository laid out like this one."""

    def __init__(self, root: Path):
        self.root = root

    @cached_property
    def order(self) -> list[str]:
        """The rooms, top-down, as src/CMakeLists.txt lists them."""
        text = _without_comments((self.root / "src/CMakeLists.txt").read_text())
        match = re.search(r"foreach\(room\s+([^)]*)\)", text)
        assert match, "src/CMakeLists.txt does not list its rooms in `foreach(room …)`"
        return match[1].split()

    @cached_property
    def rooms(self) -> dict[str, Room]:
        """The rooms that exist, with what their ofn_room says they use. A folder may declare more than one library."""
        library_of = {name: name for name in self.order}
        declared: list[tuple[Room, dict[str, list[str]]]] = []
        rooms: dict[str, Room] = {}
        for name in self.order:
            for lists in sorted((self.root / "src" / name).rglob("CMakeLists.txt")):
                room = rooms.setdefault(name, Room(name))
                for call in _ROOM_CALL.finditer(_without_comments(lists.read_text())):
                    library, words = _arguments(call["arguments"])
                    library_of[library] = name
                    declared.append((room, words))
        for room, words in declared:
            room.uses |= {library_of.get(used, used) for used in words["USES"]}
            room.test_uses |= {library_of.get(used, used) for used in words["TEST_USES"]}
        return rooms

    def reachable(self, name: str, tests: bool) -> set[str]:
        """The rooms that `name` may include: itself and, transitively, what it USES (its tests: TEST_USES, too)."""
        found: set[str] = set()
        todo = {name} | (self.rooms[name].test_uses if tests else set())
        while todo:
            room = todo.pop()
            if room not in found:
                found.add(room)
                todo |= self.rooms[room].uses if room in self.rooms else set()
        return found

    def files(self, *folders: str) -> list[File]:
        return [
            File(path.relative_to(self.root).as_posix(), path.read_text(encoding="utf-8"))
            for folder in folders
            for path in sorted((self.root / folder).rglob("*"))
            if path.suffix in (".h", ".cc") and path.is_file()
        ]


def _without_comments(cmake: str) -> str:
    return re.sub(r"#[^\n]*", "", cmake)


def _arguments(text: str) -> tuple[str, dict[str, list[str]]]:
    words: dict[str, list[str]] = {keyword: [] for keyword in _KEYWORDS}
    library, *rest = text.split()
    current: list[str] = []
    for word in rest:
        if word in words:
            current = words[word]
        else:
            current.append(word)
    return library, words
