"""The code examples in comments of headers."""

import re


def examples(text):
    """The parts of comments that are indented behind an empty line or a colon and look like code, each with its line. A list ("- …")
    is no code."""
    found, block, before = [], [], ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        match = re.match(r"\s*//(?:   (.*))?$", line)
        if match and (block or (match[1] and re.search(r"(//|:)$", before))):
            block.append((number, match[1] or ""))
        else:
            code = "\n".join(part for _, part in block).strip()
            if re.search(r"[;{}]\s*(//.*)?$", code, re.MULTILINE) and not code.startswith("- "):
                found.append((block[0][0], code))
            block = []
        before = line
    return found
