"""Getting at keys that no decision released: other domains, uses, numbers, times, and forgeries."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deny import deny
from keys_at_hand import raw_keyring
from lockgate.access.action import Action
from lockgate.access.decision import Decision, Reason
from lockgate.access.permit import Permit, permitted
from lockgate.access.resource import pipeline
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthorisationDenied, KeyUnavailable
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import KeyUse
from lockgate.keys.release import Covered, KeyRelease
from lockgate.keys.released import ReleasedKeys
from lockgate.keys.wrapping import Wrapping
from lockgate.ledger.access_events import AccessDenied
from lockgate.run.key_release import NOT_RELEASED
from lockgate.run.piece_work import PieceWork
from lockgate.secret import SecretBytes
from small_project import make_project

EMAIL = Covered("email", KeyUse.ENCRYPTION, ("encrypt", "people"), protects=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(make_project(tmp_path / "people")) as opened:
        yield opened


def permit_to_run(workspace: Workspace) -> Permit:
    return workspace.context.permit(Action.RUN, pipeline("people", "people"), "test")


def refusals(workspace: Workspace) -> list[AccessDenied]:
    events = (entry.event for entry in workspace.ledger.read())
    return [e for e in events if isinstance(e, AccessDenied) and e.reason == NOT_RELEASED]


@pytest.fixture
def unwrapped(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The domains whose keys the key service was asked to unwrap, one entry a call."""
    service = type(raw_keyring(workspace).wrapping.service)
    unwrap, domains = service.unwrap, list[str]()

    def noted(self: Any, wrapped: bytes, context: Any) -> Any:
        domains.append(context["domain"])
        return unwrap(self, wrapped, context)

    monkeypatch.setattr(service, "unwrap", noted)
    return domains


@pytest.mark.parametrize(
    "asked",
    [
        ("birth-date", KeyUse.ENCRYPTION, ("encrypt", "people"), 32, None),
        ("email", KeyUse.INDEX, ("encrypt", "people"), 32, None),
        ("email", KeyUse.ENCRYPTION, ("encrypt", "other"), 32, None),
        ("email", KeyUse.ENCRYPTION, (), 32, None),
        ("email", KeyUse.ENCRYPTION, ("encrypt", "people"), 32, 1),
        ("lockgate.digests", KeyUse.INDEX, ("file",), 32, None),
    ],
    ids=["domain", "use", "place", "wider", "older-number", "internal"],
)
def test_a_release_asked_for_another_key(
    workspace: Workspace, unwrapped: list[str], asked: Any
) -> None:
    with workspace.context.released(permit_to_run(workspace), [EMAIL]) as keyed:
        assert keyed.keys.derive("email", KeyUse.ENCRYPTION, ("encrypt", "people", "c"), 32).number
        del unwrapped[:]
        with pytest.raises(KeyUnavailable, match="no decision released"):
            keyed.keys.derive(*asked)
    assert unwrapped == []
    (told,) = refusals(workspace)
    assert (told.action, told.resource) == ("run", asked[0])


def test_a_release_after_its_operation_and_after_its_time(workspace: Workspace) -> None:
    permit, context = permit_to_run(workspace), workspace.context
    wanted = ("email", KeyUse.ENCRYPTION, ("encrypt", "people"), 32)
    with context.released(permit, [EMAIL]) as keyed:
        keyed.keys.derive(*wanted)
        number = next(v.number for v in keyed.keys.versions("email") if v.use is KeyUse.ENCRYPTION)
        assert number in raw_keyring(workspace).wrapping._unwrapped
    assert number not in raw_keyring(workspace).wrapping._unwrapped
    with pytest.raises(KeyUnavailable):
        keyed.keys.derive(*wanted)

    hours = timedelta(hours=context.limits.key_release_hours, seconds=1)
    late = replace(context, now=lambda: datetime.now(UTC) + hours)
    with late.released(permit, [EMAIL]) as keyed, pytest.raises(KeyUnavailable):
        keyed.keys.derive(*wanted)


def test_without_any_release_nothing_opens_and_nothing_changes(workspace: Workspace) -> None:
    keys = workspace.keyring
    for ask in (
        lambda: keys.derive("email", KeyUse.INDEX, ("tokenize",), 64),
        lambda: keys.fernet_keys("email"),
        lambda: keys.life,
        lambda: keys.whole,
        lambda: keys.ensure_domains([]),
    ):
        with pytest.raises(KeyUnavailable, match="no decision released"):
            ask()
    assert len(refusals(workspace)) == 5


def test_a_run_does_not_get_the_keyring(workspace: Workspace) -> None:
    released = workspace.context.released(permit_to_run(workspace))
    with released as keyed, pytest.raises(KeyUnavailable):
        _ = keyed.keys.whole


@pytest.mark.parametrize(
    "covered",
    [
        Covered("email", KeyUse.INDEX, (), opens=True),
        Covered("lockgate.quarantine.people.2026-01-01", KeyUse.ENCRYPTION, (), opens=True),
        Covered("lockgate.seal.people.study", KeyUse.ENCRYPTION, (), opens=True),
        Covered("lockgate.unheard-of", KeyUse.ENCRYPTION, (), protects=True),
    ],
    ids=["data", "quarantine", "seal", "unknown"],
)
def test_a_run_is_never_given_what_opens(workspace: Workspace, covered: Covered) -> None:
    permit = permit_to_run(workspace)
    with pytest.raises(KeyUnavailable), workspace.context.released(permit, [covered]):
        pytest.fail("released")


