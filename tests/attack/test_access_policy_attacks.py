"""What somebody tries with policies, roles and names to get what nobody gave."""

from __future__ import annotations

import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.access.action import Action
from lockgate.access.decision import Reason
from lockgate.access.principal import Assurance, PrincipalKind
from lockgate.access.resource import ACCESS, LEDGER, Resource, ResourceKind
from lockgate.access.settings import PolicyText
from lockgate.adapters.access_policies.soundness import findings
from lockgate.adapters.access_policies.texts import shipped_policies
from lockgate.assemble.access_of_project import open_authoriser
from lockgate.assemble.project_file import load_project
from lockgate.assemble.secret_references import secret_findings
from lockgate.errors import ConfigurationError
from tests.access_questions import ANNA, LABEL, authoriser, request
from tests.small_project import make_project
from tests.unit.test_access_soundness import KNOWN

FORBID = "forbid (principal, action, resource);"


def broken(*texts: str) -> list[str]:
    files = [PolicyText(f"access/{number}.cedar", text) for number, text in enumerate(texts)]
    return [f"{one.rule.value} {one.where}" for one in findings(files, KNOWN)]


def test_a_comment_left_open_hides_no_policy_of_the_next_file() -> None:
    assert broken("// no line end", FORBID) == []
    engine = authoriser("// no line end", FORBID)
    assert engine.decide(request(Action.READ_LEDGER, LEDGER, "owner")).reason is Reason.FORBIDDEN


def test_a_string_left_open_does_not_swallow_the_next_file() -> None:
    opened = 'permit (principal in Role::"data_analyst", action, resource) when { "'
    closed = '" == "" };\n' + FORBID
    assert broken(opened, closed)
    with pytest.raises(ConfigurationError):
        authoriser(opened, closed)


def test_two_files_that_are_one_policy_only_together_are_none() -> None:
    assert broken('permit (principal in Role::"data_analyst",', "action, resource);")


def test_a_policy_under_a_shipped_name_is_refused() -> None:
    """The ledger would name the shipped one for what this one gave."""
    stolen = (
        '@id("auditor.work") permit (principal in Role::"data_analyst",'
        ' action == Action::"reveal", resource);'
    )
    assert broken(stolen) == ["access-policy access/0.cedar:1:1"]
    with pytest.raises(ConfigurationError):
        authoriser(stolen)


@pytest.mark.parametrize("look_alike", ["data_analyst\u200b", "dаta_analyst", "DATA_ANALYST"])
def test_a_role_that_only_looks_like_one_is_refused(look_alike: str) -> None:
    text = f'permit (principal in Role::"{look_alike}", action == Action::"reveal", resource);'
    assert "access-name access/0.cedar:1:29" in broken(text)
    asked = request(Action.REVEAL, LABEL, look_alike)
    assert not authoriser().decide(asked).allowed


DEEP = """
from lockgate.access.settings import PolicyText
from lockgate.adapters.access_policies.names import KnownNames
from lockgate.adapters.access_policies.soundness import findings
from lockgate.adapters.access_policies.texts import shipped_policies
for kind in ("((((", "[[[[", "{a:{a:{a:{a:", "!(!(!(!(", "if (if (if (if ("):
    head = 'permit (principal in Role::"data_analyst", action, resource) when { '
    found = findings([PolicyText("own.cedar", head + kind * 20_000)], KnownNames({}))
    print(found[0].rule.value)
"""


def test_a_policy_too_deep_for_the_stack_ends_no_process() -> None:
    """The parser is compiled and recursive: what is deep would end the process, not raise."""
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["access-policy"] * 5


def test_a_principal_whose_name_is_a_role_holds_none() -> None:
    for name in ("owner", 'Role::"owner"', 'x" in Role::"owner', "Role::owner"):
        for kind in PrincipalKind:
            named = replace(ANNA, id=name, kind=kind, groups=("owner",), issuer="owner")
            for action, resource in ((Action.REVEAL, LABEL), (Action.ADMINISTER, ACCESS)):
                decision = authoriser().decide(request(action, resource, principal=named))
                assert not decision.allowed


