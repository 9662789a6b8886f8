"""What `check` says of a project's roles and access policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.access.settings import PolicyText
from lockgate.adapters.access_policies.names import KnownNames
from lockgate.adapters.access_policies.soundness import findings
from lockgate.assemble.access_of_project import access_findings, open_authoriser
from lockgate.assemble.project_file import load_project
from lockgate.errors import ConfigurationError
from lockgate.limits import Limits
from tests.small_project import make_project

KNOWN = KnownNames(
    {
        "Role": frozenset({"data_engineer", "data_analyst", "owner"}),
        "Label": frozenset({"pii", "pii.ssn"}),
        "Zone": frozenset({"analytics"}),
        "Dataset": frozenset({"patients"}),
    }
)
ANALYST = 'permit (principal in Role::"data_analyst", action == Action::"reveal", resource'


def said(text: str, limits: Limits | None = None) -> list[tuple[str, str, str]]:
    found = findings([PolicyText("access/own.cedar", text)], KNOWN, limits or Limits())
    return [(one.rule.value, str(one.where), f"{one.message} | {one.fix}") for one in found]


SOUND = [
    "",
    "// nothing yet",
    "// " + "((( words " * 2_000 + "\nforbid (principal, action, resource);",
    ANALYST + ' in Label::"pii") when { context.purpose.word == "fraud" };',
    ANALYST + ') when { context.labels.contains("pseudonym(pii.ssn; domain=ssn; key=1)") };',
    'forbid (principal, action, resource) unless { context.strength.methods.contains("otp") };',
    'forbid (principal == Person::"user:eve", action, resource);',
    (
        '@id("a") // ; "\nforbid (principal, action, resource)'
        ' when { context.purpose.detail == "a;b//" };'
    ),
]


@pytest.mark.parametrize("text", SOUND)
def test_sound_policies_have_no_finding(text: str) -> None:
    assert said(text) == []


UNSOUND = [
    (ANALYST + ") when { context.purpos.word == \"x\" };", "access-policy", ":1:97",
     "no attribute purpos | did you mean purpose?"),
    (ANALYST.replace('"reveal"', '"revel"') + ");", "access-policy", ":1:63",
     "no action revel | did you mean reveal?"),
    (ANALYST + " is Zones);", "access-policy", ":1:84", "no type Zones | did you mean Zone?"),
    (ANALYST + ") when { context.time.hour < \"9\" };", "access-policy", ":1:1", "does not fit"),
    (ANALYST + ") when { datetime(\"soon\") < datetime(\"2030-01-01\") };", "access-policy",
     ":1:1", "datetime()"),
    (ANALYST + " is Zone);", "access-never", ":1:1", "no such principal does such an action"),
    (ANALYST + ") when { resource is Zone };", "access-never", ":1:1", "can never hold"),
    (ANALYST + ") unless { resource is Label };", "access-never", ":1:1", "can never hold"),
    ("permit (principal, action, resource);", "access-everybody", ":1:1", "permits everybody"),
    ('permit (principal, action, resource) when { principal in Role::"data_analyst" };',
     "access-everybody", ":1:1", "permits everybody"),
    ("permit (principal is Person, action, resource);", "access-everybody", ":1:1", "everybody"),
    ('permit (principal == Person::"user:eve", action, resource);', "access-everybody", ":1:1",
     "somebody by name"),
    (ANALYST.replace("data_analyst", "data_analist") + ");", "access-name", ":1:29",
     "no role data_analist | did you mean data_analyst?"),
    (ANALYST + ' in Label::"pii.snn");', "access-name", ":1:92",
     "no label pii.snn | did you mean pii.ssn?"),
    (ANALYST + ') when {\n  context.zone == "analitics" };', "access-name", ":2:20",
     "no zone analitics | did you mean analytics?"),
    (ANALYST + ') when { ["patient"].contains(context.dataset) };', "access-name", ":1:91",
     "no dataset patient |"),
    (ANALYST + ") when {", "access-policy", ":1:1", "no Cedar"),
    (ANALYST.replace("principal in Role", "principal in ?principal") + ");", "access-policy",
     ":1:1", "no Cedar"),
    ("permit (principal == ?principal, action, resource);", "access-policy", ":1:1", "slots"),
    ('@id("admin.work") forbid (principal, action, resource);', "access-policy", ":1:1",
     "a shipped role"),
    ('@id("people.decide") forbid (principal, action, resource);', "access-policy", ":1:1",
     "another policy's"),
    ('@id("privacy_officer.mine") ' + ANALYST + ");", "access-policy", ":1:1", "a shipped role"),
    ('@id("auditor") ' + ANALYST + ");", "access-policy", ":1:1", "a shipped role"),
    ('@id("a b") forbid (principal, action, resource);', "access-policy", ":1:1", "no name"),
    ('@id("a") forbid (principal, action, resource);' * 2, "access-policy", ":1:47", "another"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "place", "words"), UNSOUND)
def test_unsound_policies_are_told_with_place_and_fix(
    text: str, rule: str, place: str, words: str
) -> None:
    found = said(text)
    assert (rule, "access/own.cedar" + place) in [one[:2] for one in found], found
    assert any(one[0] == rule and words in one[2] for one in found), found


def test_what_is_too_large_is_told_and_never_parsed() -> None:
    deep = ANALYST + ") when { " + "(" * 100_000 + "true" + ")" * 100_000 + " };"
    long = ANALYST + ") when { true" + " || true" * 100_000 + " };"
    assert "limit access_policy_depth" in str(said(deep))
    assert "limit access_policy_words" in str(said(long))
    many = "forbid (principal, action, resource) when { context.approval };\n" * 3
    assert "limit access_policies" in str(said(many, Limits(access_policies=2)))
    assert said(many, Limits(access_policies=3)) == []


def test_no_finding_repeats_a_text_that_may_be_a_secret() -> None:
    secret = "AKIA" + "Z7Q4M2K9X3B8T5W1"
    for place in ('ip("%s").isLoopback()', 'context.zone == "%s"', "context.%s", '%s("x")',
                  'context.time.hour == "%s"', 'principal in Role::"%s"', "%s::%s"):  # fmt: skip
        text = ANALYST + ") when { " + place.replace("%s", secret) + " };"
        found = said(text)
        assert found
        assert secret not in str(found)


@pytest.fixture
def project_file(tmp_path: Path) -> Path:
    make_project(tmp_path)
    (tmp_path / "access").mkdir()
    return tmp_path / "lockgate.yaml"


def with_access(file: Path, text: str) -> Path:
    file.write_text(file.read_text() + "\naccess:\n" + text)
    return file


ROLES = [
    ("roles: {steward: {extends: [data_analyst, nobody]}}", "extends a role that there is not"),
    ("roles: {steward: {extends: [steward]}}", "steward extends itself"),
    ("roles: {aa: {extends: [bb]}, bb: {extends: [aa]}}", "bb extends itself"),
    ("roles: {steward: {extends: [owner]}}", "extends owner"),
    ("roles: {owner: {groups: [corp/all]}}", "held by the folder's owner alone"),
    ("roles: {data_analyst: {extends: [privacy_officer]}}", "may get groups, and no more"),
    ("toxic: [[data_analyst, stewart]]", "toxic: stewart is a role that there is not"),
    ("roles: {steward: {extends: [admin, auditor]}}", "steward would be admin and auditor"),
    ("toxic: [[auditor, data_analyst]]\n  roles: {two: {extends: [data_analyst, auditor]}}",
     "two would be auditor and data_analyst"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), ROLES)
def test_roles_that_cannot_be_are_told(project_file: Path, text: str, words: str) -> None:
    project = load_project(with_access(project_file, "  " + text + "\n"))
    assert any(words in one.message for one in access_findings(project))
    with pytest.raises(ConfigurationError):
        open_authoriser(project)


def test_one_broken_policy_leaves_none(project_file: Path) -> None:
    """Half of the policies would be another policy: a forbid may be in the other half."""
    folder = project_file.parent / "access"
    (folder / "a.cedar").write_text(ANALYST + ");")
    open_authoriser(load_project(project_file))
    (folder / "b.cedar").write_text("forbid (principal, action, resource) when { context.prod };")
    with pytest.raises(ConfigurationError) as error:
        open_authoriser(load_project(project_file))
    assert "b.cedar:1:53" in str(error.value.problems[0])
    assert error.value.problems[0].code == "access-policy"
