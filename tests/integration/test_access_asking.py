"""Who may, asked of a project with grants, groups and an open break-glass."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lockgate.access.action import Action
from lockgate.access.grant_rows import BreakGlass, Grant
from lockgate.access.scope import Scope
from lockgate.assemble.access_of_state import open_access_rows
from lockgate.assemble.opened_project import record_of
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from tests.small_project import make_project

NOW = datetime.now(UTC)
STEWARD = """
access:
  roles:
    steward: {description: Turns names back, extends: [data_analyst], groups: [corp/stewards]}
  two_person: [shred]
"""
POLICY = """
@id("steward.names")
permit (principal in Role::"steward", action == Action::"reveal", resource in Label::"pii.email")
when { context.purpose.word == "support" && context.time.hour < 24 };
@id("coarse.only.by.day")
forbid (principal, action == Action::"publish", resource == Zone::"coarse")
when { context.time.hour < 6 };
"""


def grant(number: int, to: str, role: str, scope: str = "", days: int = 30) -> Grant:
    at = NOW - timedelta(days=40)
    ends = NOW + timedelta(days=days)
    return Grant(f"g{number}", to, role, scope, "because", "user:root", at, ends)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asking")
    make_project(folder)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write(STEWARD)
    (folder / "access").mkdir()
    (folder / "access" / "own.cedar").write_text(POLICY)
    with Workspace.open(folder) as workspace:
        rows = open_access_rows(record_of(workspace))
        for one in (
            grant(1, "user:anna", "privacy_officer", str(Scope(datasets=("people",)))),
            grant(2, "user:eve", "privacy_officer", days=-1),
            grant(3, "service:nightly", "data_engineer"),
            grant(4, "group:corp/audit", "auditor"),
            grant(5, "user:both", "admin"),
            grant(6, "user:both", "auditor"),
        ):
            rows.grants.add(one)
        ends = NOW + timedelta(hours=1)
        rows.break_glass.add(
            BreakGlass("b1", "user:ben", "privacy_officer", "outage", NOW - timedelta(1), ends)
        )
    return folder


def answer(project: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert invoke([*words, "--json", "-C", str(project)]) == 0
    return json.loads(capsys.readouterr().out)


def holders(project: Path, capsys, *words: str) -> dict[str, tuple[str, list[str]]]:
    found = answer(project, capsys, "access", "who-can", *words)["holders"]
    return {one["who"]: (one["answer"], one["needs"]) for one in found}


def test_who_can_reveal(project: Path, capsys) -> None:
    assert holders(project, capsys, "reveal", "pii.email") == {
        "group:corp/stewards": ("depends", ["purpose", "time"]),
        "the folder's owner": ("yes", []),
        "user:anna": ("depends", ["dataset", "zone"]),
        "user:ben": ("yes", []),
    }
    assert holders(project, capsys, "reveal", "pii.email", "--dataset", "people",
                   "--purpose", "support: 7", "--at", "2999-01-01T00:00+00:00") == {
        "group:corp/stewards": ("yes", []),
        "the folder's owner": ("yes", []),
    }  # fmt: skip
    at = NOW.isoformat()
    there = holders(project, capsys, "reveal", "pii.email", "--dataset", "people", "--at", at)
    assert there["user:anna"] == ("yes", [])
    assert "user:anna" not in holders(project, capsys, "reveal", "pii.email", "--dataset", "other")
    assert "group:corp/stewards" not in holders(project, capsys, "reveal", "pii.email",
                                                "--purpose", "marketing")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reveal", "pii.emial"), "no such label: did you mean pii.email?"),
        (("publish", "zone:analytcs"), "no such zone: there are analytics"),
        (("reveal", "pii.email"), ""),
        (("publish", "analytics", "--label", "masked(pii.email)"), ""),
    ],
)
def test_who_can_says_that_a_name_is_of_nothing(project: Path, capsys, words, said: str) -> None:
    capsys.readouterr()
    assert invoke(["access", "who-can", *words, "-C", str(project)]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert said in " ".join(lines)
    assert bool(lines) == bool(said)


def test_can_asks_for_a_principal_as_it_is_written(project: Path, capsys) -> None:
    assert invoke(["access", "can", "anna", "-C", str(project)]) == 2
    assert "user:NAME" in capsys.readouterr().err


def test_break_glass_shows_as_such_with_its_end(project: Path, capsys) -> None:
    found = answer(project, capsys, "access", "who-can", "reveal", "pii.email")["holders"]
    [ben] = [one for one in found if one["who"] == "user:ben"]
    assert ben["break_glass"] is True
    assert ben["by"] == ["b1"]
    assert datetime.fromisoformat(ben["until"]) == NOW + timedelta(hours=1)


def test_what_is_denied_to_all_is_denied_to_the_owner_too(project: Path, capsys) -> None:
    assert holders(project, capsys, "reveal", "pci.cvv") == {}


def test_what_two_persons_hold_depends_on_the_other(project: Path, capsys) -> None:
    assert holders(project, capsys, "shred", "key-domain:email")["the folder's owner"] == (
        "depends",
        ["approval"],
    )


def test_who_holds_both_of_a_toxic_pair_holds_neither(project: Path, capsys) -> None:
    assert answer(project, capsys, "access", "can", "user:both")["can"] == []
    assert "user:both" not in holders(project, capsys, "administer", "access")


def test_an_expired_grant_gives_nothing_but_at_its_time(project: Path, capsys) -> None:
    assert answer(project, capsys, "access", "can", "user:eve")["can"] == []
    then = (NOW - timedelta(days=10)).isoformat()
    found = answer(project, capsys, "access", "can", "user:eve", "--at", then)["can"]
    assert "reveal" in {one["action"] for one in found}


def test_asking_about_another_time_moves_no_clock(project: Path, capsys) -> None:
    answer(project, capsys, "access", "can", "user:anna", "--at", "2999-01-01T00:00+00:00")
    assert "user:anna" in holders(project, capsys, "reveal", "pii.email")


def test_can_is_what_deciding_says(project: Path, capsys) -> None:
    found = answer(project, capsys, "access", "can", "service:nightly")["can"]
    told = {(one["action"], one["kind"]): one for one in found}
    assert told["run", "pipeline"]["every"] is True
    assert told["publish", "zone"]["answer"] in ("yes", "depends")
    assert ("reveal", "label") not in told
    assert ("break-glass", "access") not in told  # no machine does
    group = answer(project, capsys, "access", "can", "corp/7", "--group", "corp/audit")["can"]
    assert {one["action"] for one in group} >= {"read-ledger", "review"}
    assert answer(project, capsys, "access", "can", "os:root@here")["can"] == []


def test_the_matrix_has_every_cell(project: Path, capsys) -> None:
    found = answer(project, capsys, "access", "matrix")
    cells = {(c["action"], c["role"], c["label"], c["zone"]): c for c in found["cells"]}
    assert len(cells) == 2 * len(found["roles"]) * len(found["labels"]) * len(found["zones"])
    assert cells["publish", "data_engineer", "pii.email", "coarse"]["answer"] == "depends"
    assert cells["publish", "data_engineer", "pii.email", "study"]["answer"] == "yes"
    assert cells["reveal", "steward", "pii.email", "study"]["needs"] == ["purpose", "time"]
    assert cells["reveal", "data_engineer", "pii.email", "study"]["answer"] == "no"


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.loaded += [name for name, _ in attrs if name in ("src", "href", "action", "data")]


def test_the_page_needs_nothing_else_and_runs_nothing(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "access.html"
    words = ["access", "matrix", "--all-labels", "--html", str(page), "-q"]
    assert invoke([*words, "-C", str(project)]) == 0
    text = page.read_text()
    parsed = Page()
    parsed.feed(text)
    assert "script" not in parsed.tags
    assert parsed.loaded == []
    assert not [name for name in parsed.attributes if name.startswith("on")]
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert "steward.names" in text
    assert text.count("<table>") == 2
    assert not re.search(r"https?://", text)


def test_roles_are_told_in_words(project: Path, capsys) -> None:
    found = {one["name"]: one for one in answer(project, capsys, "access", "roles")["roles"]}
    assert found["steward"]["depends"] == ["reveal"]
    assert found["steward"]["groups"] == ["corp/stewards"]
    assert set(found["owner"]["may"]) | set(found["owner"]["depends"]) == {a.value for a in Action}
    assert "privacy_officer" in found["admin"]["not_with"]


def test_a_broken_policy_answers_nothing(project: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "broken"
    make_project(folder)
    (folder / "access").mkdir()
    (folder / "access" / "own.cedar").write_text("permit (principal, action, resource);")
    capsys.readouterr()
    assert invoke(["access", "roles", "-C", str(folder)]) == 3
    told = capsys.readouterr().err
    assert "access-everybody" in told
    assert "own.cedar:1:1" in told
