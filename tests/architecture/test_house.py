"""Checks every rule on this repository."""

import sys
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


def test_no_folder_of_tests_hides_a_module_of_python():
    # pytest names a folder's conftest.py after the folder, and its workers then find Python's module instead.
    folders = {folder.name for folder in Path(__file__).resolve().parents[1].iterdir() if folder.is_dir()}
    assert not folders & sys.stdlib_module_names
