"""docs/reference/treatments.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockgate.errors import PolicyError
from lockgate.protect.generalize import To
from lockgate.protect.generalize_zip import SMALL_AREAS
from lockgate.protect.parse import known_treatments, parse_treatment


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "reference" / "treatments.md").read_text("utf-8")


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    assert found, f"no section {title}"
    return found[1]


def test_every_treatment_has_its_section_and_rows(page: str) -> None:
    assert set(re.findall(r"^## ([a-z]+)$", page, re.M)) == set(known_treatments())
    for table in ("At a glance", "What special values become"):
        rows = re.findall(r"^\| `([a-z]+)`", section(page, table), re.M)
        assert set(rows) == set(known_treatments())


@pytest.mark.parametrize("name", ["mask", "hash", "fpe", "encrypt", "replace", "generalize"])
def test_every_parameter_is_described(page: str, name: str) -> None:
    with pytest.raises(PolicyError, match="has no parameter") as caught:
        parse_treatment({name: {"to": "year", "nothing": 1} if name == "generalize" else {"no": 1}})

    hint = caught.value.problems[0].hint
    parameters = hint.removeprefix(f"{name} takes ").split(", ")
    assert parameters
    for parameter in parameters:
        assert f"`{parameter}`" in section(page, name)


def test_the_kinds_of_generalize_and_the_small_areas(page: str) -> None:
    text = section(page, "generalize")

    assert set(re.findall(r"^\| `([a-z0-9]+)` \|.*\|.*\|.*\|$", text, re.M)) == {*To, "to"}
    assert ", ".join(SMALL_AREAS) in text
