"""The one decision: its order, what it records, and that whatever goes wrong denies."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.owner import is_owner
from lockgate.access.principal import (
    OVERFLOW_UID,
    Assurance,
    Principal,
    PrincipalKind,
    current_principal,
)
from lockgate.access.request_digest import request_line
from lockgate.access.resource import key_domain, label, pipeline
from lockgate.access.settings import AccessSettings
from lockgate.errors import AuthenticationFailed, AuthorisationDenied, ExitCode, LedgerUnwritable
from lockgate.testing.access import ApprovalList, DecisionList, GrantTable, RoleTable

WHOLE = "         0          0 4294967295\n"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ANNA = Principal(
    "user:anna",
    Assurance.TOKEN,
    counted="user:anna",
    kind=PrincipalKind.PERSON,
    expires_at=NOW + timedelta(minutes=15),
    session="s1",
)
TABLE = RoleTable(
    {
        "privacy_officer": frozenset({Action.REVEAL, Action.SHRED}),
        "data_engineer": frozenset({Action.RUN}),
    }
)
PRODUCTION = AccessSettings(environment="production")
EMAIL = label("pii.email", "patients")
NIGHTLY = pipeline("nightly", "patients")


def keeper(
    principal: Principal | None = ANNA,
    roles: tuple[str, ...] = (),
    settings: AccessSettings = PRODUCTION,
    **parts: Any,
) -> Gatekeeper:
    """A gatekeeper over fakes; ``principal`` holds ``roles``."""
    who = current_principal() if principal is None else principal
    given: dict[str, Any] = {
        "authoriser": TABLE,
        "_entitlements": GrantTable({who.id: roles}),
        "_approvals": ApprovalList(),
        "_recorder": DecisionList(),
        "now": lambda: NOW,
        "_who": lambda: who,
        "owns": lambda _: True,
    }
    return Gatekeeper(settings, **{**given, **parts})


def recorded(gate: Gatekeeper) -> list[tuple[str, str, bool, Reason]]:
    recorder: Any = gate._recorder
    return [(r.action.value, r.resource.name, d.allowed, d.reason) for r, d in recorder.kept]


def refused(gate: Gatekeeper, action: Action, *rest: Any, reason: Reason) -> AuthorisationDenied:
    """The refusal, which was recorded with this reason as all that was."""
    with pytest.raises(AuthorisationDenied) as caught:
        gate.permit(action, *rest)
    assert [(allowed, why) for *_, allowed, why in recorded(gate)] == [(False, reason)]
    assert caught.value.exit_code is ExitCode.AUTHORISATION
    return caught.value


@pytest.mark.parametrize("action", Action)
def test_the_owner_may_do_everything_for_a_purpose_outside_production(action: Action) -> None:
    gate = keeper(None, settings=AccessSettings())
    assert gate.permit(action, NIGHTLY, "study").allowed
    assert recorded(gate) == [(action.value, "nightly", True, Reason.ALLOWED)]


@pytest.mark.parametrize("action", Action)
def test_in_production_the_owner_may_nothing_unverified(action: Action) -> None:
    error = refused(keeper(None), action, NIGHTLY, "study", reason=Reason.UNVERIFIED)
    assert "lockgate login" in error.hint


@pytest.mark.parametrize("settings", [AccessSettings(), PRODUCTION])
def test_a_verified_principal_may_what_its_roles_may(settings: AccessSettings) -> None:
    gate = keeper(roles=("privacy_officer",), settings=settings)
    decision = gate.permit(Action.REVEAL, EMAIL, " treatment ")
    assert decision.policies == ("privacy_officer-may",)
    recorder: Any = gate._recorder
    ((request, _),) = recorder.kept
    assert (request.roles, request.purpose) == (("privacy_officer",), "treatment")


@pytest.mark.parametrize("purpose", ["", " ", "\t\n"])
def test_no_purpose_is_denied(purpose: str) -> None:
    gate = keeper(roles=("privacy_officer",))
    error = refused(gate, Action.REVEAL, EMAIL, purpose, reason=Reason.NO_PURPOSE)
    assert "purpose" in error.message
    assert "--purpose" in error.hint


def test_an_unknown_action_is_denied() -> None:
    unknown: Any = "format-the-disk"
    gate = keeper(roles=("owner",))
    with pytest.raises(AuthorisationDenied):
        gate.permit(unknown, NIGHTLY, "study")


def test_no_role_is_denied_and_the_error_names_one_that_would_do() -> None:
    error = refused(keeper(), Action.REVEAL, EMAIL, "study", reason=Reason.NO_ROLE)
    assert "privacy_officer" in error.hint
    line = "lockgate access grant user:anna privacy_officer --for 30d --reason WHY"
    assert line in error.hint, "a line that production accepts"


def test_a_role_that_does_not_permit_it_is_denied() -> None:
    gate = keeper(roles=("data_engineer",))
    error = refused(gate, Action.REVEAL, EMAIL, "study", reason=Reason.NO_PERMIT)
    assert "user:anna" in error.message
    assert "privacy_officer, which nobody holds beside data_engineer" in error.hint
    assert "access grant" not in error.hint, "that grant would be refused"


def test_of_roles_that_would_do_those_are_named_that_go_with_what_is_held() -> None:
    could = frozenset({Action.APPROVE})
    table = RoleTable({"privacy_officer": could, "steward": could, "auditor": frozenset()})
    gate = keeper(roles=("data_engineer",), authoriser=table)
    error = refused(gate, Action.APPROVE, EMAIL, "study", reason=Reason.NO_PERMIT)
    assert error.hint.startswith("it takes a role such as steward: ")


@pytest.mark.parametrize("expires", [None, NOW, NOW - timedelta(seconds=1)])
def test_a_session_that_is_over_is_denied(expires: datetime | None) -> None:
    gate = keeper(replace(ANNA, expires_at=expires), ("privacy_officer",))
    error = refused(gate, Action.REVEAL, EMAIL, "study", reason=Reason.SESSION_EXPIRED)
    assert error.hint == "lockgate login"


def test_a_session_that_ends_between_two_decisions_ends() -> None:
    moments = iter([NOW, NOW + timedelta(minutes=16)])
    gate = keeper(roles=("privacy_officer",), now=lambda: next(moments))
    gate.permit(Action.REVEAL, EMAIL, "study")
    with pytest.raises(AuthorisationDenied):
        gate.permit(Action.REVEAL, EMAIL, "study")


def test_somebody_elses_folder_is_denied() -> None:
    gate = keeper(None, settings=AccessSettings(), owns=lambda _: False)
    refused(gate, Action.RUN, NIGHTLY, "study", reason=Reason.NOT_OWNER)


def test_a_token_that_does_not_verify_is_recorded_and_raised() -> None:
    def nobody() -> Principal:
        raise AuthenticationFailed("the log-in did not verify")

    gate = keeper(_who=nobody)
    with pytest.raises(AuthenticationFailed):
        gate.permit(Action.REVEAL, EMAIL, "study")
    assert recorded(gate) == [("reveal", "pii.email", False, Reason.UNAUTHENTICATED)]
    recorder: Any = gate._recorder
    assert recorder.kept[0][0].principal.id == "unknown"


class Broken:
    """Fails whatever it is asked, with words that must not be repeated."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object) -> Any:
            raise ValueError("hunter2")

        return fail

    def roles(self, *_: object) -> Any:
        """Fails."""
        raise ValueError("hunter2")