def test_a_resource_named_as_an_entity_is_a_name() -> None:
    engine = authoriser(
        'permit (principal in Role::"data_analyst", action == Action::"reveal",'
        ' resource in Label::"pii");'
    )
    for name in ('pii"', 'x" || resource in Label::"pii', '{"type":"Label","id":"pii"}', "piix.a"):
        decision = engine.decide(request(Action.REVEAL, replace(LABEL, name=name), "data_analyst"))
        assert not decision.allowed


def test_a_purpose_that_only_begins_like_the_word_is_another() -> None:
    engine = authoriser(
        'permit (principal in Role::"data_analyst", action == Action::"reveal", resource)'
        ' when { context.purpose.word == "fraud" };'
    )

    def allowed(purpose: str) -> bool:
        return engine.decide(request(Action.REVEAL, LABEL, "data_analyst", purpose=purpose)).allowed

    assert allowed("fraud")
    assert allowed(" fraud : case 4711")
    for purpose in (
        "fraudster",
        "FRAUD",
        "no fraud",
        "fraud case",
        ":fraud",
        "fraud\0",
        "fr\u0430ud",
    ):
        assert not allowed(purpose)


def test_an_age_that_nobody_said_or_that_lies_ahead_opens_no_glass() -> None:
    """A log-in said to be in the future counts as just now at most: it must be verified anyway."""
    unsaid = replace(ANNA, authenticated_at=None)
    unverified = replace(ANNA, assurance=Assurance.OPERATING_SYSTEM)
    for principal in (unsaid, unverified):
        asked = request(Action.BREAK_GLASS, ACCESS, "data_engineer", principal=principal)
        assert not authoriser().decide(asked).allowed


def test_a_role_that_is_gone_from_the_file_gives_nothing() -> None:
    assert not authoriser().decide(request(Action.REVEAL, LABEL, "steward")).allowed


def test_a_policy_file_outside_of_the_project_is_refused(tmp_path: Path) -> None:
    make_project(tmp_path / "home")
    elsewhere = tmp_path / "elsewhere.cedar"
    elsewhere.write_text('permit (principal in Role::"data_analyst", action, resource);')
    (tmp_path / "home" / "access").mkdir()
    (tmp_path / "home" / "access" / "own.cedar").symlink_to(elsewhere)
    with pytest.raises(ConfigurationError):
        load_project(tmp_path / "home")


def test_no_error_tells_what_a_policy_says(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "access").mkdir()
    canary = "canary-7391-Zx"
    (tmp_path / "access" / "own.cedar").write_text(
        f'permit (principal in Role::"data_analyst", action == Action::"reveal", resource)'
        f' when {{ context.time.hour == "{canary}" && ip("{canary}").isLoopback() }};'
    )
    with pytest.raises(ConfigurationError) as error:
        open_authoriser(load_project(tmp_path))
    told = [str(error.value), str(error.value.problems), *traceback.format_exception(error.value)]
    assert canary not in "".join(told)


def test_a_resource_of_another_kind_is_no_way_around() -> None:
    """The engine refuses what the schema does not have; it does not look for the next best."""
    for kind in ResourceKind:
        if kind is not ResourceKind.LABEL:
            asked = request(Action.REVEAL, Resource(kind, "pii.ssn"), "owner")
            assert authoriser().decide(asked).reason is Reason.POLICY_ERROR


def test_a_secret_in_a_policy_file_is_found_and_a_policy_is_none(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "access").mkdir()
    innocent = shipped_policies().text.replace('@id("', '@id("own.')
    (tmp_path / "access" / "own.cedar").write_text(innocent)
    assert secret_findings(load_project(tmp_path)) == []
    key = "AKIA" + "Z7Q4M2K9X3B8T5W1"
    (tmp_path / "access" / "own.cedar").write_text(f"// the key is {key}\n" + innocent)
    [found] = secret_findings(load_project(tmp_path))
    assert str(found.where).endswith("own.cedar:1:15")
    assert key not in str(found)
