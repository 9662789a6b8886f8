"""Who may do what today: the owner, for a purpose, and nobody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lockgate.access.decide import Action, authorise
from lockgate.access.principal import Assurance, Principal, current_principal
from lockgate.errors import AuthorisationDenied, ExitCode


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