def test_an_authoriser_that_fails_denies() -> None:
    gate = keeper(roles=("owner",), authoriser=Broken())
    error = refused(gate, Action.RUN, NIGHTLY, "study", reason=Reason.POLICY_ERROR)
    assert "hunter2" not in repr((error, error.__cause__, error.__context__))


def test_entitlements_that_fail_deny() -> None:
    gate = keeper(_entitlements=Broken())
    error = refused(gate, Action.RUN, NIGHTLY, "study", reason=Reason.CHECK_FAILED)
    assert "hunter2" not in repr((error, error.__cause__, error.__context__))


def test_approvals_that_fail_deny() -> None:
    gate = keeper(roles=("privacy_officer",), _approvals=Broken())
    refused(gate, Action.SHRED, key_domain("person"), "erasure", reason=Reason.CHECK_FAILED)


def test_a_decision_that_cannot_be_recorded_allows_nothing() -> None:
    class Full(DecisionList):
        def granted(self, request: AccessRequest, decision: Decision) -> None:
            raise LedgerUnwritable("the ledger could not be written")

    gate = keeper(roles=("privacy_officer",), _recorder=Full())
    with pytest.raises(LedgerUnwritable):
        gate.permit(Action.REVEAL, EMAIL, "study")


def test_several_at_once_are_all_permitted_or_none_and_each_is_recorded_once() -> None:
    labels = [label("pii.email"), label("pii.phone"), label("pii.email")]
    gate = keeper(roles=("privacy_officer",))
    assert len(gate.permit_all(Action.REVEAL, labels, "study")) == 2
    assert [name for _, name, *_ in recorded(gate)] == ["pii.email", "pii.phone"]

    class ByLabel(RoleTable):
        def decide(self, request: AccessRequest) -> Decision:
            allowed = request.resource.name != "pii.phone"
            return Decision(allowed, Reason.ALLOWED if allowed else Reason.FORBIDDEN)

    gate = keeper(roles=("privacy_officer",), authoriser=ByLabel())
    with pytest.raises(AuthorisationDenied):
        gate.permit_all(Action.REVEAL, labels, "study")
    assert recorded(gate) == [("reveal", "pii.phone", False, Reason.FORBIDDEN)]