def test_forge_a_permit_or_a_release(workspace: Workspace) -> None:
    context, at = workspace.context, datetime.now(UTC)
    denied = Decision(False, Reason.NO_PERMIT)
    with pytest.raises(AuthorisationDenied):
        permitted(denied, "eve", Action.RUN, pipeline("people"), "x", at)
    with pytest.raises(AuthorisationDenied):
        Permit(object(), "eve", Action.RUN, pipeline("people"), "x", at)
    with pytest.raises(KeyUnavailable):
        KeyRelease(object(), "eve", "run", "x", [EMAIL], at, life=True, whole=True)

    bare = object.__new__(Permit)
    made = permit_to_run(workspace)
    for name in ("principal", "action", "resource", "purpose", "at"):
        object.__setattr__(bare, name, getattr(made, name))
    for forged in (bare, (), types.SimpleNamespace(action=Action.RUN)):
        with pytest.raises((KeyUnavailable, TypeError)), context.released(forged, [EMAIL]):  # type: ignore[arg-type]
            pytest.fail("released")
    hollow = object.__new__(KeyRelease)
    with pytest.raises(KeyUnavailable):
        context.keys.under(hollow, context.now)
    with pytest.raises(AttributeError):
        made.action = Action.EXPORT_KEYS  # type: ignore[misc]


@pytest.mark.parametrize("denied", [Action.RUN, Action.PUBLISH, Action.GATE, Action.ROTATE])
def test_who_is_denied_makes_the_key_service_unwrap_nothing(
    workspace: Workspace, unwrapped: list[str], monkeypatch: pytest.MonkeyPatch, denied: Action
) -> None:
    deny(monkeypatch, lambda action, _: action is denied)
    attempts = {
        Action.RUN: lambda: workspace.run("people"),
        Action.PUBLISH: lambda: workspace.run("people"),
        Action.GATE: lambda: workspace.gate("people", "study"),
        Action.ROTATE: lambda: workspace.rotate("email"),
    }
    with pytest.raises(AuthorisationDenied):
        attempts[denied]()
    assert unwrapped == []


def test_who_may_not_reveal_makes_the_key_service_unwrap_nothing(
    workspace: Workspace, unwrapped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = workspace.run("people")
    (file,) = (p for p in result.sinks["study"].iterdir() if p.name.startswith("part-"))
    token = file.read_text().splitlines()[1].split(",")[1].strip('"')
    assert token.startswith("lkg1_")
    deny(monkeypatch, lambda action, _: action is Action.REVEAL)
    del unwrapped[:]
    for attempt in (
        lambda: workspace.reveal_values([token], purpose="look"),
        lambda: workspace.reveal_file(file, "email", purpose="look"),
    ):
        with pytest.raises(AuthorisationDenied):
            attempt()
    assert unwrapped == []


def test_a_worker_reaches_derived_keys_and_no_keyring(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that what runs on workers' threads refers to, however far, closures included."""
    held: list[object] = []
    call = PieceWork.__call__

    def look(self: PieceWork, *rest: Any) -> Any:
        if not held:
            held.extend(_reached(self))
        return call(self, *rest)

    monkeypatch.setattr(PieceWork, "__call__", look)
    workspace.run("people")
    assert any(isinstance(one, SecretBytes) for one in held)
    assert not [one for one in held if isinstance(one, (Keyring, ReleasedKeys, Wrapping))]


def test_a_gate_holds_derived_keys_and_no_open_release(workspace: Workspace) -> None:
    gate = workspace.gate("people", "study")._gate
    assert not [one for one in _reached(gate) if isinstance(one, (Keyring, ReleasedKeys, Wrapping))]


def _reached(start: object) -> list[object]:
    """The objects that can be come to from one, but for code: modules, classes, globals."""
    seen, left = {id(start): start}, [start]
    while left:
        one = left.pop()
        if isinstance(one, types.FunctionType):
            found = [*(one.__closure__ or ()), *(one.__defaults__ or ())]
        else:
            found = gc.get_referents(one)
        for each in found:
            if isinstance(each, type | types.ModuleType) or id(each) in seen:
                continue
            if isinstance(each, dict) and "__builtins__" in each:
                continue
            seen[id(each)] = each
            left.append(each)
    return list(seen.values())


def test_a_run_unwraps_the_domains_of_its_plan_and_its_own(
    workspace: Workspace, unwrapped: list[str]
) -> None:
    """The label `email` is in a domain of its own; rejects and salts of nobody else are touched."""
    plan = workspace.check().plans["people"]
    planned = {c.domain for sink in plan.sinks for c in sink.columns if c.treatment} - {""}
    workspace.run("people")
    own = {name for name in unwrapped if name.startswith("lockgate.")}
    assert set(unwrapped) - own == planned
    assert {name.rpartition(".")[0] if "quarantine" in name else name for name in own} <= {
        "lockgate.digests",
        "lockgate.subjects",
        "lockgate.quarantine.people",
    }


def test_a_reveal_of_one_column_unwraps_that_columns_domain(
    workspace: Workspace, unwrapped: list[str]
) -> None:
    result = workspace.run("people")
    (file,) = (p for p in result.sinks["study"].iterdir() if p.name.startswith("part-"))
    del unwrapped[:]
    workspace.reveal_file(file, "email", purpose="look")
    assert set(unwrapped) == {"email", "lockgate.digests"}


def test_a_look_at_rejected_rows_unwraps_that_days_key_only(
    workspace: Workspace, unwrapped: list[str]
) -> None:
    run_id = workspace.run("people").run_id
    del unwrapped[:]
    workspace.quarantine_rows(run_id, values=False, purpose="look", limit=None)
    (domain,) = set(unwrapped)
    assert domain.startswith("lockgate.quarantine.people.")


def test_a_rotation_unwraps_the_new_key_only_to_see_that_it_opens(
    workspace: Workspace, unwrapped: list[str]
) -> None:
    workspace.rotate("email")
    assert unwrapped == ["email"]
