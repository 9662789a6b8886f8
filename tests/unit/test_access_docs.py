"""The examples and tables of docs/reference/access.md and docs/guides/access.md hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.resource import Resource
from lockgate.access.roles import SHIPPED
from lockgate.adapters.access_policies.schema import RESOURCES, schema_text
from lockgate.assemble.access_of_project import access_findings, open_authoriser
from lockgate.assemble.project_file import load_project
from tests.access_questions import authoriser, request
from tests.small_project import make_project

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "access.md").read_text("utf-8")
GUIDE = (DOCS / "guides" / "access.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@pytest.mark.parametrize("text", [REFERENCE, GUIDE], ids=["reference", "guide"])
def test_examples_are_sound_in_a_project(text: str, tmp_path: Path) -> None:
    make_project(tmp_path)
    [settings] = blocks(text, "yaml")
    with (tmp_path / "lockgate.yaml").open("a") as file:
        file.write(settings)
    (tmp_path / "access").mkdir()
    policies = blocks(text, "cedar")
    assert policies
    (tmp_path / "access" / "own.cedar").write_text("\n".join(policies))
    project = load_project(tmp_path)
    assert access_findings(project) == []
    assert "steward" in open_authoriser(project).roles()


def test_the_table_of_roles_is_what_is_shipped() -> None:
    engine = authoriser()
    for spec in SHIPPED[:-1]:
        row = re.search(rf"^\| `{spec.name}` \| ([^|]*) \|", REFERENCE, re.M)
        assert row is not None
        may = {
            action.value
            for action in Action
            for kind in APPLIES[action]
            if engine.decide(request(action, Resource(kind, "it"), spec.name)).allowed
        }
        assert set(re.findall(r"`([a-z-]+)`", row[1])) == may


def test_the_table_of_actions_is_the_schema() -> None:
    table = {
        action: set(re.findall(r"`(\w+)`", row[1]))
        for row in re.findall(
            r"^\| (`[^|]*) \| ([^|]*`[A-Z]\w+`[^|]*|any[^|]*) \|$", REFERENCE, re.M
        )
        for action in re.findall(r"`([a-z-]+)`", row[0])
        if action in set(Action)
    }
    every = {RESOURCES[kind] for kind in RESOURCES}
    assert set(table) == {action.value for action in Action}
    for action in Action:
        assert (table[action.value] or every) == {RESOURCES[kind] for kind in APPLIES[action]}


def test_every_attribute_of_the_context_is_told() -> None:
    context = schema_text().partition("type Context = {")[2].partition("}")[0]
    for name in re.findall(r'"(\w+)":', context):
        assert f".{name}" in REFERENCE, name