def test_of_nothing_nothing_is_asked() -> None:
    gate = keeper()
    assert gate.permit_all(Action.REVEAL, (), "study") == ()
    assert recorded(gate) == []


def test_what_two_persons_hold_needs_an_approval_each_time() -> None:
    person = key_domain("person")
    approvals = ApprovalList({(Action.SHRED, "person"): ["a1"]})
    gate = keeper(roles=("privacy_officer",), _approvals=approvals)
    decision = gate.permit(Action.SHRED, person, "erasure")
    assert decision.reason is Reason.ALLOWED_BY_APPROVAL
    recorder: Any = gate._recorder
    assert recorder.kept[0][0].approval == "a1"
    with pytest.raises(AuthorisationDenied) as caught:
        gate.permit(Action.SHRED, person, "erasure of 'x'")
    assert caught.value.hint == request_line(Action.SHRED, person, "erasure of 'x'")


def test_an_approval_of_what_nobody_may_is_not_used() -> None:
    approvals = ApprovalList({(Action.SHRED, "person"): ["a1"]})
    gate = keeper(roles=("data_engineer",), _approvals=approvals)
    refused(gate, Action.SHRED, key_domain("person"), "erasure", reason=Reason.NO_PERMIT)
    assert approvals.given == {(Action.SHRED, "person"): ["a1"]}


def test_outside_production_two_persons_are_asked_for_what_the_project_names() -> None:
    person = key_domain("person")
    assert keeper(None, settings=AccessSettings()).permit(Action.SHRED, person, "erasure").allowed
    named = AccessSettings(two_person=frozenset({Action.SHRED}))
    refused(keeper(None, settings=named), Action.SHRED, person, "x", reason=Reason.NEEDS_APPROVAL)


def test_confirming_records_a_denial_only() -> None:
    moments = iter([NOW, NOW, NOW + timedelta(minutes=16)])
    gate = keeper(roles=("data_engineer",), now=lambda: next(moments))
    gate.permit(Action.RUN, NIGHTLY, "study")
    gate.confirm(Action.RUN, NIGHTLY, "study")
    with pytest.raises(AuthorisationDenied):
        gate.confirm(Action.RUN, NIGHTLY, "study")
    assert [reason for *_, reason in recorded(gate)] == [Reason.ALLOWED, Reason.SESSION_EXPIRED]


def test_confirming_what_two_persons_hold_uses_an_approval_up_and_records_it() -> None:
    approvals = ApprovalList({(Action.SHRED, "person"): ["a1"]})
    gate = keeper(roles=("privacy_officer",), _approvals=approvals)
    gate.confirm(Action.SHRED, key_domain("person"), "erasure")
    assert [reason for *_, reason in recorded(gate)] == [Reason.ALLOWED_BY_APPROVAL]


def test_another_user_is_not_the_owner(tmp_path: Path) -> None:
    assert is_owner(current_principal(), tmp_path)
    assert not is_owner(Principal("os:mallory@host", Assurance.OPERATING_SYSTEM), tmp_path)
    assert not is_owner(replace(current_principal(), assurance=Assurance.TOKEN), tmp_path)


def test_another_owners_folder_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    principal = current_principal()
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    monkeypatch.setattr("lockgate.access.owner.current_principal", lambda: principal)
    assert not is_owner(principal, tmp_path)


def test_a_folder_that_cannot_be_looked_at_is_nobodys(tmp_path: Path) -> None:
    assert not is_owner(current_principal(), tmp_path / "gone")


def test_the_uid_of_all_whom_a_namespace_does_not_map_owns_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`unshare -U`: this user, and whoever owns any other file, are 65534 there."""
    (empty := tmp_path / "uid_map").write_text("")
    owned: Any = SimpleNamespace(lstat=lambda: SimpleNamespace(st_uid=OVERFLOW_UID))
    monkeypatch.setattr(os, "getuid", lambda: OVERFLOW_UID)
    for text, somebody in (("", False), (f"{OVERFLOW_UID} 1000 1\n", False), (WHOLE, True)):
        empty.write_text(text)
        monkeypatch.setattr("lockgate.access.principal._UID_MAP", empty)
        assert is_owner(current_principal(), owned) is somebody


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("0 1000 1\n", ";outside=1000"),
        ("0 1000 1\n1 100000 65536\n", ";outside=1000"),
        ("5 7 9\n", ";outside=unknown"),
        ("", ";outside=unknown"),
        ("0 0 4294967295\n", ""),
    ],
)
def test_who_acts_in_a_user_namespace_is_recorded_with_the_uid_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, ending: str
) -> None:
    (told := tmp_path / "uid_map").write_text(text)
    monkeypatch.setattr("lockgate.access.principal._UID_MAP", told)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(socket, "gethostname", lambda: "evil1")

    assert current_principal().id == f"os:root@evil1{ending}"
