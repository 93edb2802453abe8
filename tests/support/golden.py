"""What a failing function makes the program say, compared with files that a test run renews with --renew-golden.

    compare = Golden(folder / "golden", renews=False)
    compare("died by abort", text)                  # golden/died-by-abort.txt
"""

import re

# What differs between two runs, and what stands in its place.
_VOLATILE = [
    (r"^\d\d:\d\d:\d\d(\.\d{3})? ", "TIME "),
    (r"\bsince \d\d:\d\d:\d\d\b", "since TIME"),
    (r"\b[\d.,]+ (ms|s)\b", "N s"),
    (r"/\S+/(?=function\.cc)", ""),
    (r"http://127\.0\.0\.1:\d+/", "http://127.0.0.1:PORT/"),
    (r"\baddress([ =])0x(?!0\b)[0-9a-f]+", r"address\1ADDRESS"),
    (r"\bprocess \d+", "process PROCESS"),
    (r"\bsent_by_process=\d+", "sent_by_process=PROCESS"),
    (r"\brunning_ms=\d+", "running_ms=N"),
    (r"\bleft_out=\d+", "left_out=N"),
    (r"\(\d{2,} times\)", "(N times)"),
]
# The functions of tests/program say it, so that a test can wait for it.
_OWN = ("it waits", "it loops")


def without_own(text):
    """Returns the text without what the functions say for the tests."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip() not in _OWN)


class Golden:
    def __init__(self, folder, renews, volatile=_VOLATILE):
        """`volatile`: what differs between two runs, as patterns, and what stands in its place."""
        self._folder, self._renews, self._volatile = folder, renews, volatile

    def __call__(self, name, text):
        path = self._folder / f"{name.replace(' ', '-')}.txt"
        for pattern, word in self._volatile:
            text = re.sub(pattern, word, text, flags=re.MULTILINE)
        if self._renews:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is missing: see the beginning of the test's file"
        assert text == path.read_text(), f"not as in {path}; if that is right, see the beginning of the test's file"
