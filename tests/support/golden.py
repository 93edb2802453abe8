"""Texts that are compared with files, which a test run renews with --renew-golden.

    compare = Golden(folder / "golden", [(r"^\\d\\d:\\d\\d:\\d\\d ", "TIME ")], renews=False)
    compare("died by abort", text)                  # golden/died-by-abort.txt
"""

import re


class Golden:
    def __init__(self, folder, volatile, renews):
        """`volatile`: what differs between two runs, as patterns, and what stands in its place."""
        self._folder, self._volatile, self._renews = folder, volatile, renews

    def __call__(self, name, text):
        path = self._folder / f"{name.replace(' ', '-')}.txt"
        for pattern, word in self._volatile:
            text = re.sub(pattern, word, text, flags=re.MULTILINE)
        if self._renews:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is missing: see the beginning of the test's file"
        assert text == path.read_text(), f"not as in {path}; if that is right, see the beginning of the test's file"
