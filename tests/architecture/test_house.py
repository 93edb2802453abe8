"""Checks every rule on this repository."""

from pathlib import Path

import pytest

from architecture import rules
from architecture.house import House

_HOUSE = House(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.__name__)
def test_rule(rule):
    broken = [v for v in rule(_HOUSE) if (rule.__name__, v.file) not in rules.EXCEPTIONS]
    assert not broken, rule.__doc__ + "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize("rule, file", rules.EXCEPTIONS, ids="-".join)
def test_exception_is_needed(rule, file):
    assert any(v.file == file for v in getattr(rules, rule)(_HOUSE)), f"{file} keeps {rule}: remove the exception"
