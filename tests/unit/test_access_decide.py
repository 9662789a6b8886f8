"""Who may do what today: the owner, for a purpose, and nobody else."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lockgate.access.action import Action
from lockgate.access.decide import authorise
from lockgate.access.principal import OVERFLOW_UID, Assurance, Principal, current_principal
from lockgate.errors import AuthorisationDenied, ExitCode

WHOLE = "         0          0 4294967295\n"


@pytest.mark.parametrize("action", Action)
def test_the_owner_may_do_everything_for_a_purpose(action: Action, tmp_path: Path) -> None:
    assert authorise(current_principal(), action, "nightly", "study", folder=tmp_path) is None


@pytest.mark.parametrize("purpose", ["", " ", "\t\n"])
def test_no_purpose_is_denied(purpose: str) -> None:
    with pytest.raises(AuthorisationDenied) as caught:
        authorise(current_principal(), Action.REVEAL, "pii.email", purpose)

    assert "purpose" in caught.value.hint + caught.value.message
    assert caught.value.exit_code is ExitCode.AUTHORISATION


def test_somebody_else_is_denied() -> None:
    somebody = Principal("os:mallory@host", Assurance.OPERATING_SYSTEM)

    with pytest.raises(AuthorisationDenied):
        authorise(somebody, Action.RUN, "nightly", "study")


def test_another_owners_folder_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    principal = current_principal()
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    monkeypatch.setattr("lockgate.access.decide.current_principal", lambda: principal)

    with pytest.raises(AuthorisationDenied, match="denied"):
        authorise(principal, Action.RUN, "nightly", "study", folder=tmp_path)


def test_a_check_that_cannot_be_made_denies(tmp_path: Path) -> None:
    with pytest.raises(AuthorisationDenied):
        authorise(current_principal(), Action.RUN, "nightly", "study", folder=tmp_path / "gone")


def test_an_unknown_action_is_denied() -> None:
    unknown: Any = "format-the-disk"

    with pytest.raises(AuthorisationDenied):
        authorise(current_principal(), unknown, "nightly", "study")


def test_the_uid_of_all_whom_a_namespace_does_not_map_owns_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`unshare -U`: this user, and whoever owns any other file, are 65534 there."""
    (empty := tmp_path / "uid_map").write_text("")
    folder = SimpleNamespace(lstat=lambda: SimpleNamespace(st_uid=OVERFLOW_UID))
    monkeypatch.setattr(os, "getuid", lambda: OVERFLOW_UID)
    owned: Any = folder
    for text, somebody in (("", False), (f"{OVERFLOW_UID} 1000 1\n", False), (WHOLE, True)):
        empty.write_text(text)
        monkeypatch.setattr("lockgate.access.principal._UID_MAP", empty)
        if somebody:
            authorise(current_principal(), Action.REVEAL, "pii.email", "study", folder=owned)
            continue
        with pytest.raises(AuthorisationDenied):
            authorise(current_principal(), Action.REVEAL, "pii.email", "study", folder=owned)


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
