"""The sources that CI gives to clang-tidy."""

import subprocess

FILES = {
    "src/a/a.h": "", "src/a/a.cc": '#include "a/a.h"\n', "src/a/other.cc": '#include "a/a.h"\n',
    "src/b/alone.h": "", "src/b/middle.h": '#include "b/alone.h"\n', "src/b/far.cc": '#include "b/middle.h"\n', "src/b/far_test.cc": '#include "b/alone.h"\n',
    "include/ofn/x.h": "", "src/c/reads_x.cc": "#include <ofn/x.h>\n",
    "src/c/unread.h": "// #include <ofn/x.h>\n", "src/c/same.cc": "",
}
NEAREST = {
    "src/a/a.h": "src/a/a.cc",
    "src/b/alone.h": "src/b/far.cc",
    "include/ofn/x.h": "src/c/reads_x.cc",
    "src/c/unread.h": None,
    "src/c/same.cc": None,
}


def test_a_changed_header_is_read_with_a_source(repository, tmp_path):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments], cwd=tmp_path, check=True, capture_output=True)

    def changed():
        return subprocess.check_output([repository / ".ci/changed-sources", "HEAD"], cwd=tmp_path, text=True).split()

    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    assert changed() == []
    for name, source in NEAREST.items():
        (tmp_path / name).write_text(FILES[name] + "// changed\n")
        assert changed() == sorted({name, source} - {None})
        (tmp_path / name).write_text(FILES[name])
    (tmp_path / "src/new.cc").write_text("")
    assert changed() == ["src/new.cc"], "git does not know it yet"
