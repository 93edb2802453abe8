"""Prints the numbers of several rounds as Markdown."""

from __future__ import annotations

import statistics


def spread(values, digits=2):
    """The median and the range."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratios(ours, theirs):
    return [a / b for a, b in zip(ours, theirs)]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()
